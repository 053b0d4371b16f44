package image

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Limits bound what an untrusted layer may make the reader do. Zero fields mean
// the defaults.
type Limits struct {
	Bytes   int64 // unpacked bytes of one layer; default 64 GiB
	Entries int   // entries of one layer; default 5 million
}

func (l Limits) bytes() int64 {
	if l.Bytes > 0 {
		return l.Bytes
	}
	return 64 << 30
}

func (l Limits) entries() int {
	if l.Entries > 0 {
		return l.Entries
	}
	return 5_000_000
}

// ErrTooLarge is a layer beyond the limits: a decompression bomb, or a limit to raise.
var ErrTooLarge = errors.New("layer exceeds the limit")

// contents is one layer as read: its entries in order and its size.
type contents struct {
	entries  []entry
	unpacked int64
}

// An entry is one record of a layer's tar.
type entry struct {
	node   Node
	remove string // whiteout: path to remove
	opaque bool   // opaque whiteout: hide what lower layers have in node.Path
	hardTo string // hard link to this path
}

// read streams one layer, verifying its digest.
func (l Layer) read(ctx context.Context, position int, limits Limits, keep func(string) int64) (*contents, error) {
	rc, err := l.layer.Uncompressed()
	if err != nil {
		return nil, fmt.Errorf("layer %d: %w", position+1, err)
	}
	defer rc.Close()
	r := &meter{r: rc, limit: limits.bytes(), sum: sha256.New(), ctx: ctx}
	c, err := readTar(tar.NewReader(r), position, limits, keep)
	if err != nil {
		return nil, fmt.Errorf("layer %d: %w", position+1, err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, fmt.Errorf("layer %d: %w", position+1, err)
	}
	if got := (v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", r.sum.Sum(nil))}).String(); got != l.DiffID {
		return nil, fmt.Errorf("layer %d: content is %s, the configuration says %s", position+1, got, l.DiffID)
	}
	c.unpacked = r.n
	return c, nil
}

// meter counts and hashes what is read, up to a limit.
type meter struct {
	r     io.Reader
	n     int64
	limit int64
	sum   hash.Hash
	ctx   context.Context
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	m.sum.Write(p[:n])
	if m.n > m.limit {
		return n, fmt.Errorf("%w of %d bytes", ErrTooLarge, m.limit)
	}
	return n, err
}

func readTar(tr *tar.Reader, position int, limits Limits, keep func(string) int64) (*contents, error) {
	c := &contents{}
	buf := make([]byte, 64<<10)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		if len(c.entries) >= limits.entries() {
			return nil, fmt.Errorf("%w of %d entries", ErrTooLarge, limits.entries())
		}
		e, ok := newEntry(h, position)
		if !ok {
			continue
		}
		if e.node.Type == tar.TypeReg && e.remove == "" && !e.opaque && e.hardTo == "" {
			if err := capture(&e.node, tr, keep(e.node.Path), buf); err != nil {
				return nil, err
			}
		}
		c.entries = append(c.entries, e)
	}
}

// Whiteout names of the OCI image specification (layer.md).
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// newEntry turns a tar header into an entry; ok is false for records that are no
// file. Names are made absolute and clean, so that ".." cannot leave the tree.
func newEntry(h *tar.Header, position int) (entry, bool) {
	name := path.Clean("/" + h.Name)
	dir, base := path.Split(name)
	switch {
	case base == opaque:
		return entry{node: Node{Path: path.Clean(dir)}, opaque: true}, true
	case strings.HasPrefix(base, whiteout+whiteout):
		return entry{}, false // AUFS metadata
	case strings.HasPrefix(base, whiteout):
		return entry{remove: path.Join(dir, strings.TrimPrefix(base, whiteout))}, true
	}
	n := Node{
		Path: name, Type: h.Typeflag, Mode: mode(h), UID: h.Uid, GID: h.Gid, ModTime: h.ModTime, Layer: position,
		Major: h.Devmajor, Minor: h.Devminor, Xattrs: xattrs(h),
	}
	switch h.Typeflag {
	case tar.TypeReg, '\x00':
		n.Type, n.Size = tar.TypeReg, h.Size
	case tar.TypeDir, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
	case tar.TypeSymlink:
		n.Link = h.Linkname
	case tar.TypeLink:
		return entry{node: n, hardTo: path.Clean("/" + h.Linkname)}, true
	default:
		return entry{}, false
	}
	return entry{node: n}, true
}

// mode is the permission bits as chmod has them.
func mode(h *tar.Header) uint32 { return uint32(h.Mode) & 0o7777 }

// xattrPrefix is how PAX records name extended attributes.
const xattrPrefix = "SCHILY.xattr."

func xattrs(h *tar.Header) map[string]string {
	var x map[string]string
	for key, value := range h.PAXRecords {
		if name, ok := strings.CutPrefix(key, xattrPrefix); ok {
			if x == nil {
				x = map[string]string{}
			}
			x[name] = value
		}
	}
	return x
}

// maxELF bounds how much of an ELF file is held to read its dynamic section.
const maxELF = 512 << 20

// capture reads a file's content once: hash, ELF facts, first line, and the bytes
// themselves up to want.
func capture(n *Node, r io.Reader, want int64, buf []byte) error {
	sum := sha256.New()
	head := make([]byte, 4)
	got, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head = head[:got]
	rest := io.MultiReader(bytes.NewReader(head), r)
	switch {
	case string(head) == "\x7fELF" && n.Size <= maxELF:
		data := bytes.NewBuffer(make([]byte, 0, n.Size))
		if _, err := io.CopyBuffer(io.MultiWriter(sum, data), onlyReader{rest}, buf); err != nil {
			return err
		}
		n.ELF = readELF(data.Bytes())
	case strings.HasPrefix(string(head), "#!"):
		if err := captureText(n, rest, sum, max(want, maxScript), buf); err != nil {
			return err
		}
		line, _, _ := strings.Cut(string(n.content), "\n")
		n.Shebang = strings.TrimSpace(strings.TrimPrefix(line, "#!"))
	default:
		if err := captureText(n, rest, sum, want, buf); err != nil {
			return err
		}
	}
	sum.Sum(n.Digest[:0])
	return nil
}

// maxScript is how much of a script is kept.
const maxScript = 64 << 10

// onlyReader hides WriterTo, so that io.CopyBuffer uses the buffer.
type onlyReader struct{ io.Reader }

func captureText(n *Node, r io.Reader, sum hash.Hash, want int64, buf []byte) error {
	if n.Size <= want {
		data := bytes.NewBuffer(make([]byte, 0, n.Size))
		_, err := io.CopyBuffer(io.MultiWriter(sum, data), onlyReader{r}, buf)
		n.content = data.Bytes()
		return err
	}
	if want > 0 {
		data := make([]byte, want)
		got, err := io.ReadFull(r, data)
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		n.content = data[:got]
		sum.Write(n.content)
	}
	_, err := io.CopyBuffer(sum, onlyReader{r}, buf)
	return err
}
