# careen in an image, as a runner of CI systems wants it:
#
#   docker build -t careen .
#   docker run --rm -v "$PWD:/work" careen audit
#
# The embedded builder wants a privileged container; --builder uses another one.
FROM golang:1.26

# runc runs the steps of the embedded builder, git tells what changed
RUN apt-get update \
    && apt-get install -y runc git \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /usr/src/careen
# what names the dependencies comes first: a source edit does not install them again
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -o /usr/local/bin/careen ./cmd/careen

WORKDIR /work
ENTRYPOINT ["careen"]
