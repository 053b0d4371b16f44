#!/bin/sh
# Writes /etc/nginx/conf.d from the templates, variables of the environment put in.
set -e

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
[ -d "$templates" ] || exit 0
defined=$(printf '${%s} ' $(awk 'BEGIN { for (name in ENVIRON) if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/) print name }'))
find "$templates" -follow -type f -name '*.template' | while read -r template; do
  envsubst "$defined" < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
done
