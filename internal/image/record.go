package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// layerFiles is one layer as read: its records in order and its size.
type layerFiles struct {
	records  []record
	unpacked int64 // bytes of the tar
	content  int64 // of that, bytes of files
}

// A record is one thing that a layer does to the tree.
type record struct {
	act    act
	node   *Node  // what is put; nil for whiteouts
	path   string // what a whiteout hides
	target string // of a hard link
}

type act uint8

const (
	put    act = iota
	link       // a hard link
	remove     // a whiteout: hide one path of the layers below
	opaque     // an opaque whiteout: hide what the layers below have in a directory
)

// read streams the layer once, verifying its digests.
func (l Layer) read(ctx context.Context, position int, limits Limits) (*layerFiles, error) {
	s, err := l.unpack(ctx, limits.bytes())
	if err != nil {
		return nil, fmt.Errorf("layer %d: %w", position+1, err)
	}
	defer s.Close()
	files, err := readRecords(s, position, limits)
	if err == nil {
		err = s.verify(l.DiffID)
	}
	if err != nil {
		return nil, fmt.Errorf("layer %d: %w", position+1, err)
	}
	files.unpacked = s.n
	return files, nil
}

func readRecords(r io.Reader, position int, limits Limits) (*layerFiles, error) {
	files := &layerFiles{}
	catch := newCatcher()
	tr := tar.NewReader(r)
	for ordinal := 0; ; ordinal++ {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if ordinal >= limits.entries() {
			return nil, tooManyEntries(limits.entries())
		}
		rec, ok, err := newRecord(h)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if n := rec.node; n != nil {
			n.Layer = position
			if n.IsRegular() && rec.act == put {
				if files.content += n.Size; files.content > limits.bytes() {
					return nil, tooManyBytes(limits.bytes()) // a sparse file may claim any size
				}
				n.data = &data{layer: position, ordinal: ordinal, names: 1}
				if err := catch.file(n, tr); err != nil {
					return nil, fmt.Errorf("%s: %w", n.Path, err)
				}
			}
		}
		files.records = append(files.records, rec)
	}
}

// Whiteout names of the OCI image specification (layer.md), and of AUFS before it.
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	aufsPrefix     = ".wh..wh."
	aufsLinks      = "/.wh..wh.plnk" // where AUFS keeps the data of hard links
)

// newRecord turns a tar header into a record; ok is false for headers that are no
// file. Names are made absolute and clean, so that ".." cannot leave the tree.
func newRecord(h *tar.Header) (rec record, ok bool, err error) {
	if len(h.Name) > maxName || len(h.Linkname) > maxName {
		return rec, false, fmt.Errorf("name or link of more than %d bytes", maxName)
	}
	name := path.Clean("/" + h.Name)
	dir, base := path.Split(name)
	switch {
	case name == aufsLinks || strings.HasPrefix(name, aufsLinks+"/"):
	case base == opaqueName:
		return record{act: opaque, path: path.Clean(dir)}, true, nil
	case strings.HasPrefix(base, aufsPrefix):
		return rec, false, nil
	case strings.HasPrefix(base, whiteoutPrefix):
		hidden := base[len(whiteoutPrefix):]
		if hidden == "" || hidden == "." || hidden == ".." {
			return rec, false, fmt.Errorf("whiteout %q names no file", h.Name)
		}
		return record{act: remove, path: dir + hidden}, true, nil
	}
	return fileRecord(h, name)
}

func fileRecord(h *tar.Header, name string) (rec record, ok bool, err error) {
	n := &Node{
		Path: name, Type: h.Typeflag, Mode: uint32(h.Mode) & 0o7777, UID: h.Uid, GID: h.Gid, ModTime: h.ModTime, Xattrs: xattrs(h),
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		n.Type, n.Size = tar.TypeReg, h.Size
	case tar.TypeDir, tar.TypeFifo:
	case tar.TypeChar, tar.TypeBlock:
		n.Major, n.Minor = h.Devmajor, h.Devminor
	case tar.TypeSymlink:
		n.Link = h.Linkname
	case tar.TypeLink:
		return record{act: link, node: n, target: path.Clean("/" + h.Linkname)}, true, nil
	default:
		return rec, false, nil
	}
	return record{node: n}, true, nil
}

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
