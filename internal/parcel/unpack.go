package parcel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// unpacking is a tree being written.
type unpacking struct {
	root *os.Root
	data io.Reader
	sum  *Sum
	dirs []Entry // whose mode and time come last, as writing into them changes both
}

func (u *unpacking) line(text []byte) error {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if !fs.ValidPath(e.Path) || e.Path == "." || e.Size < 0 {
		return fmt.Errorf("index: %q is no path below the directory", e.Path)
	}
	name := filepath.FromSlash(e.Path)
	switch e.Type {
	case Dir:
		u.dirs = append(u.dirs, e)
		return u.root.Mkdir(name, 0o700)
	case Symlink:
		return errors.Join(u.root.Symlink(e.Link, name), u.root.Lchown(name, e.UID, e.GID))
	case Regular:
		return u.file(name, e)
	}
	return fmt.Errorf("index: %q is of unknown type %q", e.Path, e.Type)
}

func (u *unpacking) file(name string, e Entry) error {
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, u.data, e.Size)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("contents end within %q", e.Path)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	u.sum.Files++
	u.sum.Bytes += e.Size
	u.sum.Newest = max(u.sum.Newest, e.Time)
	return u.attributes(name, e)
}

// attributes sets owner, mode and time, in an order in which none undoes another.
func (u *unpacking) attributes(name string, e Entry) error {
	mode := fs.FileMode(e.Mode) & fs.ModePerm
	if e.Mode&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	at := time.Unix(e.Time, 0)
	return errors.Join(u.root.Lchown(name, e.UID, e.GID), u.root.Chmod(name, mode), u.root.Chtimes(name, at, at))
}

// finish gives directories their attributes, the innermost first.
func (u *unpacking) finish() error {
	for i := len(u.dirs) - 1; i >= 0; i-- {
		e := u.dirs[i]
		info, err := u.root.Lstat(filepath.FromSlash(e.Path))
		if err == nil && info.IsDir() {
			err = u.attributes(filepath.FromSlash(e.Path), e)
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	}
	return nil
}
