#!/bin/sh
# Fills the template with the items of a JSON file.
set -eu
ITEMS=$(jq -r '.items[] | "  - \(.name): \(.price)"' "$1")
TOTAL=$(jq '[.items[].price] | add' "$1")
export ITEMS TOTAL
envsubst '$GREETING $PAGE_OWNER $ITEMS $TOTAL' < /opt/page/page.tmpl
