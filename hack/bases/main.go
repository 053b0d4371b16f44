// Command bases builds stand-ins for the public base images that the examples and
// tests start from, for machines that no registry answers, and pushes them to a
// registry on this machine. The stand-ins are made of Debian packages and the
// host's own Go and Node, laid out and sized like the originals.
//
//	go run ./hack/bases -registry 127.0.0.1:5000 -work DIR
//
// Images that the registry already has are left alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/embedded"
)

// An image is one stand-in and the names it answers to.
type image struct {
	file    string // Dockerfile
	target  string
	args    map[string]string
	context string // directory below the work directory
	names   []string
}

func main() {
	registry := flag.String("registry", "127.0.0.1:5000", "registry to push to")
	work := flag.String("work", "", "directory for downloads and intermediate files")
	source := flag.String("source", "hack/bases", "directory with the Dockerfiles")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *registry, *work, *source); err != nil {
		fmt.Fprintln(os.Stderr, "bases:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, registry, work, source string) error {
	if work == "" {
		return errors.New("-work is required")
	}
	goVersion, nodeVersion, err := hostVersions()
	if err != nil {
		return err
	}
	images := catalogue(goVersion, nodeVersion)
	if have(registry, images) {
		return nil
	}
	if err := prepare(work, source); err != nil {
		return err
	}
	mirror := "http://" + registry
	e, err := embedded.Open(ctx, embedded.Options{
		StateDir: filepath.Join(work, "state"),
		Mirrors:  map[string][]string{"docker.io": {mirror}, "gcr.io": {mirror}},
	})
	if err != nil {
		return err
	}
	defer e.Close()
	for _, img := range images {
		if have(registry, []image{img}) {
			continue
		}
		fmt.Println("build", strings.Join(img.names, " "))
		if err := build(ctx, e, img, registry, work, source); err != nil {
			return fmt.Errorf("%s: %w", img.names[0], err)
		}
	}
	return nil
}

// catalogue lists the stand-ins, bases before what is built on them.
func catalogue(goVersion, nodeVersion string) []image {
	minor := goVersion[:strings.LastIndex(goVersion, ".")]
	major, _, _ := strings.Cut(nodeVersion, ".")
	node := map[string]string{"NODE_VERSION": nodeVersion}
	with := func(base string) map[string]string {
		return map[string]string{"BASE": base, "NODE_VERSION": node["NODE_VERSION"]}
	}
	images := []image{
		{file: "debian", context: "debian", names: []string{"library/debian:bookworm", "library/debian:12", "library/debian:latest"}},
		{file: "debian", context: "slim", names: []string{"library/debian:bookworm-slim", "library/debian:12-slim"}},
		{file: "distroless", target: "static", context: "files", names: []string{"distroless/static-debian12:latest"}},
		{file: "distroless", target: "base", context: "files", names: []string{"distroless/base-debian12:latest"}},
		{file: "distroless", target: "cc", context: "files", names: []string{"distroless/cc-debian12:latest"}},
		{file: "distroless", target: "static-nonroot", context: "files", names: []string{"distroless/static-debian12:nonroot"}},
		{file: "distroless", target: "base-nonroot", context: "files", names: []string{"distroless/base-debian12:nonroot"}},
		{file: "distroless", target: "cc-nonroot", context: "files", names: []string{"distroless/cc-debian12:nonroot"}},
		{file: "golang", context: "files", args: map[string]string{"GOLANG_VERSION": goVersion}, names: []string{
			"library/golang:" + goVersion, "library/golang:" + minor, "library/golang:" + minor + "-bookworm", "library/golang:1", "library/golang:latest", "library/golang:bookworm"}},
		{file: "buildpack", context: "files", names: []string{"library/buildpack-deps:bookworm"}},
	}
	return append(images,
		image{file: "node", context: "files", args: with("buildpack-deps:bookworm"), names: []string{
			"library/node:" + major, "library/node:" + major + "-bookworm", "library/node:latest"}},
		image{file: "node", context: "files", args: with("debian:bookworm-slim"), names: []string{
			"library/node:" + major + "-slim", "library/node:" + major + "-bookworm-slim", "library/node:slim"}},
	)
}

func hostVersions() (goVersion, nodeVersion string, err error) {
	out, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		return "", "", fmt.Errorf("go: %w", err)
	}
	goVersion = strings.TrimPrefix(strings.TrimSpace(string(out)), "go")
	if out, err = exec.Command("node", "--version").Output(); err != nil {
		return "", "", fmt.Errorf("node: %w", err)
	}
	return goVersion, strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), nil
}

// have tells whether the registry answers for every name.
func have(registry string, images []image) bool {
	for _, img := range images {
		for _, n := range img.names {
			ref, err := name.ParseReference(registry+"/"+n, name.Insecure)
			if err != nil {
				return false
			}
			if _, err := remote.Head(ref); err != nil {
				return false
			}
		}
	}
	return true
}

func build(ctx context.Context, e engine.Builder, img image, registry, work, source string) error {
	text, err := os.ReadFile(filepath.Join(source, img.file+".Dockerfile"))
	if err != nil {
		return err
	}
	out := filepath.Join(work, "layout")
	res, err := e.Build(ctx, engine.Request{
		Context: filepath.Join(work, img.context), Dockerfile: text, Name: img.file + ".Dockerfile",
		Target: img.target, BuildArgs: img.args, Output: out,
	})
	if err != nil {
		var step *engine.StepError
		if errors.As(err, &step) {
			fmt.Fprintln(os.Stderr, step.Step.Log)
		}
		return err
	}
	defer os.RemoveAll(out)
	return push(res.Image, registry, img.names)
}

func push(built engine.Image, registry string, names []string) error {
	path, err := layout.FromPath(built.Layout)
	if err != nil {
		return err
	}
	hash, err := v1.NewHash(built.Digest)
	if err != nil {
		return err
	}
	image, err := path.Image(hash)
	if err != nil {
		return err
	}
	for _, n := range names {
		ref, err := name.ParseReference(registry+"/"+n, name.Insecure)
		if err != nil {
			return err
		}
		if err := remote.Write(ref, image); err != nil {
			return fmt.Errorf("push %s: %w", n, err)
		}
	}
	return nil
}

// prepare lays the contexts out: rootfs archives, certificates, Go and Node.
func prepare(work, source string) error {
	files := filepath.Join(work, "files")
	for _, dir := range []string{files, filepath.Join(work, "debian"), filepath.Join(work, "slim")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := debootstrap(filepath.Join(work, "debian", "rootfs.tar")); err != nil {
		return err
	}
	if err := debootstrap(filepath.Join(work, "slim", "rootfs.tar"), slim...); err != nil {
		return err
	}
	if err := copyFile("/etc/ssl/certs/ca-certificates.crt", filepath.Join(files, "ca-certificates.crt"), 0o644); err != nil {
		return fmt.Errorf("the host's certificates: %w", err)
	}
	if err := copyFile(filepath.Join(source, "docker-entrypoint.sh"), filepath.Join(files, "docker-entrypoint.sh"), 0o755); err != nil {
		return err
	}
	if err := hostGo(files); err != nil {
		return fmt.Errorf("the host's Go: %w", err)
	}
	if err := hostNode(filepath.Join(files, "node")); err != nil {
		return fmt.Errorf("the host's Node: %w", err)
	}
	return nil
}

// slim are the exclusions of debian:*-slim (github.com/debuerreotype/debuerreotype,
// scripts/.slimify-excludes).
var slim = []string{
	"--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
	"--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/info/*",
	"--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-include=/usr/share/locale/locale.alias",
	"--dpkgopt=path-exclude=/usr/share/lintian/*", "--dpkgopt=path-exclude=/usr/share/linda/*",
}

func debootstrap(tar string, extra ...string) error {
	if _, err := os.Stat(tar); err == nil {
		return nil
	}
	fmt.Println("mmdebstrap", tar)
	args := append([]string{"--variant=minbase", "--include=netbase", "--quiet"}, extra...)
	cmd := exec.Command("mmdebstrap", append(args, "bookworm", tar+".part.tar", "http://deb.debian.org/debian")...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mmdebstrap: %w", err)
	}
	return os.Rename(tar+".part.tar", tar)
}

func hostGo(files string) error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	return copyTree(strings.TrimSpace(string(out)), filepath.Join(files, "goroot"))
}

func hostNode(dir string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return err
	}
	if node, err = filepath.EvalSymlinks(node); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		return err
	}
	if err := copyFile(node, filepath.Join(dir, "bin", "node"), 0o755); err != nil {
		return err
	}
	root, err := exec.Command("npm", "root", "--global").Output()
	if err != nil {
		return err
	}
	return copyTree(filepath.Join(strings.TrimSpace(string(root)), "npm"), filepath.Join(dir, "lib", "node_modules", "npm"))
}

func copyTree(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return exec.Command("cp", "-aL", from, to).Run()
}

func copyFile(from, to string, mode os.FileMode) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}
