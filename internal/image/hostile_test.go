package image

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func readError(t testing.TB, limits Limits, layers ...v1.Layer) error {
	t.Helper()
	_, err := opened(t, imageOf(t, layers...)).TreeWithin(context.Background(), limits)
	return err
}

func TestHostileLayers(t *testing.T) {
	good := tarOf(t, file{name: "a", body: strings.Repeat("x", 10000)})
	if err := readError(t, Limits{}, layerOfTar(t, good)); err != nil {
		t.Fatalf("a good layer: %v", err)
	}
	deep := strings.Repeat("d/", 1000) + "f"
	for name, c := range map[string]struct {
		layer  v1.Layer
		limits Limits
		want   string
	}{
		"more bytes than allowed":     {layerOfTar(t, good), Limits{Bytes: 5000}, "exceeds the limit of 5000 bytes"},
		"more entries than allowed":   {layerOf(t, file{name: "a"}, file{name: "b"}), Limits{Entries: 1}, "exceeds the limit of 1 entries"},
		"more implied directories":    {layerOf(t, file{name: deep}), Limits{Entries: 100}, "exceeds the limit of 100 entries"},
		"garbage":                     {static.NewLayer([]byte(strings.Repeat("no tar at all", 100)), types.DockerUncompressedLayer), Limits{}, "invalid tar header"},
		"a name longer than a path":   {layerOf(t, file{name: strings.Repeat("x/", 3000)}), Limits{}, "more than 4096 bytes"},
		"a whiteout of the parent":    {layerOf(t, file{name: "a/.wh..."}), Limits{}, "names no file"},
		"a whiteout of the directory": {layerOf(t, file{name: "a/.wh.."}), Limits{}, "names no file"},
		"an empty whiteout":           {layerOf(t, file{name: "a/.wh."}), Limits{}, "names no file"},
		"a negative size":             {static.NewLayer(negativeSize(t), types.DockerUncompressedLayer), Limits{}, "invalid tar header"},
		"a sparse file of 4 EiB":      {static.NewLayer(sparse(t), types.DockerUncompressedLayer), Limits{Bytes: 1 << 20}, "exceeds the limit"},
	} {
		err := readError(t, c.limits, c.layer)
		switch {
		case err == nil || !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v", name, err)
		case !strings.Contains(err.Error(), "layer 1"):
			t.Errorf("%s: %v does not name the layer", name, err)
		}
	}
}

func negativeSize(t testing.TB) []byte {
	data := tarOf(t, file{name: "a", body: "x"})
	copy(data[124:136], "-0000000001\x00")
	return withSum(data)
}

// sparse is a GNU sparse file that claims 4 EiB of nothing.
func sparse(t testing.TB) []byte {
	data := tarOf(t, file{name: "a"})
	copy(data[257:265], "ustar  \x00")
	data[156] = 'S'
	for i := 345; i < 512; i++ {
		data[i] = 0
	}
	copy(data[386:], "00000000000\x0000000000000\x00") // one hole up to the size
	copy(data[483:495], "\x80\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00")
	return withSum(data)
}

// withSum mends the checksum of the first header.
func withSum(data []byte) []byte {
	copy(data[148:156], "        ")
	sum := 0
	for _, b := range data[:512] {
		sum += int(b)
	}
	copy(data[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return data
}

func TestELFWithoutEnd(t *testing.T) {
	whole := elfOf(elfSpec{needed: []string{"libc.so.6"}})
	for n := range len(whole) {
		tree := oneLayer(t, file{name: "x", body: whole[:n]})
		if e := tree.Lookup("/x").ELF; n >= 4 && e == nil {
			t.Fatalf("%d bytes are no ELF file", n)
		} else if n >= 4 && n < 64 && e.Broken == "" {
			t.Errorf("%d bytes of header are taken as whole", n)
		}
	}
}

// onDisk writes an image to a layout and gives its directory.
func onDisk(t testing.TB, images ...v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range images {
		if err := p.AppendImage(img); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func blobFile(dir, digest string) string {
	return filepath.Join(dir, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:"))
}

func TestDamagedBlobs(t *testing.T) {
	img := imageOf(t, layerOf(t, file{name: "a", body: strings.Repeat("some text ", 1000)}))
	im := opened(t, img)
	configName, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	other, err := layerOf(t, file{name: "b"}).Compressed()
	if err != nil {
		t.Fatal(err)
	}
	otherBytes, err := io.ReadAll(other)
	if err != nil {
		t.Fatal(err)
	}
	layer := im.Layers[0].Digest
	for name, c := range map[string]struct {
		digest string
		damage func([]byte) []byte
		want   string
	}{
		"truncated":            {layer, func(b []byte) []byte { return b[:len(b)/2] }, "the blob ends early"},
		"another layer":        {layer, func([]byte) []byte { return otherBytes }, "the manifest says"},
		"bytes behind the end": {layer, func(b []byte) []byte { return append(b, "more than a header"...) }, "gzip: invalid header"},
		"gone":                 {layer, nil, "no such file"},
		"configuration":        {configName.String(), func(b []byte) []byte { return append(b, ' ') }, "it is named"},
		"manifest":             {im.Digest, func(b []byte) []byte { return append(b, ' ') }, "it is named"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := onDisk(t, img)
			damage(t, blobFile(dir, c.digest), c.damage)
			got, err := OpenLayout(dir, "")
			if err == nil {
				_, err = got.Tree(context.Background())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func damage(t testing.TB, name string, change func([]byte) []byte) {
	t.Helper()
	if change == nil {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A layer whose blob is what the manifest names, but whose tar is not what the
// configuration names.
func TestWrongDiffID(t *testing.T) {
	im := opened(t, imageOf(t, layerOf(t, file{name: "a"})))
	im.Layers[0].DiffID = "sha256:" + strings.Repeat("0", 64)
	if _, err := im.Tree(context.Background()); err == nil || !strings.Contains(err.Error(), "the configuration says") {
		t.Errorf("error %v", err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := opened(t, imageOf(t, layerOf(t, file{name: "a"}))).Tree(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// FuzzTree: whatever two layers hold, reading them ends, no name leaves the tree,
// and every byte is either seen or waste.
func FuzzTree(f *testing.F) {
	f.Add(tarOf(f, file{name: "a/b", body: "x"}), tarOf(f, file{name: "a/.wh.b"}))
	f.Add(tarOf(f, file{name: "a", body: "->b"}, file{name: "a/c", body: "x"}), tarOf(f, file{name: "b", body: "=>a/c"}))
	f.Add(tarOf(f, file{name: "d/x", body: "1"}, file{name: "d", body: "->/d"}), tarOf(f, file{name: "d/.wh..wh..opq"}, file{name: "../d", body: "2"}))
	f.Add(negativeSize(f), sparse(f))
	f.Add(tarOf(f, file{name: "x", body: elfOf(elfSpec{needed: []string{"a"}})}), tarOf(f, file{name: "y", kind: tar.TypeChar}))
	f.Fuzz(func(t *testing.T, lower, upper []byte) {
		tree := &Tree{root: newDir("/", 0)}
		m := &merger{t: tree, limits: Limits{Bytes: 1 << 20, Entries: 1000}}
		for i, data := range [][]byte{lower, upper} {
			files, err := readRecords(bytes.NewReader(data), i, m.limits)
			if err != nil {
				return
			}
			if err := m.apply(files); err != nil {
				return
			}
		}
		tree.nameLinks()
		checkTotals(t, tree)
		checkPlaces(t, tree)
		if changes := Diff(tree, tree); len(changes) > 0 {
			t.Errorf("a tree differs from itself: %v", changes)
		}
		tree.Database()
		tree.Closure([]string{"/x", "/a"}, nil)
	})
}

// checkPlaces: every node is where its path says.
func checkPlaces(t testing.TB, tree *Tree) {
	t.Helper()
	tree.Walk(func(n *Node) bool {
		if n.Path != filepath.Clean(n.Path) || !strings.HasPrefix(n.Path, "/") || strings.HasPrefix(n.Path, "/..") && (n.Path == "/.." || n.Path[3] == '/') {
			t.Errorf("path %q", n.Path)
		}
		if tree.at(n.Path) != n {
			t.Errorf("%q is not found at its path", n.Path)
		}
		return true
	})
}
