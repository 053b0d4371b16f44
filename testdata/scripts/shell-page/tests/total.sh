#!/bin/sh
set -eu
test "$(jq '[.items[].price] | add' examples/items.json)" = 19
