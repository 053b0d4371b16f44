package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/compression"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// oneFile is an image that holds a file of that name.
func oneFile(t testing.TB, name string, opts ...tarball.LayerOption) v1.Image {
	return imageOf(t, layerOfTar(t, tarOf(t, file{name: name, body: "content"}), opts...))
}

func wantFiles(t *testing.T, im *Image, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := im.Tree(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := names(tree); got != want {
		t.Errorf("files %q, want %q", got, want)
	}
}

func TestOpenCompressions(t *testing.T) {
	for _, c := range []compression.Compression{compression.None, compression.GZip, compression.ZStd} {
		t.Run(string(c), func(t *testing.T) {
			im, err := Open(context.Background(), onDisk(t, oneFile(t, "a", tarball.WithCompression(c))), Options{})
			wantFiles(t, im, err, "/a")
		})
	}
}

// platforms is an index as BuildKit writes it: images, and attestations of them.
func platforms(t testing.TB) v1.ImageIndex {
	t.Helper()
	amd, arm := oneFile(t, "amd"), oneFile(t, "arm")
	describe := func(arch string) v1.Descriptor {
		return v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}
	}
	return mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: oneFile(t, "attestation"), Descriptor: v1.Descriptor{
			Annotations: map[string]string{attestation: "attestation-manifest"}, Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}}},
		mutate.IndexAddendum{Add: amd, Descriptor: describe("amd64")},
		mutate.IndexAddendum{Add: arm, Descriptor: describe("arm64")})
}

func TestOpenPlatforms(t *testing.T) {
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendIndex(platforms(t)); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for platform, want := range map[string]string{"": "/amd", "linux/amd64": "/amd", "linux/arm64": "/arm"} {
		im, err := Open(ctx, dir, Options{Platform: platform})
		wantFiles(t, im, err, want)
	}
	if _, err := Open(ctx, dir, Options{Platform: "linux/s390x"}); err == nil || !strings.Contains(err.Error(), "only for linux/amd64, linux/arm64") {
		t.Errorf("no such platform: %v", err)
	}
	arm, err := Open(ctx, dir, Options{Platform: "linux/arm64"})
	if err != nil {
		t.Fatal(err)
	}
	im, err := Open(ctx, dir+"@"+arm.Digest, Options{})
	wantFiles(t, im, err, "/arm")
}

func TestOpenDockerArchive(t *testing.T) {
	img := oneFile(t, "a")
	tag, err := name.NewTag("example.com/x:y")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := tarball.WriteToFile(file, tag, img); err != nil {
		t.Fatal(err)
	}
	im, err := Open(context.Background(), file, Options{})
	wantFiles(t, im, err, "/a")
	if im.Manifest != nil || im.Layers[0].Digest != "" || im.Layers[0].Pulled == 0 || im.Layers[0].MediaType != string(types.DockerLayer) {
		t.Errorf("image %+v", im)
	}
}

// packed packs a directory into a tar file, gzipped when asked for.
func packed(t testing.TB, dir string, zipped bool) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var w io.WriteCloser = out
	if zipped {
		w = gzip.NewWriter(out)
		defer w.Close()
	}
	tw := tar.NewWriter(w)
	defer tw.Close()
	if err := tw.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOpenOCIArchive(t *testing.T) {
	dir := onDisk(t, imageOf(t, layerOf(t, file{name: "a"}), layerOf(t, file{name: "b"})))
	for _, zipped := range []bool{false, true} {
		im, err := Open(context.Background(), packed(t, dir, zipped), Options{})
		wantFiles(t, im, err, "/a /b")
		if im.Manifest == nil {
			t.Error("no manifest")
		}
	}
}

func TestOpenOldDockerArchive(t *testing.T) {
	layer := tarOf(t, file{name: "a", body: "x"})
	img := imageOf(t, layerOfTar(t, layer))
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	outer := tarOf(t, file{name: "1/layer.tar", body: string(layer)}, file{name: "2/layer.tar", body: "->../1/layer.tar"},
		file{name: "c.json", body: string(config)}, file{name: "manifest.json", body: `[{"Config":"c.json","Layers":["2/layer.tar"]}]`})
	name := filepath.Join(t.TempDir(), "x.tar")
	if err := os.WriteFile(name, outer, 0o600); err != nil {
		t.Fatal(err)
	}
	im, err := Open(context.Background(), name, Options{})
	wantFiles(t, im, err, "/a")
	if im.Layers[0].Digest != im.Layers[0].DiffID || im.Layers[0].Pulled != int64(len(layer)) {
		t.Errorf("layer %+v", im.Layers[0])
	}
}

func TestOpenRegistry(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(host + "/library/debian:bookworm")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, platforms(t)); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	im, err := Open(ctx, ref.String(), Options{Platform: "linux/arm64"})
	wantFiles(t, im, err, "/arm")
	mirrors := map[string][]string{"docker.io": {"http://127.0.0.1:1", server.URL}}
	im, err = Open(ctx, "debian:bookworm", Options{Platform: "linux/amd64", Mirrors: mirrors})
	wantFiles(t, im, err, "/amd")
	im, err = Open(ctx, "debian@"+im.Digest, Options{Mirrors: mirrors})
	wantFiles(t, im, err, "/amd")
	if _, err := Open(ctx, host+"/nosuch:tag", Options{}); err == nil || !strings.Contains(err.Error(), "nosuch:tag") {
		t.Errorf("unknown image: %v", err)
	}
}

func TestOpenNothing(t *testing.T) {
	empty := t.TempDir()
	broken := filepath.Join(empty, "broken.tar")
	if err := os.WriteFile(broken, bytes.Repeat([]byte("x"), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(empty, "none.tar")
	if err := os.WriteFile(none, tarOf(t, file{name: "a"}), 0o600); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		empty: "image layout", broken: "image archive", none: "neither index.json nor manifest.json",
		"./nosuch.tar": "no such file", "UPPER CASE": "neither a file nor a reference",
	} {
		if _, err := Open(context.Background(), source, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}
