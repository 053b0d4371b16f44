#!/bin/sh
# As in the originals: settings that load the named extensions.
set -e

for name; do
  case $name in
    opcache) echo "zend_extension=$name" ;;
    *) echo "extension=$name" ;;
  esac > "$PHP_INI_DIR/conf.d/docker-php-ext-$name.ini"
done
