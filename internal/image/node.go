package image

import (
	"archive/tar"
	"path"
	"slices"
	"strings"
	"time"
)

// A Node is one entry of the merged tree.
type Node struct {
	Path    string // absolute, clean
	Type    byte   // tar's: tar.TypeReg, TypeDir, TypeSymlink, TypeChar, TypeBlock, TypeFifo
	Mode    uint32 // permission bits with setuid (04000), setgid (02000) and sticky (01000)
	UID     int
	GID     int
	Size    int64             // of a regular file
	Link    string            // target of a symbolic link, as stored
	Xattrs  map[string]string // "security.capability" and others; nil when there are none
	Major   int64             // of a device
	Minor   int64
	ModTime time.Time
	Layer   int      // position of the layer that wrote it last
	Digest  [32]byte // SHA-256 of a regular file's content
	HardTo  string   // the first name, by path, of the same file; "" for that name itself
	ELF     *ELF     // facts of an ELF file, nil for others
	Shebang string   // first line of a script without "#!", "" for others

	data     *data  // of a regular file, shared by its hard links
	content  []byte // of a small file that analyses read
	children map[string]*Node
}

// data is where the bytes of a file are.
type data struct {
	layer   int
	ordinal int // of the tar record in the layer
	names   int // in the merged tree
}

// IsDir tells whether the node is a directory.
func (n *Node) IsDir() bool { return n.Type == tar.TypeDir }

// IsRegular tells whether the node is a regular file.
func (n *Node) IsRegular() bool { return n.Type == tar.TypeReg }

// IsLink tells whether the node is a symbolic link.
func (n *Node) IsLink() bool { return n.Type == tar.TypeSymlink }

// Executable tells whether the node is a regular file that somebody may execute.
func (n *Node) Executable() bool { return n.IsRegular() && n.Mode&0o111 != 0 }

// Names is how many names a regular file has: more than one with hard links.
func (n *Node) Names() int {
	if n.data == nil {
		return 1
	}
	return n.data.names
}

// Carrier is the position of the layer that holds a regular file's bytes: with hard
// links across layers, another one than Layer. Of anything else it is Layer.
func (n *Node) Carrier() int {
	if n.data == nil {
		return n.Layer
	}
	return n.data.layer
}

// Name is the last element of the path.
func (n *Node) Name() string { return path.Base(n.Path) }

// Empty tells whether a directory holds nothing.
func (n *Node) Empty() bool { return len(n.children) == 0 }

func (n *Node) sorted() []*Node {
	list := make([]*Node, 0, len(n.children))
	for _, c := range n.children {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *Node) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// walk visits a node and what is below it, in order of path by directory.
func walk(n *Node, visit func(*Node) bool) {
	if !visit(n) {
		return
	}
	for _, c := range n.sorted() {
		walk(c, visit)
	}
}
