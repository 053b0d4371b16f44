package image

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
	"strings"
)

// What is kept of one layer, in bytes. A file beyond is read on demand.
const (
	maxScript    = 64 << 10 // of one script or small program text
	maxScripts   = 8 << 20
	maxDatabases = 96 << 20 // files that wanted names
)

// A catcher reads the content of one layer's files: each once, whatever is asked
// of it. Its buffers serve one file after the other.
type catcher struct {
	sum       hash.Hash
	buf       []byte
	elf       window
	scripts   int64 // bytes kept so far
	databases int64
}

func newCatcher() *catcher {
	return &catcher{sum: sha256.New(), buf: make([]byte, 128<<10)}
}

// file reads a regular file: hash, ELF facts, first line, and the whole content of
// small files that analyses read.
func (c *catcher) file(n *Node, r io.Reader) error {
	c.sum.Reset()
	head, err := c.head(r, n.Size)
	if err != nil {
		return err
	}
	rest := io.MultiReader(bytes.NewReader(head), r)
	if bytes.HasPrefix(head, elfMagic) {
		err = c.program(n, rest)
	} else {
		err = c.text(n, head, rest)
	}
	if err != nil {
		return err
	}
	c.sum.Sum(n.Digest[:0])
	return nil
}

// headSize is enough to tell what a file is, and for a "#!" line: the kernel reads
// 256 bytes of it.
const headSize = 256

func (c *catcher) head(r io.Reader, size int64) ([]byte, error) {
	head := make([]byte, min(size, headSize))
	_, err := io.ReadFull(r, head)
	return head, err
}

func (c *catcher) program(n *Node, r io.Reader) error {
	if err := c.elf.read(r, n.Size, c.sum, c.buf); err != nil {
		return err
	}
	n.ELF = readELF(&c.elf)
	return nil
}

func (c *catcher) text(n *Node, head []byte, r io.Reader) error {
	if line, ok := strings.CutPrefix(string(head), "#!"); ok {
		line, _, _ = strings.Cut(line, "\n")
		n.Shebang = strings.TrimSpace(line)
	}
	if !c.keeps(n, head) {
		return hashAll(c.sum, r, c.buf)
	}
	kept := bytes.NewBuffer(make([]byte, 0, n.Size+bytes.MinRead))
	if err := hashAll(io.MultiWriter(c.sum, kept), r, c.buf); err != nil {
		return err
	}
	n.content = kept.Bytes()
	return nil
}

// keeps tells whether the content is kept: databases that analyses read, and
// scripts, which may lack a "#!" line when a shell starts them.
func (c *catcher) keeps(n *Node, head []byte) bool {
	if n.Size <= wanted(n.Path) && c.databases+n.Size <= maxDatabases {
		c.databases += n.Size
		return true
	}
	script := n.Shebang != "" || n.Executable() && bytes.IndexByte(head, 0) < 0
	if script && n.Size <= maxScript && c.scripts+n.Size <= maxScripts {
		c.scripts += n.Size
		return true
	}
	return false
}

func hashAll(w io.Writer, r io.Reader, buf []byte) error {
	_, err := io.CopyBuffer(onlyWriter{w}, onlyReader{r}, buf)
	return err
}

// onlyReader and onlyWriter hide WriterTo and ReaderFrom, so that io.CopyBuffer
// uses the buffer.
type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }
