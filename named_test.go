package careen

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/project"
)

func TestNamedPackages(t *testing.T) {
	file := dockerfile.Parse([]byte(`FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends \
    # for the health check
    curl=7.88.1-10 \
    libssl3:amd64 ./local.deb $EXTRA \
 && rm -rf /var/lib/apt/lists/*
RUN sudo apt install jq; npm install express
RUN apk add --no-cache "tini>0.19" bash
RUN ["apt-get", "install", "-y", "git"]
COPY . .
`))
	got := namedPackages(&project.Project{Dockerfile: file})
	for _, want := range []string{"curl", "libssl3", "jq", "tini", "bash", "git"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q lacks %s", got, want)
		}
	}
	for _, never := range []string{"express", "-y", "local.deb", "for", "update", "rm"} {
		if slices.Contains(got, never) {
			t.Errorf("%q has %s", got, never)
		}
	}
}
