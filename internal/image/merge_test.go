package image

import (
	"archive/tar"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name   string
		layers [][]file
		want   string
		waste  Waste
	}{
		{"whiteout", [][]file{{{name: "a", body: "12345"}, {name: "b"}}, {{name: ".wh.a"}}}, "/b", Waste{Deleted: 5}},
		{"whiteout of a directory", [][]file{{{name: "d/x", body: "1"}, {name: "d/y", body: "22"}}, {{name: ".wh.d"}}}, "", Waste{Deleted: 3}},
		{"whiteout of nothing", [][]file{{{name: ".wh.a"}, {name: "b/.wh.c"}}}, "", Waste{}},
		{"whiteout in the layer that adds", [][]file{{{name: "a", body: "1"}, {name: ".wh.a"}}}, "/a", Waste{}},
		{"opaque directory", [][]file{{{name: "d/"}, {name: "d/old", body: "123"}}, {{name: "d/"}, {name: "d/.wh..wh..opq"}, {name: "d/new"}}}, "/d /d/new", Waste{Deleted: 3}},
		{"opaque after what it keeps", [][]file{{{name: "d/old", body: "123"}}, {{name: "d/new"}, {name: "d/.wh..wh..opq"}}}, "/d /d/new", Waste{Deleted: 3}},
		{"chmod", [][]file{{{name: "a", body: "12"}}, {{name: "a", body: "12", mode: 0o755}}}, "/a", Waste{Copied: 2}},
		{"rewritten", [][]file{{{name: "a", body: "12"}}, {{name: "a", body: "345"}}}, "/a", Waste{Rewritten: 2}},
		{"rewritten twice, then deleted", [][]file{{{name: "a", body: "12"}}, {{name: "a", body: "123"}}, {{name: "a", body: "1234"}}, {{name: ".wh.a"}}}, "", Waste{Rewritten: 5, Deleted: 4}},
		{"same layer twice", [][]file{{{name: "a", body: "12"}}, {{name: ".wh.a"}}, {{name: "a", body: "12"}}}, "/a", Waste{Deleted: 2}},
		{"a name twice in a layer", [][]file{{{name: "a", body: "12"}, {name: "a", body: "345"}}}, "/a", Waste{Rewritten: 2}},
		{"directory replaced by file", [][]file{{{name: "d/"}, {name: "d/x", body: "1"}}, {{name: "d"}}}, "/d", Waste{Rewritten: 1}},
		{"file replaced by directory", [][]file{{{name: "d", body: "1"}}, {{name: "d/x"}}}, "/d /d/x", Waste{Rewritten: 1}},
		{"names that leave the tree", [][]file{{{name: "../../etc/x"}, {name: "/abs"}, {name: "a/../../b"}}}, "/abs /b /etc /etc/x", Waste{}},
		{"parents not listed", [][]file{{{name: "a/b/c"}}}, "/a /a/b /a/b/c", Waste{}},
		{"hard link", [][]file{{{name: "a", body: "12"}, {name: "b", body: "=>a"}}}, "/a /b", Waste{}},
		{"first of two names deleted", [][]file{{{name: "a", body: "12"}, {name: "b", body: "=>a"}}, {{name: ".wh.a"}}}, "/b", Waste{}},
		{"both names deleted", [][]file{{{name: "a", body: "12"}, {name: "b", body: "=>a"}}, {{name: ".wh.a"}, {name: ".wh.b"}}}, "", Waste{Deleted: 2}},
		{"hard link to itself", [][]file{{{name: "a", body: "12"}, {name: "a", body: "=>a"}}}, "/a", Waste{}},
		{"hard link to nothing", [][]file{{{name: "b", body: "=>nosuch"}}}, "", Waste{}},
		{"link of the same layer on the way", [][]file{{{name: "usr/lib/"}, {name: "lib", body: "->usr/lib"}, {name: "lib/x"}}}, "/lib /usr /usr/lib /usr/lib/x", Waste{}},
		{"link of a lower layer on the way", [][]file{{{name: "usr/lib/a"}, {name: "lib", body: "->usr/lib"}}, {{name: "lib/x"}}}, "/lib /lib/x /usr /usr/lib /usr/lib/a", Waste{}},
		{"link out of the image on the way", [][]file{{{name: "out", body: "->../../../tmp"}, {name: "out/x"}}}, "/out /out/x", Waste{}},
		{"AUFS hard links", [][]file{{{name: ".wh..wh.plnk/1.2", body: "12"}, {name: "a", body: "=>.wh..wh.plnk/1.2"}, {name: ".wh..wh.aufs"}}}, "/a", Waste{}},
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
			checkTotals(t, tree)
		})
	}
}

// checkTotals: every byte of every layer is either seen or waste.
func checkTotals(t testing.TB, tree *Tree) {
	t.Helper()
	var content, hidden int64
	for _, l := range tree.Layers {
		content += l.Content
	}
	for _, h := range tree.Hidden {
		hidden += h.Size
	}
	if live := tree.Live(); content != live+tree.Waste.Total() {
		t.Errorf("%d bytes in layers, %d seen, %d hidden", content, live, tree.Waste.Total())
	}
	if hidden != tree.Waste.Total() {
		t.Errorf("hidden files hold %d bytes, waste is %+v", hidden, tree.Waste)
	}
}

func TestHidden(t *testing.T) {
	tree := treeOf(t, layerOf(t, file{name: "big", body: "12345"}), layerOf(t, file{name: "x"}), layerOf(t, file{name: ".wh.big"}))
	want := Hidden{Path: "/big", Size: 5, Layer: 0, By: 2, Cause: Deleted}
	if len(tree.Hidden) != 1 || tree.Hidden[0] != want {
		t.Errorf("hidden %+v, want %+v", tree.Hidden, want)
	}
}

func TestDuplicates(t *testing.T) {
	tree := oneLayer(t, file{name: "a", body: "123"}, file{name: "b", body: "123"}, file{name: "c", body: "=>b"}, file{name: "d", body: "1"}, file{name: "e", body: "1"}, file{name: "f"}, file{name: "g"})
	d := tree.Duplicates()
	if len(d) != 2 || d[0].Avoidable() != 3 || d[0].Paths[1] != "/b" || d[1].Avoidable() != 1 {
		t.Errorf("duplicates %+v", d)
	}
	if tree.Waste.Total() != 0 {
		t.Errorf("duplicates are counted as waste: %+v", tree.Waste)
	}
}

func TestNodes(t *testing.T) {
	tree := treeOf(t,
		layerOf(t, file{name: "a", body: "x", mode: 0o4755, uid: 7, xattrs: map[string]string{"security.capability": "\x01\x00cap"}}, file{name: "d/", mode: 0o1777}),
		layerOf(t, file{name: "null", kind: tar.TypeChar, major: 1}, file{name: "b", body: "=>a"}, file{name: "d/x"}, file{name: "/", mode: 0o700}))
	a, b, d, null := tree.Lookup("/a"), tree.Lookup("/b"), tree.Lookup("/d"), tree.Lookup("/null")
	if a.Mode != 0o4755 || a.UID != 7 || a.Xattrs["security.capability"] != "\x01\x00cap" || a.Layer != 0 || a.Names() != 2 || a.HardTo != "" {
		t.Errorf("a is %+v", a)
	}
	if b.HardTo != "/a" || b.Layer != 1 || b.Mode != 0o4755 || b.Digest != a.Digest {
		t.Errorf("b is %+v", b)
	}
	if d.Mode != 0o1777 || d.Layer != 0 {
		t.Errorf("a directory that a later layer only passes through became %+v", d)
	}
	if null.Type != tar.TypeChar || null.Major != 1 {
		t.Errorf("device is %+v", null)
	}
	if tree.Root().Mode != 0o700 {
		t.Errorf("root has mode %o", tree.Root().Mode)
	}
}

func TestFaults(t *testing.T) {
	if tree := oneLayer(t, file{name: "b", body: "=>nosuch"}); len(tree.Faults) != 1 {
		t.Errorf("faults: %q", tree.Faults)
	}
}
