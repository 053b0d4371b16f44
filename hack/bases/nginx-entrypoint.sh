#!/bin/sh
# As the entrypoint of the originals: what lies in /docker-entrypoint.d runs before
# nginx starts.
set -e

if [ "$1" = "nginx" ] || [ "$1" = "nginx-debug" ]; then
  for step in /docker-entrypoint.d/*; do
    case $step in
      *.envsh) if [ -x "$step" ]; then . "$step"; fi ;;
      *.sh) if [ -x "$step" ]; then "$step"; fi ;;
    esac
  done
fi

exec "$@"
