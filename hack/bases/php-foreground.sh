#!/bin/bash
# As in the originals: Apache's settings, the directories that they name, and the
# server in the foreground.
set -e

: "${APACHE_CONFDIR:=/etc/apache2}"
: "${APACHE_ENVVARS:=$APACHE_CONFDIR/envvars}"
if test -f "$APACHE_ENVVARS"; then
  . "$APACHE_ENVVARS"
fi
: "${APACHE_RUN_DIR:=/var/run/apache2}"
: "${APACHE_PID_FILE:=$APACHE_RUN_DIR/apache2.pid}"
rm -f "$APACHE_PID_FILE"
for name in "${!APACHE_@}"; do
  if [[ $name == *_DIR ]]; then
    dir=${!name}
    while [ "$dir" != "$(dirname "$dir")" ]; do
      dir=$(dirname "$dir")
      [ -d "$dir" ] && break
    done
    mkdir -p "${!name}"
  fi
done

exec apache2 -DFOREGROUND "$@"
