package image

import (
	"archive/tar"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestEditedIsAsSaved holds that the tree of an edit is the one that is read back
// from the layout that it was saved to, and that the original keeps its own.
func TestEditedIsAsSaved(t *testing.T) {
	im := opened(t, imageOf(t,
		layerOf(t, file{name: "opt/"}, file{name: "opt/tool", body: "tool"}, file{name: "etc/"}, file{name: "etc/word", body: "word"}),
		layerOf(t, file{name: "opt/other", body: "=>opt/tool"}, file{name: "srv/", mode: 0o2750, uid: 3})))
	tree, err := im.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := names(tree)
	link := Node{Path: "/etc/link", Type: tar.TypeSymlink, Link: "/etc/word", Mode: 0o777}
	text := Node{Path: "/etc/word", Type: tar.TypeReg, Mode: 0o600, UID: 7, Xattrs: map[string]string{"user.k": "v"}}
	edited, after, err := tree.Edited(t.Context(), Edit{
		Config: func(c *v1.Config) { c.User = "7" },
		Remove: []string{"/opt", "/etc/word"}, Put: []Write{{Node: text, Body: []byte("other")}, {Node: link}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(tree); got != before || im.Config.Config.User != "" {
		t.Errorf("the original became %s, user %q", got, im.Config.Config.User)
	}
	dir := t.TempDir()
	for range 2 { // the second finds every blob there
		digest, err := edited.Save(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		saved, err := OpenLayout(dir, digest)
		if err != nil {
			t.Fatal(err)
		}
		read, err := saved.Tree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if changes := Diff(after, read); len(changes) > 0 {
			t.Errorf("saved and read back: %+v", changes)
		}
		if saved.Config.Config.User != "7" {
			t.Errorf("user %q", saved.Config.Config.User)
		}
		if n := read.Lookup("/etc/word"); n == nil || n.Mode != 0o600 || n.UID != 7 || n.Xattrs["user.k"] != "v" || n.Size != 5 {
			t.Errorf("/etc/word is %+v", n)
		}
	}
	if after.Lookup("/opt") != nil {
		t.Error("/opt is still there")
	}
}
