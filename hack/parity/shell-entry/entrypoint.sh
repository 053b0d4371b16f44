#!/bin/bash
set -euo pipefail
mkdir -p /srv/run/www
envsubst < /srv/current > /srv/run/www/index.html
jq -r '.ships[].name' /srv/ships.json > /srv/run/www/ships.txt
if [ "${1:-}" = serve ]; then
  exec /srv/httpd -f -p "$SITE_PORT" -h /srv/run/www
fi
if [ "${1:-}" = fetch ]; then
  exec curl --silent --show-error "$2"
fi
exec "$@"
