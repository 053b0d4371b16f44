// Package parcel turns a directory tree into an index and a stream of contents, and
// back.
//
// It is what careen's binary does inside a build whose cache mounts travel, so it
// needs the standard library only. Directories, regular files and symbolic links
// are carried, with mode, owner and time of change in whole seconds, which compilers'
// caches go by; anything else is left out. The order is that of the names, so one
// tree gives the same bytes each time. How the bytes are stored is for package mounts.
package parcel

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unicode/utf8"
)

// An Entry is one path of a tree. The contents of files follow each other in the
// order of the index.
type Entry struct {
	Path string `json:"p"` // slash-separated, below the root
	Type Type   `json:"t"`
	Mode uint32 `json:"m"`           // permissions and the sticky bit
	UID  int    `json:"u,omitempty"` // as the builder sees it
	GID  int    `json:"g,omitempty"`
	Time int64  `json:"c,omitempty"` // seconds since 1970
	Size int64  `json:"s,omitempty"` // of a file
	Link string `json:"l,omitempty"` // where a symbolic link leads
}

// Type of an entry.
type Type string

// Types.
const (
	Dir     Type = "d"
	Regular Type = "f"
	Symlink Type = "l"
)

// A Sum is what a tree holds.
type Sum struct {
	Files  int   `json:"files"`
	Bytes  int64 `json:"bytes"`
	Newest int64 `json:"newest"` // time of the file changed last, seconds since 1970
}

// Pack writes the tree below a directory.
func Pack(dir string, index, data io.Writer) (Sum, error) {
	var sum Sum
	lines := bufio.NewWriter(index)
	encode := json.NewEncoder(lines)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		e, ok, err := entry(dir, name, d)
		if err != nil || !ok {
			return err
		}
		if e.Type == Regular {
			if e.Size, err = contents(name, data); err != nil {
				return err
			}
			sum.Files++
			sum.Bytes += e.Size
			sum.Newest = max(sum.Newest, e.Time)
		}
		return encode.Encode(e)
	})
	if err != nil {
		return sum, fmt.Errorf("pack: %w", err)
	}
	return sum, lines.Flush()
}

func entry(dir, name string, d fs.DirEntry) (e Entry, ok bool, err error) {
	info, err := d.Info()
	if err != nil {
		return e, false, err
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil {
		return e, false, err
	}
	e = Entry{Path: filepath.ToSlash(rel), Mode: uint32(info.Mode().Perm()), Time: info.ModTime().Unix()}
	if info.Mode()&fs.ModeSticky != 0 {
		e.Mode |= 0o1000
	}
	if st, found := info.Sys().(*syscall.Stat_t); found {
		e.UID, e.GID = int(st.Uid), int(st.Gid)
	}
	switch info.Mode().Type() {
	case 0:
		e.Type = Regular
	case fs.ModeDir:
		e.Type = Dir
	case fs.ModeSymlink:
		e.Type = Symlink
		e.Link, err = os.Readlink(name)
	}
	if !utf8.ValidString(e.Path) || !utf8.ValidString(e.Link) {
		return e, false, fmt.Errorf("%q: its name is not UTF-8", e.Path)
	}
	return e, e.Type != "", err
}

func contents(name string, data io.Writer) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(data, f)
}

// ErrFull is a directory that holds something already.
var ErrFull = errors.New("the directory is not empty")

// maxLine bounds one entry of an index.
const maxLine = 1 << 16

// Unpack writes a tree into an empty directory; ErrFull otherwise. Neither index nor
// contents are trusted: no name leads out of the directory, nothing is written
// through a link that does, and what was not announced is an error.
func Unpack(dir string, index, data io.Reader) (Sum, error) {
	var sum Sum
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		return sum, errors.Join(err, ErrFull)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return sum, fmt.Errorf("unpack: %w", err)
	}
	defer root.Close()
	u := unpacking{root: root, data: data, sum: &sum}
	lines := bufio.NewScanner(index)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if err := u.line(lines.Bytes()); err != nil {
			return sum, fmt.Errorf("unpack: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return sum, fmt.Errorf("unpack: index: %w", err)
	}
	if n, _ := data.Read(make([]byte, 1)); n > 0 {
		return sum, errors.New("unpack: more contents than the index names")
	}
	return sum, u.finish()
}
