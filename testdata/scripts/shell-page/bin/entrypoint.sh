#!/bin/sh
# Reads the settings, then runs what it is given.
set -eu
. /etc/page/page.conf
export GREETING PAGE_OWNER
if [ -n "${PAGE_URL:-}" ]; then
  curl --fail --silent --show-error "$PAGE_URL" -o /tmp/items.json
  set -- render /tmp/items.json
fi
exec "$@"
