package image

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"io"
)

// file is one record of a test layer. A name ending in "/" is a directory, a link
// starts with "->", a hard link with "=>".
type file struct {
	name, body string
	mode       int64
}

func layerOf(t testing.TB, files ...file) v1.Layer {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.body)), Typeflag: tar.TypeReg}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		switch {
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		case strings.HasPrefix(f.body, "->"):
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.body[2:], 0
		case strings.HasPrefix(f.body, "=>"):
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, f.body[2:], 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(f.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func treeOf(t testing.TB, layers ...v1.Layer) *Tree {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	im, err := New(img)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := im.Tree(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func names(t *Tree) string {
	var all []string
	t.Walk(func(n *Node) bool { all = append(all, n.Path); return true })
	return strings.Join(all, " ")
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name   string
		layers [][]file
		want   string
		waste  Waste
	}{
		{"whiteout", [][]file{{{name: "a", body: "12345"}, {name: "b"}}, {{name: ".wh.a"}}}, "/b", Waste{Deleted: 5}},
		{"opaque directory", [][]file{{{name: "d/"}, {name: "d/old", body: "123"}}, {{name: "d/"}, {name: "d/.wh..wh..opq"}, {name: "d/new"}}}, "/d /d/new", Waste{Deleted: 3}},
		{"chmod", [][]file{{{name: "a", body: "12"}}, {{name: "a", body: "12", mode: 0o755}}}, "/a", Waste{Copied: 2}},
		{"rewritten twice, then deleted", [][]file{{{name: "a", body: "12"}}, {{name: "a", body: "123"}}, {{name: "a", body: "1234"}}, {{name: ".wh.a"}}}, "", Waste{Rewritten: 5, Deleted: 4}},
		{"same layer twice", [][]file{{{name: "a", body: "12"}}, {{name: ".wh.a"}}, {{name: "a", body: "12"}}}, "/a", Waste{Deleted: 2}},
		{"directory replaced by file", [][]file{{{name: "d/"}, {name: "d/x", body: "1"}}, {{name: "d"}}}, "/d", Waste{Rewritten: 1}},
		{"names that leave the tree", [][]file{{{name: "../../etc/x"}, {name: "/abs"}, {name: "a/../../b"}}}, "/abs /b /etc /etc/x", Waste{}},
		{"parents not listed", [][]file{{{name: "a/b/c"}}}, "/a /a/b /a/b/c", Waste{}},
		{"hard link", [][]file{{{name: "a", body: "12"}, {name: "b", body: "=>a"}}}, "/a /b", Waste{}},
		{"hard link to nothing", [][]file{{{name: "b", body: "=>nosuch"}}}, "", Waste{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var layers []v1.Layer
			for _, l := range c.layers {
				layers = append(layers, layerOf(t, l...))
			}
			tree := treeOf(t, layers...)
			if got := names(tree); got != c.want {
				t.Errorf("tree is %q, want %q", got, c.want)
			}
			if tree.Waste != c.waste {
				t.Errorf("waste is %+v, want %+v", tree.Waste, c.waste)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	tree := treeOf(t, layerOf(t,
		file{name: "usr/lib/real", body: "x"}, file{name: "lib", body: "->usr/lib"}, file{name: "abs", body: "->/lib/real"},
		file{name: "out", body: "->../../../../usr/lib/real"}, file{name: "loop", body: "->loop2"}, file{name: "loop2", body: "->loop"}, file{name: "gone", body: "->nowhere"}))
	for path, want := range map[string]string{
		"/lib/real": "/usr/lib/real", "/abs": "/usr/lib/real", "/out": "/usr/lib/real", "/loop": "", "/gone": "", "/nosuch": "", "/usr/lib/../lib/real": "/usr/lib/real",
	} {
		got := ""
		if n := tree.Resolve(path); n != nil {
			got = n.Path
		}
		if got != want {
			t.Errorf("%s resolves to %q, want %q", path, got, want)
		}
	}
	if n := tree.Lookup("/lib/real"); n == nil || n.Path != "/usr/lib/real" {
		t.Errorf("Lookup through a linked directory gives %v", n)
	}
}

func TestHostileLayers(t *testing.T) {
	good := layerOf(t, file{name: "a", body: strings.Repeat("x", 10000)})
	read := func(l v1.Layer, limits Limits) error {
		img, err := mutate.AppendLayers(empty.Image, l)
		if err != nil {
			t.Fatal(err)
		}
		im, err := New(img)
		if err != nil {
			t.Fatal(err)
		}
		_, err = im.TreeWithin(context.Background(), limits)
		return err
	}
	if err := read(good, Limits{}); err != nil {
		t.Fatalf("a good layer: %v", err)
	}
	if err := read(good, Limits{Bytes: 5000}); err == nil || !strings.Contains(err.Error(), "exceeds the limit") {
		t.Errorf("a layer beyond the limit: %v", err)
	}
	if err := read(layerOf(t, file{name: "a"}, file{name: "b"}), Limits{Entries: 1}); err == nil {
		t.Error("too many entries were read")
	}
	if err := read(static.NewLayer([]byte("no tar at all, but long enough to be looked at"), types.DockerUncompressedLayer), Limits{}); err == nil {
		t.Error("garbage was read as a layer")
	}
}

func TestClosureOfThisProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	tree := treeOf(t, layerOf(t, file{name: "bin/self", body: string(data), mode: 0o755}))
	n := tree.Lookup("/bin/self")
	if n.ELF == nil || !n.ELF.Go || !n.ELF.Program() {
		t.Fatalf("a Go program is not recognised: %+v", n.ELF)
	}
	script := treeOf(t, layerOf(t, file{name: "run", body: "#!/usr/bin/nosuch -x\n", mode: 0o755}))
	c := script.Closure([]string{"/run"}, nil)
	if len(c.Missing) != 1 || c.Missing[0].What != "/usr/bin/nosuch" {
		t.Errorf("missing interpreter: %+v", c.Missing)
	}
}

func TestDatabase(t *testing.T) {
	status := "Package: libc6\nStatus: install ok installed\nPriority: required\nVersion: 1\n\n" +
		"Package: curl\nStatus: install ok installed\nDepends: libcurl4 (= 7), libc6\nVersion: 7\n\n" +
		"Package: libcurl4\nStatus: install ok installed\nPre-Depends: libc6 | libc6.1\nVersion: 7\n\n" +
		"Package: gone\nStatus: deinstall ok config-files\nVersion: 7\n"
	tree := treeOf(t, layerOf(t,
		file{name: "var/lib/dpkg/status", body: status}, file{name: "lib", body: "->usr/lib"}, file{name: "usr/lib/libcurl.so.4", body: "x"},
		file{name: "var/lib/dpkg/info/libcurl4:amd64.list", body: "/.\n/lib\n/lib/libcurl.so.4\n"},
		file{name: "var/lib/dpkg/info/libcurl4.list", body: "/.\n/lib\n/lib/libcurl.so.4\n"}))
	d := tree.Database()
	if len(d.Packages) != 3 || d.Package("gone") != nil {
		t.Errorf("packages: %+v", d.Packages)
	}
	if got := d.Owner("/usr/lib/libcurl.so.4"); got != "libcurl4" {
		t.Errorf("owner through merged /usr is %q", got)
	}
	if got := d.Roots([]string{"curl", "libcurl4"}); len(got) != 1 || got[0] != "curl" {
		t.Errorf("roots: %v", got)
	}
}
