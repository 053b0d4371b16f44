// Package enginetest is the conformance suite of the engine contract. Every
// engine passes the same one:
//
//	w := enginetest.NewWorld(t)
//	enginetest.Run(t, w, openMyEngine(t, w))
//
// The suite makes its own base image and its own registry on the loopback
// interface; it needs neither the network nor any program but the Go compiler.
package enginetest

import (
	"archive/tar"
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/careenhq/careen/internal/engine"
)

// A World is what an engine under test can reach.
type World struct {
	Tool     string       // static program: the base image's, and the helper
	Base     engine.Image // what "tool:1" means
	BaseRef  string       // how Dockerfiles of the suite name it
	Registry string       // host:port of a registry that serves it as library/tool:1
	Platform string       // of the base
}

// Mirrors lead docker.io to the world's registry.
func (w *World) Mirrors() map[string][]string {
	return map[string][]string{"docker.io": {"http://" + w.Registry}}
}

// NewWorld builds the tool and the base image and serves them until the test ends.
func NewWorld(t *testing.T) *World {
	t.Helper()
	return NewWorldOf(t, BuildTool(t))
}

// NewWorldOf is NewWorld with a tool that is built already.
func NewWorldOf(t *testing.T, tool string) *World {
	t.Helper()
	w := &World{Tool: tool, BaseRef: "tool:1", Platform: "linux/" + goarch()}
	image := baseImage(t, w.Tool)
	w.Base = writeLayout(t, image)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	w.Registry = strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(w.Registry + "/library/tool:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	return w
}

// BuildTool compiles package tool as a static Linux program.
func BuildTool(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "tool")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "github.com/careenhq/careen/internal/engine/enginetest/tool/bin")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the tool: %v\n%s", err, out)
	}
	return binary
}

// baseImage holds the tool as its program and its shell, and two users.
func baseImage(t *testing.T, binary string) v1.Image {
	t.Helper()
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(baseTar(program))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", goarch()
	file.Config = v1.Config{Env: []string{"PATH=/bin", "BASE=yes"}, Cmd: []string{"tool", "echo", "base"}}
	if image, err = mutate.ConfigFile(image, file); err != nil {
		t.Fatal(err)
	}
	return image
}

func baseTar(program []byte) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	add := func(h tar.Header, data []byte) {
		h.Size = int64(len(data))
		if w.WriteHeader(&h) == nil {
			_, _ = w.Write(data)
		}
	}
	for _, dir := range []string{"bin/", "etc/"} {
		add(tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	}
	add(tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil)
	add(tar.Header{Name: "bin/tool", Typeflag: tar.TypeReg, Mode: 0o755}, program)
	add(tar.Header{Name: "bin/sh", Typeflag: tar.TypeLink, Linkname: "bin/tool", Mode: 0o755}, nil)
	add(tar.Header{Name: "etc/passwd", Typeflag: tar.TypeReg, Mode: 0o644}, []byte("root:x:0:0::/root:/bin/sh\nkeeper:x:1234:1234::/:/bin/sh\n"))
	add(tar.Header{Name: "etc/group", Typeflag: tar.TypeReg, Mode: 0o644}, []byte("root:x:0:\nkeeper:x:1234:\n"))
	if err := w.Close(); err != nil {
		panic(err) // a buffer takes everything
	}
	return buf.Bytes()
}

func writeLayout(t *testing.T, image v1.Image) engine.Image {
	t.Helper()
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(image); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return engine.Image{Layout: dir, Digest: digest.String()}
}
