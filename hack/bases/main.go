// Command bases builds stand-ins for the public base images that the examples and
// tests start from, for machines that no registry answers, and pushes them to a
// registry on this machine. The stand-ins are made of Debian packages, the host's
// own Go and npm's Node, laid out and sized like the originals; README.md compares.
//
//	go run ./hack/bases -registry 127.0.0.1:5000 -work DIR
//
// It does nothing when the registry has what these sources would build.
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/careenhq/careen/internal/engine/embedded"
)

func main() {
	registry := flag.String("registry", "127.0.0.1:5000", "registry to push to")
	work := flag.String("work", "", "directory for downloads and intermediate files")
	source := flag.String("source", "hack/bases", "directory with the Dockerfiles")
	only := flag.String("only", "", "build the images of this Dockerfile alone, on what the registry has")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *registry, *work, *source, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bases:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, registry, work, source, only string) error {
	if work == "" {
		return fmt.Errorf("-work is required")
	}
	h, err := askHost()
	if err != nil {
		return err
	}
	key, err := keyOf(source, h)
	if err != nil {
		return err
	}
	if only == "" && done(registry, key) {
		return nil
	}
	dir := filepath.Join(work, "build")
	if err := prepare(ctx, dir, source, h); err != nil {
		return err
	}
	version, err := output(filepath.Join(dir, "files", "node", "bin", "node"), "--version")
	if err != nil {
		return err
	}
	h.nodeVersion = strings.TrimPrefix(version, "v")
	if err := buildAll(ctx, registry, dir, source, only, h); err != nil || only != "" {
		return err
	}
	if err := markDone(registry, key); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func buildAll(ctx context.Context, registry, dir, source, only string, h host) error {
	mirror := []string{"http://" + registry}
	e, err := embedded.Open(ctx, embedded.Options{
		StateDir: filepath.Join(dir, "state"),
		Mirrors:  map[string][]string{"docker.io": mirror, "gcr.io": mirror},
	})
	if err != nil {
		return err
	}
	defer e.Close()
	for _, img := range catalogue(h) {
		if only != "" && img.file != only {
			continue
		}
		start := time.Now()
		if err := img.build(ctx, e, registry, dir, source); err != nil {
			return fmt.Errorf("%s: %w", img.names[0], err)
		}
		fmt.Printf("%-50s %5.1f s\n", img.names[0], time.Since(start).Seconds())
	}
	return nil
}

// keyOf names what a build would give: the sources and what the host contributes.
func keyOf(source string, h host) (string, error) {
	sum := sha256.New()
	files, err := filepath.Glob(filepath.Join(source, "*"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".md") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(file), len(text), text)
	}
	fmt.Fprintf(sum, "%q", []any{h.goVersion, h.settings, h.authorities})
	return fmt.Sprintf("%x", sum.Sum(nil)[:12]), nil
}
