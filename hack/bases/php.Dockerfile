# As php:8.2-cli and php:8.2-apache (github.com/docker-library/php): the compiler that
# extensions are built with, and PHP below /usr/local, where no Debian package owns it.
# The programs and extensions are Debian's, which look for their settings where links
# lead them to the original's places.
FROM debian:bookworm-slim AS fetch
RUN apt-get update && apt-get install -y --no-install-recommends \
      libapache2-mod-php8.2 php8.2-bcmath php8.2-cli php8.2-curl php8.2-dev php8.2-intl php8.2-mbstring php8.2-mysql \
      php8.2-opcache php8.2-pgsql php8.2-readline php8.2-sqlite3 php8.2-xml php8.2-zip
# What is no part of the original's own PHP waits in /usr/src for docker-php-ext-install.
RUN out=/out/usr/local && modules=$out/lib/php/extensions/no-debug-non-zts-20220829 \
 && mkdir -p $out/bin $out/etc/php/conf.d $modules /out/usr/src/php/ext /out/usr/lib/apache2/modules /out/etc/apache2/mods-available \
 && cp /usr/bin/php8.2 $out/bin/php && cp /usr/lib/php/20220829/*.so $modules/ \
 && cp /usr/lib/php/8.2/php.ini-development /usr/lib/php/8.2/php.ini-production $out/etc/php/ \
 && cp -r /usr/include/php $out/include && cp /usr/lib/apache2/modules/libphp8.2.so /out/usr/lib/apache2/modules/libphp.so \
 && for name in bcmath intl mysqli pdo_mysql pdo_pgsql pgsql xsl zip; do mv $modules/$name.so /out/usr/src/php/ext/; done \
 && for file in $modules/*.so; do name=$(basename $file .so); \
      case $name in opcache) echo zend_extension=$name ;; *) echo extension=$name ;; esac \
        > $out/etc/php/conf.d/$(case $name in mysqlnd|pdo|xml|opcache) echo 10 ;; *) echo 20 ;; esac)-$name.ini; done \
 && rm $out/etc/php/conf.d/10-opcache.ini \
 && mkdir -p /out/etc/php/8.2/cli /out/etc/php/8.2/apache2 /out/usr/lib/php \
 && ln -s /usr/local/lib/php/extensions/no-debug-non-zts-20220829 /out/usr/lib/php/20220829 \
 && for kind in cli apache2; do ln -s /usr/local/etc/php/conf.d /out/etc/php/8.2/$kind/conf.d; ln -s /usr/local/etc/php/php.ini /out/etc/php/8.2/$kind/php.ini; done
RUN apt-get update && apt-get install -y --no-install-recommends dpkg-dev \
 && for file in /out/usr/local/bin/php /out/usr/local/lib/php/extensions/*/*.so /out/usr/lib/apache2/modules/libphp.so; do ldd $file; done \
      | awk '/=> \// {print $3}' | sort -u | xargs -n1 readlink -f | xargs -n1 dpkg -S 2>/dev/null | cut -d: -f1 | sort -u > /out/usr/src/php/needs

FROM debian:bookworm-slim AS cli
ENV PHPIZE_DEPS="autoconf dpkg-dev file g++ gcc libc-dev make pkg-config re2c"
RUN apt-get update && apt-get install -y --no-install-recommends $PHPIZE_DEPS ca-certificates curl xz-utils && rm -rf /var/lib/apt/lists/*
ENV PHP_INI_DIR=/usr/local/etc/php
RUN mkdir -p "$PHP_INI_DIR/conf.d" /var/www/html && chown www-data:www-data /var/www/html && chmod 1777 /var/www/html
ENV PHP_VERSION=8.2.29
RUN --mount=from=fetch,source=/out/usr/src/php,target=/needs apt-get update \
 && apt-get install -y --no-install-recommends $(cat /needs/needs) && rm -rf /var/lib/apt/lists/*
COPY --from=fetch /out/usr/local /usr/local
COPY --from=fetch /out/usr/src /usr/src
COPY --from=fetch /out/usr/lib/php /usr/lib/php
COPY --from=fetch /out/etc/php /etc/php
COPY php-ext-install.sh /usr/local/bin/docker-php-ext-install
COPY php-ext-enable.sh /usr/local/bin/docker-php-ext-enable
COPY php-entrypoint.sh /usr/local/bin/docker-php-entrypoint
RUN ln -s docker-php-ext-install /usr/local/bin/docker-php-ext-configure && chmod +x /usr/local/bin/docker-php-* && php -m
ENTRYPOINT ["docker-php-entrypoint"]
CMD ["php", "-a"]

FROM cli AS apache
ENV APACHE_CONFDIR=/etc/apache2
ENV APACHE_ENVVARS=$APACHE_CONFDIR/envvars
RUN apt-get update && apt-get install -y --no-install-recommends apache2 && rm -rf /var/lib/apt/lists/* \
 && sed -ri 's/^export ([^=]+)=(.*)$/: ${\1:=\2}\nexport \1/' "$APACHE_ENVVARS" \
 && . "$APACHE_ENVVARS" && for dir in "$APACHE_LOCK_DIR" "$APACHE_RUN_DIR" "$APACHE_LOG_DIR"; do \
      rm -rf "$dir"; mkdir -p "$dir"; chown "$APACHE_RUN_USER:$APACHE_RUN_GROUP" "$dir"; chmod 1777 "$dir"; done \
 && rm -rf /var/www/html/* \
 && ln -sfT /dev/stderr "$APACHE_LOG_DIR/error.log" && ln -sfT /dev/stdout "$APACHE_LOG_DIR/access.log" \
 && ln -sfT /dev/stdout "$APACHE_LOG_DIR/other_vhosts_access.log" && chown -R --no-dereference "$APACHE_RUN_USER:$APACHE_RUN_GROUP" "$APACHE_LOG_DIR"
COPY --from=fetch /out/usr/lib/apache2 /usr/lib/apache2
RUN echo 'LoadModule php_module /usr/lib/apache2/modules/libphp.so' > /etc/apache2/mods-available/php.load \
 && a2dismod mpm_event && a2enmod mpm_prefork php
COPY <<CONF /etc/apache2/conf-available/docker-php.conf
<FilesMatch \.php$>
	SetHandler application/x-httpd-php
</FilesMatch>

DirectoryIndex disabled
DirectoryIndex index.php index.html

<Directory /var/www/>
	Options -Indexes
	AllowOverride All
</Directory>
CONF
RUN a2enconf docker-php
COPY php-foreground.sh /usr/local/bin/apache2-foreground
RUN chmod +x /usr/local/bin/apache2-foreground
STOPSIGNAL SIGWINCH
WORKDIR /var/www/html
EXPOSE 80
CMD ["apache2-foreground"]
