package image

import (
	"archive/tar"
	"path"
	"strings"
)

// merger puts layers on top of each other as an overlay file system shows them
// after containerd has unpacked them (containerd's pkg/archive, applyNaive).
type merger struct {
	t       *Tree
	layer   int
	implied int // directories that no record names
	limits  Limits
}

// apply puts the next layer on top. Whiteouts act on what the layers below have,
// so they come first.
func (m *merger) apply(files *layerFiles) error {
	m.layer = len(m.t.Layers)
	for _, r := range files.records {
		switch r.act {
		case opaque:
			m.clear(r.path)
		case remove:
			m.hide(r.path)
		}
	}
	count := 0
	for _, r := range files.records {
		if r.act != put && r.act != link {
			continue
		}
		count++
		if err := m.put(r); err != nil {
			return err
		}
	}
	m.hide(aufsLinks)
	m.t.Layers = append(m.t.Layers, LayerTotal{Unpacked: files.unpacked, Content: files.content, Files: count})
	return nil
}

func (m *merger) clear(dir string) {
	d := m.t.at(dir)
	if d == nil {
		return
	}
	for name := range d.children {
		m.drop(d, name, nil)
	}
}

func (m *merger) hide(p string) {
	dir, base := path.Split(p)
	if d := m.t.at(path.Clean(dir)); d != nil {
		m.drop(d, base, nil)
	}
}

func (m *merger) put(r record) error {
	n := r.node
	if n.Path == "/" {
		m.t.root.describe(n)
		return nil
	}
	parent, err := m.parent(n)
	if err != nil {
		return err
	}
	if r.act == link {
		if n = m.linked(r); n == nil {
			return nil
		}
	}
	base := path.Base(n.Path)
	if old := parent.children[base]; old != nil {
		if old.IsDir() && n.IsDir() {
			n.children = old.children
		} else {
			m.drop(parent, base, n)
		}
	}
	if n.IsDir() && n.children == nil {
		n.children = map[string]*Node{}
	}
	parent.children[base] = n
	return nil
}

// describe takes over what a layer says of the root directory.
func (n *Node) describe(as *Node) {
	n.Mode, n.UID, n.GID, n.ModTime, n.Xattrs, n.Layer = as.Mode, as.UID, as.GID, as.ModTime, as.Xattrs, as.Layer
}

// linked is another name for the target of a hard link; nil when there is none or
// it is the same name.
func (m *merger) linked(r record) *Node {
	first := m.t.Lookup(r.target)
	if first == nil || first.IsDir() {
		m.t.fault(r.node.Path + ": hard link to " + r.target + ", which is not there")
		return nil
	}
	if first.Path == r.node.Path {
		return nil
	}
	n := *first
	n.Path, n.Layer = r.node.Path, m.layer
	if n.data != nil {
		n.data.names++
	}
	return &n
}

// parent is the directory that n goes into, made when it is missing. A link of
// the same layer on the way is followed and n gets its real path; a link or file
// of a layer below is replaced by a directory, as an overlay does.
func (m *merger) parent(n *Node) (*Node, error) {
	dir := m.t.root
	for at := 1; ; {
		slash := strings.IndexByte(n.Path[at:], '/')
		if slash < 0 {
			if dir.Path != path.Dir(n.Path) {
				n.Path = path.Join(dir.Path, path.Base(n.Path))
			}
			return dir, nil
		}
		next, err := m.enter(dir, n.Path[at:at+slash], n.Path[:at+slash])
		if err != nil {
			return nil, err
		}
		dir = next
		at += slash + 1
	}
}

// enter is the directory called name in dir. spelled is its path in the record,
// which serves without a copy when no link was followed.
func (m *merger) enter(dir *Node, name, spelled string) (*Node, error) {
	next := dir.children[name]
	if next != nil && next.IsLink() && next.Layer == m.layer {
		if to := m.t.Resolve(next.Path); to != nil {
			next = to
		}
	}
	if next != nil && next.IsDir() {
		return next, nil
	}
	if m.implied++; m.implied > m.limits.entries() {
		return nil, tooManyEntries(m.limits.entries())
	}
	if path.Dir(spelled) != dir.Path {
		spelled = path.Join(dir.Path, name)
	}
	made := newDir(spelled, m.layer)
	if next != nil {
		m.drop(dir, name, made)
	}
	dir.children[name] = made
	return made, nil
}

func newDir(p string, layer int) *Node {
	return &Node{Path: p, Type: tar.TypeDir, Mode: 0o755, Layer: layer, children: map[string]*Node{}}
}

// drop takes a name out of the tree; by is what replaces it, nil when nothing
// does. Bytes that lose their last name are waste.
func (m *merger) drop(parent *Node, name string, by *Node) {
	n := parent.children[name]
	if n == nil {
		return
	}
	delete(parent.children, name)
	walk(n, func(x *Node) bool {
		if x.data != nil {
			if x.data.names--; x.data.names == 0 {
				m.t.hide(x, by, m.layer)
			}
		}
		return true
	})
}
