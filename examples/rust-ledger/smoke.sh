#!/bin/sh
# Asks a running server.
set -eu
base=${1:-http://localhost:7000}
curl -fs "$base/" | grep -q '1658.01'
curl -fs "$base/accounts/tea" | grep -q green
[ "$(curl -s -o /dev/null -w '%{http_code}' -d '{"day": 1}' "$base/entries")" = 422 ]
echo ok
