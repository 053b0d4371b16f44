package verify

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"path"

	"github.com/careenhq/careen/internal/image"
)

// A packedFile is a file by its name and its bytes, wherever it lies.
type packedFile struct {
	base   string
	digest [sha256.Size]byte
}

// pack finds which files of the project that are gone lie, byte for byte, inside an
// archive of the new image: an archive that was packed from a directory names all of
// that directory's files, and opens none of them.
func (c *comparison) pack(ctx context.Context) error {
	gone := map[string]bool{}
	for _, change := range c.changes {
		if change.Kind == image.Removed && change.Old.IsRegular() && c.old.own(change.Old) {
			gone[change.Old.Name()] = true
		}
	}
	c.packed = map[packedFile]bool{}
	if len(gone) == 0 {
		return nil
	}
	match := func(n *image.Node) bool {
		return n.IsRegular() && isArchive(n.Path) && n.Size <= maxArchive && c.new.own(n)
	}
	left := int64(maxUnpacked)
	return c.new.tree.ReadMany(ctx, match, func(_ *image.Node, r io.Reader) error {
		content, err := io.ReadAll(r)
		c.unpackNamed(content, gone, &left)
		return err
	})
}

// unpackNamed notes the members of an archive that have one of the names. What is no
// archive, or beyond the bounds, holds none.
func (c *comparison) unpackNamed(content []byte, names map[string]bool, left *int64) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(archive.File) > maxMembers {
		return
	}
	for _, file := range archive.File {
		if base := path.Base(file.Name); names[base] {
			body, ok := unpack(file, left)
			if !ok {
				return
			}
			c.packed[packedFile{base, sha256.Sum256(body)}] = true
		}
	}
}
