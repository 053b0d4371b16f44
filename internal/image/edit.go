package image

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// An Edit is a change of an image that is made without a build: of its
// configuration, and of its files by one more layer.
type Edit struct {
	Config func(*v1.Config) // nil: as it is
	Remove []string         // paths that a whiteout hides, with everything below them
	Put    []Write          // what is written over them, in this order
}

// A Write is one path that an Edit writes. Its parents are those of the image.
type Write struct {
	Node Node   // Path, Type, Mode, UID, GID, Link, Xattrs and device numbers count
	Body []byte // of a regular file
}

// Edited is the image and the tree after an edit. The tree that it is called on
// stays as it is; layers are shared, not read again.
func (t *Tree) Edited(ctx context.Context, e Edit) (*Image, *Tree, error) {
	im := t.image.clone()
	if e.Config != nil {
		e.Config(&im.Config.Config)
	}
	after := t.clone(im)
	if len(e.Remove)+len(e.Put) == 0 {
		return im, after, nil
	}
	layer, err := e.layer()
	if err != nil {
		return nil, nil, fmt.Errorf("edit: %w", err)
	}
	if err := im.append(layer); err != nil {
		return nil, nil, fmt.Errorf("edit: %w", err)
	}
	files, err := layer.read(ctx, len(im.Layers)-1, Limits{})
	if err != nil {
		return nil, nil, fmt.Errorf("edit: %w", err)
	}
	m := &merger{t: after}
	if err := m.apply(files); err != nil {
		return nil, nil, fmt.Errorf("edit: %w", err)
	}
	after.nameLinks()
	return im, after, nil
}

func (im *Image) clone() *Image {
	c := *im
	c.Config = *im.Config.DeepCopy()
	c.Layers = append([]Layer(nil), im.Layers...)
	c.Manifest, c.Digest = nil, ""
	return &c
}

func (im *Image) append(l Layer) error {
	id, err := v1.NewHash(l.DiffID)
	if err != nil {
		return err
	}
	im.Layers = append(im.Layers, l)
	im.Config.RootFS.DiffIDs = append(im.Config.RootFS.DiffIDs, id)
	im.Config.History = append(im.Config.History, v1.History{CreatedBy: "edit"})
	return nil
}

// clone copies every node, so that a layer can be put on top of the copy.
func (t *Tree) clone(im *Image) *Tree {
	c := *t
	c.image = im
	c.Layers = append([]LayerTotal(nil), t.Layers...)
	c.Hidden = append([]Hidden(nil), t.Hidden...)
	c.Faults = append([]string(nil), t.Faults...)
	c.root = t.root.clone(map[*data]*data{})
	return &c
}

func (n *Node) clone(seen map[*data]*data) *Node {
	c := *n
	if n.data != nil {
		if seen[n.data] == nil {
			d := *n.data
			seen[n.data] = &d
		}
		c.data = seen[n.data]
	}
	if n.children != nil {
		c.children = make(map[string]*Node, len(n.children))
		for name, child := range n.children {
			c.children[name] = child.clone(seen)
		}
	}
	return &c
}

// layer writes the edit's files as a layer in memory.
func (e Edit) layer() (Layer, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, p := range e.Remove {
		dir, base := path.Split(strings.TrimPrefix(path.Clean(p), "/"))
		if err := w.WriteHeader(&tar.Header{Name: dir + whiteoutPrefix + base, Typeflag: tar.TypeReg, Mode: 0o644}); err != nil {
			return Layer{}, err
		}
	}
	for _, p := range e.Put {
		if err := p.write(w); err != nil {
			return Layer{}, err
		}
	}
	if err := w.Close(); err != nil {
		return Layer{}, err
	}
	sum := sha256.Sum256(buf.Bytes())
	id := "sha256:" + hex.EncodeToString(sum[:])
	return Layer{Digest: id, DiffID: id, Pulled: int64(buf.Len()), MediaType: string(types.OCIUncompressedLayer),
		open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil }}, nil
}

func (p Write) write(w *tar.Writer) error {
	n := p.Node
	h := &tar.Header{
		Name: strings.TrimPrefix(n.Path, "/"), Typeflag: n.Type, Mode: int64(n.Mode), Uid: n.UID, Gid: n.GID,
		Linkname: n.Link, Devmajor: n.Major, Devminor: n.Minor, ModTime: n.ModTime, Format: tar.FormatPAX,
	}
	if n.IsRegular() {
		h.Size = int64(len(p.Body))
	}
	if n.IsDir() {
		h.Name += "/"
	}
	for name, value := range n.Xattrs {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords[xattrPrefix+name] = value
	}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	if !n.IsRegular() {
		return nil
	}
	_, err := w.Write(p.Body)
	return err
}
