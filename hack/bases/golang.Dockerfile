# As golang:1.26-bookworm (github.com/docker-library/golang), from this machine's Go.
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates curl gnupg netbase wget tzdata git openssh-client procps \
        g++ gcc libc6-dev make pkg-config \
 && rm -rf /var/lib/apt/lists/*
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY goroot /usr/local/go
ARG GOLANG_VERSION
ENV GOLANG_VERSION=$GOLANG_VERSION
ENV GOTOOLCHAIN=local
ENV GOPATH=/go
ENV PATH=$GOPATH/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH"
WORKDIR $GOPATH
