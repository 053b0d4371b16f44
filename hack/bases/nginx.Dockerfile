# As nginx:1.22 (github.com/nginx/docker-nginx), from Debian's nginx and the modules
# that the original brings, with the original's settings and entrypoint.
FROM debian:bookworm-slim
ENV NGINX_VERSION=1.22.1
RUN groupadd --system --gid 101 nginx \
 && useradd --system --gid nginx --no-create-home --home /nonexistent --comment "nginx user" --shell /bin/false --uid 101 nginx \
 && apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates curl gettext-base libnginx-mod-http-geoip libnginx-mod-http-image-filter libnginx-mod-http-xslt-filter nginx \
 && rm -rf /var/lib/apt/lists/* \
 && rm -rf /etc/nginx/conf.d /etc/nginx/modules-enabled /etc/nginx/sites-* /etc/nginx/snippets /etc/nginx/*.conf /var/www \
 && mkdir -p /etc/nginx/conf.d /docker-entrypoint.d /var/cache/nginx && mv /usr/share/nginx/html/index.html /tmp/ \
 && rm -rf /usr/share/nginx/html && mkdir /usr/share/nginx/html && mv /tmp/index.html /usr/share/nginx/html/ \
 && ln -s /usr/lib/nginx/modules /etc/nginx/modules 2>/dev/null || test -e /etc/nginx/modules
RUN ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
COPY <<CONF /etc/nginx/nginx.conf
user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /var/run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    access_log  /var/log/nginx/access.log  combined;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
CONF
COPY <<CONF /etc/nginx/conf.d/default.conf
server {
    listen       80;
    server_name  localhost;
    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }
    error_page   500 502 503 504  /50x.html;
}
CONF
COPY nginx-templates.sh /docker-entrypoint.d/20-envsubst-on-templates.sh
COPY nginx-entrypoint.sh /docker-entrypoint.sh
RUN chmod +x /docker-entrypoint.sh /docker-entrypoint.d/*.sh && nginx -t
ENTRYPOINT ["/docker-entrypoint.sh"]
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
