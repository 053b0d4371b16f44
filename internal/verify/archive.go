package verify

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// Bounds of what is unpacked to compare archives: beyond them two archives with
// other bytes are taken for different.
const (
	maxArchive  = 128 << 20 // bytes of one archive
	maxUnpacked = 512 << 20 // bytes of what is in it
	maxMembers  = 1 << 17
	maxNesting  = 2 // archives inside archives
)

// isArchive tells a zip archive that a build packs, and dates, anew.
func isArchive(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".jar", ".war", ".ear", ".zip", ".whl", ".egg":
		return true
	}
	return false
}

// archives reads the changed archives: what each holds, dates left out.
func (s *side) archives(ctx context.Context, changes []image.Change) (map[string]string, error) {
	wanted := map[string]bool{}
	for _, change := range changes {
		if isArchive(change.Path) && max(change.Old.Size, change.New.Size) <= maxArchive {
			wanted[change.Path] = true
		}
	}
	outlines := map[string]string{}
	if len(wanted) == 0 {
		return outlines, nil
	}
	match := func(n *image.Node) bool { return wanted[n.Path] && n.IsRegular() }
	err := s.tree.ReadMany(ctx, match, func(n *image.Node, r io.Reader) error {
		content, err := io.ReadAll(r)
		left := int64(maxUnpacked)
		outlines[n.Path] = outline(content, 0, &left)
		return err
	})
	return outlines, err
}

// outline lists what an archive holds in a form that is equal for two archives that
// differ in nothing but dates and the order of their members; "" when it is no
// archive or beyond the bounds.
func outline(content []byte, depth int, left *int64) string {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(archive.File) > maxMembers {
		return ""
	}
	// What stands before the first member may be a script that starts the archive.
	before, _, _ := bytes.Cut(content, []byte("PK\x03\x04"))
	lines := []string{fmt.Sprintf("%x %q", sha256.Sum256(before), archive.Comment)}
	members := slices.Clone(archive.File)
	slices.SortStableFunc(members, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	for _, member := range members {
		body, ok := unpack(member, left)
		if !ok {
			return ""
		}
		lines = append(lines, fmt.Sprintf("%q %d %x %x", member.Name, member.Method, member.ExternalAttrs, meaning(member.Name, body, depth, left)))
	}
	return strings.Join(lines, "\n")
}

// meaning hashes a member without the dates in it.
func meaning(name string, body []byte, depth int, left *int64) [sha256.Size]byte {
	if isArchive(name) && depth < maxNesting {
		if inner := outline(body, depth+1, left); inner != "" {
			return sha256.Sum256([]byte(inner))
		}
	}
	if len(body) <= maxCompared && bytes.IndexByte(body, 0) < 0 {
		return sha256.Sum256([]byte(normalise(string(body))))
	}
	return sha256.Sum256(body)
}

func unpack(member *zip.File, left *int64) ([]byte, bool) {
	r, err := member.Open()
	if err != nil {
		return nil, false
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, *left+1))
	*left -= int64(len(body))
	return body, err == nil && *left >= 0
}
