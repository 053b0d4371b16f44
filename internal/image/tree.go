package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// A Tree is the merged view of an image's layers: what a container sees.
type Tree struct {
	Layers []LayerTotal // by position
	Waste  Waste

	root *Node
}

// LayerTotal is what one layer holds.
type LayerTotal struct {
	Unpacked int64 // bytes of the tar
	Files    int
}

// Waste is bytes that the image carries and no container can see. Each byte is
// counted once, in the layer that wrote it.
type Waste struct {
	Deleted   int64 // files removed by a later layer
	Rewritten int64 // files written again by a later layer
}

// parallel is how many layers are decoded at a time.
const parallel = 4

// Tree reads every layer once and merges them.
func (im *Image) Tree(ctx context.Context) (*Tree, error) { return im.TreeWithin(ctx, Limits{}) }

// TreeWithin is Tree with limits of one's own.
func (im *Image) TreeWithin(ctx context.Context, limits Limits) (*Tree, error) {
	read := make([]*contents, len(im.Layers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, l := range im.Layers {
		group.Go(func() (err error) {
			read[i], err = l.read(ctx, i, limits, wanted)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	t := &Tree{root: newDir("/", 0)}
	for i, c := range read {
		t.apply(i, c)
	}
	return t, nil
}

func newDir(p string, layer int) *Node {
	return &Node{Path: p, Type: tar.TypeDir, Mode: 0o755, Layer: layer, children: map[string]*Node{}}
}

// apply puts one layer on top. Whiteouts act on what lower layers have, so they
// come first.
func (t *Tree) apply(layer int, c *contents) {
	for i := range c.entries {
		e := &c.entries[i]
		switch {
		case e.opaque:
			if d := t.at(e.node.Path); d != nil && d.children != nil {
				for name := range d.children {
					t.remove(d, name, &t.Waste.Deleted)
				}
			}
		case e.remove != "":
			dir, base := path.Split(e.remove)
			if d := t.at(path.Clean(dir)); d != nil && d.children != nil {
				t.remove(d, base, &t.Waste.Deleted)
			}
		}
	}
	files := 0
	for i := range c.entries {
		e := &c.entries[i]
		if e.opaque || e.remove != "" {
			continue
		}
		files++
		t.put(layer, e)
	}
	t.Layers = append(t.Layers, LayerTotal{Unpacked: c.unpacked, Files: files})
}

func (t *Tree) put(layer int, e *entry) {
	n := &e.node
	if e.hardTo != "" {
		first := t.at(e.hardTo)
		if first == nil || first.IsDir() || first.Path == n.Path {
			return
		}
		linked := *first
		linked.Path, linked.Layer, linked.HardTo = n.Path, layer, first.Path
		n = &linked
	}
	if n.Path == "/" {
		t.root.Mode, t.root.UID, t.root.GID, t.root.ModTime, t.root.Xattrs, t.root.Layer = n.Mode, n.UID, n.GID, n.ModTime, n.Xattrs, layer
		return
	}
	parent := t.mkdirs(path.Dir(n.Path), layer)
	base := path.Base(n.Path)
	if old := parent.children[base]; old != nil {
		if old.IsDir() && n.IsDir() {
			n.children = old.children
		} else {
			t.remove(parent, base, &t.Waste.Rewritten)
		}
	}
	if n.IsDir() && n.children == nil {
		n.children = map[string]*Node{}
	}
	parent.children[base] = n
}

// mkdirs gives the directory at p, making what is missing. A file or link in the
// way is replaced, as unpacking does.
func (t *Tree) mkdirs(p string, layer int) *Node {
	dir := t.root
	if p == "/" {
		return dir
	}
	for part := range strings.SplitSeq(p[1:], "/") {
		next := dir.children[part]
		if next == nil || !next.IsDir() {
			next = newDir(path.Join(dir.Path, part), layer)
			dir.children[part] = next
		}
		dir = next
	}
	return dir
}

func (t *Tree) remove(parent *Node, name string, waste *int64) {
	n := parent.children[name]
	if n == nil {
		return
	}
	walk(n, func(x *Node) bool {
		if x.IsRegular() && x.HardTo == "" {
			*waste += x.Size
		}
		return true
	})
	delete(parent.children, name)
}

// at is the node at a clean absolute path, links not followed.
func (t *Tree) at(p string) *Node {
	n := t.root
	if p == "/" {
		return n
	}
	for part := range strings.SplitSeq(p[1:], "/") {
		if n = n.children[part]; n == nil {
			return nil
		}
	}
	return n
}

// Lookup is the node at a path, nil when there is none. Links on the way to it are
// followed, the node itself may be a link.
func (t *Tree) Lookup(p string) *Node {
	p = path.Clean("/" + p)
	if n := t.at(p); n != nil {
		return n
	}
	dir := t.Resolve(path.Dir(p))
	if dir == nil || !dir.IsDir() {
		return nil
	}
	return dir.children[path.Base(p)]
}

// maxLinks is how many symbolic links a look-up follows, as Linux does.
const maxLinks = 40

// Resolve follows every link in a path inside the image, as the kernel would with
// the image as root. It is nil when the path leads nowhere or in circles.
func (t *Tree) Resolve(p string) *Node {
	rest := strings.Split(strings.TrimPrefix(path.Clean("/"+p), "/"), "/")
	stack := []*Node{t.root}
	links := 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
			continue
		}
		n := stack[len(stack)-1].children[part]
		if n == nil {
			return nil
		}
		if !n.IsLink() {
			stack = append(stack, n)
			continue
		}
		if links++; links > maxLinks {
			return nil
		}
		if strings.HasPrefix(n.Link, "/") {
			stack = stack[:1]
		}
		rest = append(strings.Split(n.Link, "/"), rest...)
	}
	return stack[len(stack)-1]
}

// Walk visits every node below the root in order of path, directories before what
// they hold. A visitor that returns false leaves a directory out.
func (t *Tree) Walk(visit func(*Node) bool) { walk(t.root, visit) }

func walk(n *Node, visit func(*Node) bool) {
	if n.Path != "/" && !visit(n) {
		return
	}
	for _, c := range n.sorted() {
		walk(c, visit)
	}
}

func (n *Node) sorted() []*Node {
	list := make([]*Node, 0, len(n.children))
	for _, c := range n.children {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *Node) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// Children are the entries of a directory, sorted by name.
func (t *Tree) Children(dir *Node) []*Node { return dir.sorted() }

// Empty tells whether a directory holds nothing.
func (n *Node) Empty() bool { return len(n.children) == 0 }

// Unpacked is the sum of the layers' tars: what a node stores.
func (t *Tree) Unpacked() int64 {
	var n int64
	for _, l := range t.Layers {
		n += l.Unpacked
	}
	return n
}

// ErrNotKept is a file whose content was not kept while the layers were read.
var ErrNotKept = errors.New("content not kept")

// ReadFile is the content of a small file that the tree keeps: account and
// package databases, scripts, manifests. Links are followed.
func (t *Tree) ReadFile(p string) ([]byte, error) {
	n := t.Resolve(p)
	switch {
	case n == nil || !n.IsRegular():
		return nil, fmt.Errorf("%s: %w", p, fs.ErrNotExist)
	case n.content == nil && n.Size > 0:
		return nil, fmt.Errorf("%s: %w", p, ErrNotKept)
	}
	return n.content, nil
}
