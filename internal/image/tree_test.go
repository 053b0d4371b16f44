package image

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	tree := oneLayer(t,
		file{name: "usr/lib/real", body: "x"}, file{name: "lib", body: "->usr/lib"}, file{name: "abs", body: "->/lib/real"},
		file{name: "out", body: "->../../../../usr/lib/real"}, file{name: "loop", body: "->loop2"}, file{name: "loop2", body: "->loop"},
		file{name: "gone", body: "->nowhere"}, file{name: "deep/up", body: "->../usr/lib/../lib/real"})
	for path, want := range map[string]string{
		"/lib/real": "/usr/lib/real", "/abs": "/usr/lib/real", "/out": "/usr/lib/real", "/loop": "", "/gone": "", "/nosuch": "",
		"/usr/lib/../lib/real": "/usr/lib/real", "/deep/up": "/usr/lib/real", "/": "/", "/../../lib": "/usr/lib", "/usr/lib/real/x": "",
		"/lib/../lib": "/usr/lib", // of the link's target, as the kernel has it
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
	if n := tree.Lookup("/lib"); n == nil || !n.IsLink() {
		t.Errorf("Lookup of a link gives %v", n)
	}
}

func TestReadContent(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 20000)
	tree := treeOf(t,
		layerOf(t, file{name: "etc/passwd", body: "root:x:0:0::/root:/bin/sh\n"}, file{name: "big", body: big}, file{name: "twin", body: "=>big"}),
		layerOf(t, file{name: "empty"}, file{name: "other", body: "other"}))
	ctx := context.Background()
	if got, err := tree.ReadFile("/etc/passwd"); err != nil || !strings.HasPrefix(string(got), "root:") {
		t.Errorf("kept file: %q, %v", got, err)
	}
	if _, err := tree.ReadFile("/big"); !errors.Is(err, ErrNotKept) {
		t.Errorf("a file that is not kept: %v", err)
	}
	if _, err := tree.Read(ctx, "/nosuch", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for path, want := range map[string]string{"/big": big[:9], "/twin": big[:9], "/other": "other", "/empty": "", "/etc/passwd": "root:x:0:"} {
		if got, err := tree.Read(ctx, path, 9); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	r, err := tree.Open(ctx, "/big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if all, err := io.ReadAll(r); err != nil || string(all) != big {
		t.Errorf("streamed %d bytes, %v", len(all), err)
	}
	var seen []string
	err = tree.ReadMany(ctx, func(n *Node) bool { return n.Size > 0 }, func(n *Node, r io.Reader) error {
		seen = append(seen, n.Path)
		return nil
	})
	if got := strings.Join(seen, " "); err != nil || got != "/etc/passwd /big /other" {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestLayerBytes(t *testing.T) {
	data := tarOf(t, file{name: "a", body: "1"})
	im := opened(t, imageOf(t, layerOfTar(t, data)))
	r, err := im.Layers[0].Uncompressed(context.Background(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes of %d, %v", len(got), len(data), err)
	}
}
