package image

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// A Tree is the merged view of an image's layers: what a container sees. It is
// read-only once made and may be shared between goroutines.
type Tree struct {
	Layers []LayerTotal // by position
	Waste  Waste
	Hidden []Hidden // the files that make up Waste
	Faults []string // what no unpacker could do as the layers say; at most 100

	root  *Node
	image *Image
}

// LayerTotal is what one layer holds.
type LayerTotal struct {
	Unpacked int64 // bytes of the tar
	Content  int64 // of that, bytes of files; the rest is headers and padding
	Files    int   // records, directories and links included
}

// Tree reads every layer once and merges them.
func (im *Image) Tree(ctx context.Context) (*Tree, error) { return im.TreeWithin(ctx, Limits{}) }

// TreeWithin is Tree with limits of one's own.
func (im *Image) TreeWithin(ctx context.Context, limits Limits) (*Tree, error) {
	read, err := im.readLayers(ctx, limits)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	t := &Tree{root: newDir("/", 0), image: im}
	m := &merger{t: t, limits: limits}
	for i, files := range read {
		read[i] = nil
		if err := m.apply(files); err != nil {
			return nil, fmt.Errorf("image: layer %d: %w", i+1, err)
		}
	}
	t.nameLinks()
	return t, nil
}

// readLayers reads the layers side by side, the largest first.
func (im *Image) readLayers(ctx context.Context, limits Limits) ([]*layerFiles, error) {
	order := make([]int, len(im.Layers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(max(im.Layers[b].Pulled-im.Layers[a].Pulled, -1), 1)) })
	read := make([]*layerFiles, len(im.Layers))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(min(runtime.GOMAXPROCS(0), 4))
	for _, i := range order {
		group.Go(func() (err error) {
			read[i], err = im.Layers[i].read(ctx, i, limits)
			return err
		})
	}
	return read, group.Wait()
}

// nameLinks makes the first name by path the one that the others are links to,
// whatever order the layers had.
func (t *Tree) nameLinks() {
	first := map[*data]string{}
	t.Walk(func(n *Node) bool {
		if n.data == nil || n.data.names < 2 {
			return true
		}
		if name, ok := first[n.data]; ok {
			n.HardTo = name
		} else {
			first[n.data] = n.Path
		}
		return true
	})
}

func (t *Tree) fault(what string) {
	if len(t.Faults) < 100 {
		t.Faults = append(t.Faults, what)
	}
}

// Walk visits every node below the root, directories before what they hold and
// names in order. A visitor that returns false leaves a directory out.
func (t *Tree) Walk(visit func(*Node) bool) {
	for _, c := range t.root.sorted() {
		walk(c, visit)
	}
}

// Root is the root directory.
func (t *Tree) Root() *Node { return t.root }

// Children are the entries of a directory, sorted by name.
func (t *Tree) Children(dir *Node) []*Node { return dir.sorted() }

// Unpacked is the sum of the layers' tars: what a node stores.
func (t *Tree) Unpacked() int64 {
	var n int64
	for _, l := range t.Layers {
		n += l.Unpacked
	}
	return n
}

// Live is the bytes of the files that a container sees, hard links counted once.
func (t *Tree) Live() int64 {
	var total int64
	t.Walk(func(n *Node) bool {
		if n.IsRegular() && n.HardTo == "" {
			total += n.Size
		}
		return true
	})
	return total
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

// Resolve follows every link in a path inside the image, as the kernel would with
// the image as root. It is nil when the path leads nowhere or in circles.
func (t *Tree) Resolve(p string) *Node {
	n, _ := t.follow(p)
	return n
}

// maxLinks is how many symbolic links a look-up follows, as Linux does.
const maxLinks = 40

// follow resolves a path and lists the links met: the names that have to exist
// for it to lead anywhere.
func (t *Tree) follow(p string) (at *Node, links []string) {
	rest := strings.Split(p, "/")
	stack := []*Node{t.root}
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			stack = stack[:max(len(stack)-1, 1)]
			continue
		}
		n := stack[len(stack)-1].children[part]
		if n == nil {
			return nil, links
		}
		if !n.IsLink() {
			stack = append(stack, n)
			continue
		}
		if len(links) == maxLinks {
			return nil, links
		}
		links = append(links, n.Path)
		if strings.HasPrefix(n.Link, "/") {
			stack = stack[:1]
		}
		rest = append(strings.Split(n.Link, "/"), rest...)
	}
	return stack[len(stack)-1], links
}
