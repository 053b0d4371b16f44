#!/usr/bin/env bash
# Run a command as root, which the embedded engine needs: as it is when this is
# root already, else through sudo with root's own home, so that no file of root
# ends up in the caches of the user.
set -euo pipefail
[ "$(id -u)" = 0 ] && exec "$@"
command -v sudo >/dev/null || { echo "root: $1 needs root, and there is no sudo" >&2; exit 1; }
exec sudo -E -H env -u XDG_CACHE_HOME "PATH=$PATH" "$@"
