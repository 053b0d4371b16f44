package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/careenhq/careen/internal/engine"
)

// An image is one stand-in and the names it answers to.
type image struct {
	file   string // Dockerfile, without its ending
	target string
	args   map[string]string
	env    []string // added to the configuration: images built on this one have it too
	names  []string
}

// catalogue lists the stand-ins, bases before what is built on them.
func catalogue(h host) []image {
	images := []image{
		{file: "debian", target: "debian", env: h.settings, names: tags("library/debian", "bookworm", "12", "latest")},
		{file: "debian", target: "slim", env: h.settings, names: tags("library/debian", "bookworm-slim", "12-slim")},
		{file: "buildpack", target: "scm", names: tags("library/buildpack-deps", "bookworm-scm", "scm")},
		{file: "buildpack", target: "full", names: tags("library/buildpack-deps", "bookworm", "latest")},
	}
	images = append(images, distroless()...)
	images = append(images, toolchains(h)...)
	images = append(images, pythons()...)
	return append(images, languages()...)
}

// languages come from Debian's packages alone.
func languages() []image {
	ruby := func(base, packages string) map[string]string {
		return map[string]string{"BASE": base, "PACKAGES": packages}
	}
	return []image{
		{file: "ruby", args: ruby("buildpack-deps:bookworm", "libgmp10"), names: tags("library/ruby", "3.1", "3.1-bookworm", "3", "bookworm", "latest")},
		{file: "ruby", args: ruby("debian:bookworm-slim", "bzip2 ca-certificates libffi-dev libgmp-dev libssl-dev libyaml-dev procps zlib1g-dev"),
			names: tags("library/ruby", "3.1-slim", "3.1-slim-bookworm", "slim-bookworm", "slim")},
		{file: "rust", names: tags("library/rust", "1.63", "1.63-bookworm", "1", "1-bookworm", "bookworm", "latest")},
		{file: "nginx", names: tags("library/nginx", "1.22", "1.22-bookworm", "1", "bookworm", "latest", "stable")},
		{file: "php", target: "cli", names: tags("library/php", "8.2", "8.2-cli", "8.2-bookworm", "8", "cli", "latest")},
		{file: "php", target: "apache", names: tags("library/php", "8.2-apache", "8.2-apache-bookworm", "8-apache", "apache")},
	}
}

func distroless() []image {
	var images []image
	for _, name := range []string{"static", "base", "cc"} {
		repository := "distroless/" + name + "-debian12"
		images = append(images,
			image{file: "distroless", target: name, names: tags(repository, "latest")},
			image{file: "distroless", target: name + "-nonroot", names: tags(repository, "nonroot")})
	}
	return images
}

func toolchains(h host) []image {
	minor := h.goVersion[:strings.LastIndex(h.goVersion, ".")]
	major, _, _ := strings.Cut(h.nodeVersion, ".")
	node := func(base, files string) map[string]string {
		return map[string]string{"BASE": base, "FILES": files, "NODE_VERSION": h.nodeVersion, "NODE_EXTRA_CA_CERTS": h.nodeAuthorities()}
	}
	return []image{
		{file: "golang", args: map[string]string{"GOLANG_VERSION": h.goVersion},
			names: tags("library/golang", minor, minor+"-bookworm", h.goVersion, h.goVersion+"-bookworm", "1", "1-bookworm", "bookworm", "latest")},
		{file: "node", args: node("buildpack-deps:bookworm", "node"), env: h.nodeEnv(),
			names: tags("library/node", major, major+"-bookworm", h.nodeVersion, "bookworm", "latest")},
		{file: "node", args: node("debian:bookworm-slim", "node-slim"), env: h.nodeEnv(),
			names: tags("library/node", major+"-slim", major+"-bookworm-slim", h.nodeVersion+"-slim", "bookworm-slim", "slim")},
		{file: "temurin", target: "jdk", names: tags("library/eclipse-temurin", "17", "17-jdk")},
		{file: "temurin", target: "jre", names: tags("library/eclipse-temurin", "17-jre")},
	}
}

// pythons have the libraries of the standard library's extensions beside them; the
// complete one has the packages that the original adds to build those.
func pythons() []image {
	python := func(base, packages string) map[string]string {
		return map[string]string{"BASE": base, "PACKAGES": packages}
	}
	const libraries = "libbz2-1.0 libdb5.3 libexpat1 libffi8 libgdbm6 liblzma5 libncursesw6 libnsl2 libreadline8 libsqlite3-0 libssl3 libuuid1 zlib1g"
	return []image{
		{file: "python", args: python("buildpack-deps:bookworm", "libbluetooth-dev tk-dev uuid-dev "+libraries),
			names: tags("library/python", "3.11", "3.11-bookworm", "3", "3-bookworm", "bookworm", "latest")},
		{file: "python", args: python("debian:bookworm-slim", "ca-certificates netbase tzdata "+libraries),
			names: tags("library/python", "3.11-slim", "3.11-slim-bookworm", "3-slim", "slim-bookworm", "slim")},
	}
}

func tags(repository string, tags ...string) []string {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = repository + ":" + tag
	}
	return names
}

func (img image) build(ctx context.Context, b engine.Builder, registry, dir, source string) error {
	text, err := os.ReadFile(filepath.Join(source, img.file+".Dockerfile"))
	if err != nil {
		return err
	}
	args := proxies()
	for key, value := range img.args {
		args[key] = value
	}
	out := filepath.Join(dir, "layout")
	defer os.RemoveAll(out)
	res, err := b.Build(ctx, engine.Request{
		Context: filepath.Join(dir, "files"), Dockerfile: text, Name: img.file + ".Dockerfile",
		Target: img.target, BuildArgs: args, Output: out,
	})
	if err != nil {
		return withLog(err)
	}
	return push(ctx, res.Image, registry, img)
}

// withLog adds what a failing step printed.
func withLog(err error) error {
	var step *engine.StepError
	if !errors.As(err, &step) {
		return err
	}
	return fmt.Errorf("%w\n%s", err, step.Step.Log)
}
