package image

import (
	"archive/tar"
	"path"
	"time"
)

// A Node is one entry of the merged tree.
type Node struct {
	Path    string // absolute, clean
	Type    byte   // tar's: tar.TypeReg, TypeDir, TypeSymlink, TypeChar, TypeBlock, TypeFifo
	Mode    uint32 // permission bits with setuid (04000), setgid (02000) and sticky (01000)
	UID     int
	GID     int
	Size    int64
	Link    string            // target of a symbolic link, as stored
	Xattrs  map[string]string // "security.capability" and others; nil when there are none
	Major   int64             // of a device
	Minor   int64
	ModTime time.Time
	Layer   int      // position of the layer that wrote it last
	Digest  [32]byte // SHA-256 of a regular file's content
	HardTo  string   // the first name of the same file when this is a hard link
	ELF     *ELF     // facts of an ELF file, nil for others
	Shebang string   // interpreter line of a script without "#!", "" for others

	content  []byte // small files that analyses read
	children map[string]*Node
}

// IsDir tells whether the node is a directory.
func (n *Node) IsDir() bool { return n.Type == tar.TypeDir }

// IsRegular tells whether the node is a regular file.
func (n *Node) IsRegular() bool { return n.Type == tar.TypeReg }

// IsLink tells whether the node is a symbolic link.
func (n *Node) IsLink() bool { return n.Type == tar.TypeSymlink }

// Executable tells whether the node is a regular file that somebody may execute.
func (n *Node) Executable() bool { return n.IsRegular() && n.Mode&0o111 != 0 }

// Name is the last element of the path.
func (n *Node) Name() string { return path.Base(n.Path) }
