package image

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// ErrNotKept is a file whose content was not kept while the layers were read.
var ErrNotKept = errors.New("content not kept")

// ReadFile is the content of a small file that the tree keeps: account and
// package databases, scripts, manifests. Links are followed. It reads no layer;
// Read does, for any file.
func (t *Tree) ReadFile(p string) ([]byte, error) {
	n, err := t.regular(p)
	if err != nil {
		return nil, err
	}
	if n.content == nil && n.Size > 0 {
		return nil, fmt.Errorf("%s: %w", p, ErrNotKept)
	}
	return n.content, nil
}

func (t *Tree) regular(p string) (*Node, error) {
	n := t.Resolve(p)
	if n == nil || !n.IsRegular() {
		return nil, fmt.Errorf("%s: %w", p, fs.ErrNotExist)
	}
	return n, nil
}

// Read is the content of any file, at most limit bytes of it: from memory when it
// was kept, else by reading its layer up to there. For many files use ReadMany.
func (t *Tree) Read(ctx context.Context, p string, limit int64) ([]byte, error) {
	n, err := t.regular(p)
	if err != nil {
		return nil, err
	}
	if n.content != nil || n.Size == 0 {
		return n.content[:min(limit, n.Size)], nil
	}
	var found []byte
	err = t.ReadMany(ctx, func(m *Node) bool { return m == n }, func(_ *Node, r io.Reader) error {
		found, err = io.ReadAll(io.LimitReader(r, limit))
		return err
	})
	return found, err
}

// Open reads a file as a stream. The last Read fails when the content is not what
// the tree was made of.
func (t *Tree) Open(ctx context.Context, p string) (io.ReadCloser, error) {
	n, err := t.regular(p)
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() {
		w.CloseWithError(t.ReadMany(ctx, func(m *Node) bool { return m == n }, func(_ *Node, content io.Reader) error {
			_, err := io.Copy(w, content)
			return err
		}))
	}()
	return r, nil
}

// ReadMany reads the files that match, each layer at most once and only as far as
// needed. Hard links are one file, visited by the name that is no link to another.
// visit is called from one goroutine, in order of layers and of records in them;
// what it leaves unread is skipped. Its error ends the reading.
func (t *Tree) ReadMany(ctx context.Context, match func(*Node) bool, visit func(*Node, io.Reader) error) error {
	byLayer := make([]map[int]*Node, len(t.Layers))
	t.Walk(func(n *Node) bool {
		if n.data == nil || !match(n) {
			return true
		}
		if byLayer[n.data.layer] == nil {
			byLayer[n.data.layer] = map[int]*Node{}
		}
		if have := byLayer[n.data.layer][n.data.ordinal]; have == nil || n.HardTo == "" {
			byLayer[n.data.layer][n.data.ordinal] = n
		}
		return true
	})
	for i, wanted := range byLayer {
		if len(wanted) == 0 {
			continue
		}
		if err := t.readSome(ctx, i, wanted, visit); err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	return nil
}

// readSome reads records of one layer, by ordinal.
func (t *Tree) readSome(ctx context.Context, layer int, wanted map[int]*Node, visit func(*Node, io.Reader) error) error {
	s, err := t.image.Layers[layer].unpack(ctx, Limits{}.bytes())
	if err != nil {
		return err
	}
	defer s.Close()
	s.sum = nil // every file that is read is compared with its own digest
	tr := tar.NewReader(s)
	for ordinal := 0; len(wanted) > 0; ordinal++ {
		if _, err := tr.Next(); err != nil {
			return fmt.Errorf("the layer changed since it was read: %w", err)
		}
		n := wanted[ordinal]
		if n == nil {
			continue
		}
		delete(wanted, ordinal)
		if err := visit(n, &checked{r: tr, n: n, sum: sha256.New()}); err != nil {
			return fmt.Errorf("%s: %w", n.Path, err)
		}
	}
	return nil
}

// checked compares a file's content with its digest at the end.
type checked struct {
	r   io.Reader
	n   *Node
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	_, _ = c.sum.Write(p[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) && !bytes.Equal(c.sum.Sum(nil), c.n.Digest[:]) {
		err = errors.New("content changed since the layer was read")
	}
	return n, err
}
