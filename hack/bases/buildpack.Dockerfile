# The compilers and headers that golang and node carry in their full forms: what
# buildpack-deps installs (github.com/docker-library/buildpack-deps).
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates curl gnupg netbase wget tzdata \
        git openssh-client procps \
        autoconf automake bzip2 dpkg-dev file g++ gcc imagemagick \
        libbz2-dev libc6-dev libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev libglib2.0-dev \
        libgmp-dev libjpeg-dev libkrb5-dev liblzma-dev libmagickcore-dev libmagickwand-dev libmaxminddb-dev \
        libncurses5-dev libncursesw5-dev libpng-dev libpq-dev libreadline-dev libsqlite3-dev libssl-dev libtool \
        libwebp-dev libxml2-dev libxslt-dev libyaml-dev make patch unzip xz-utils zlib1g-dev \
        python3 pkg-config \
 && rm -rf /var/lib/apt/lists/*
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
