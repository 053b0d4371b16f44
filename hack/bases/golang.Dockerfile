# As golang:1.26-bookworm (github.com/docker-library/golang), from this machine's Go.
FROM buildpack-deps:bookworm-scm
RUN apt-get update && apt-get install -y --no-install-recommends g++ gcc libc6-dev make pkg-config \
 && rm -rf /var/lib/apt/lists/*
ARG GOLANG_VERSION
ENV GOLANG_VERSION=$GOLANG_VERSION
ENV GOTOOLCHAIN=local
ENV GOPATH=/go
ENV PATH=$GOPATH/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY goroot /usr/local/go
RUN mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH"
WORKDIR $GOPATH
