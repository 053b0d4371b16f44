#!/bin/sh
# Where the originals compile the named extensions, this takes those that Debian has
# compiled. Each needs its library's headers all the same.
set -e

case $(basename "$0") in *configure) exit 0 ;; esac
modules=/usr/local/lib/php/extensions/no-debug-non-zts-20220829
needs() { case $1 in intl) echo unicode/utypes.h ;; pdo_pgsql | pgsql) echo postgresql/libpq-fe.h ;; xsl) echo libxslt/xslt.h ;; zip) echo zip.h ;; esac; }
for name; do
  case $name in -*) continue ;; esac
  header=$(needs "$name")
  if [ "$header" ] && ! find /usr/include -path "*/$header" | grep -q .; then
    echo "docker-php-ext-install: $name: $header is missing" >&2
    exit 1
  fi
  [ -e "/usr/src/php/ext/$name.so" ] && cp "/usr/src/php/ext/$name.so" "$modules/"
  docker-php-ext-enable "$name"
done
