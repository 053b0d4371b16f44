#!/bin/sh
set -e

# A first word that is an option is for php.
if [ "${1#-}" != "$1" ]; then
  set -- php "$@"
fi

exec "$@"
