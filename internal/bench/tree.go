package bench

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
)

// tree is a copy of a build context whose files may be replaced. Files are hard
// links to the originals where the file system allows it, so the copy costs
// neither time nor space; nothing ever writes through one.
type tree struct {
	dir string
}

// newTree copies what any of the contexts, all of one directory, would send.
func newTree(ctx context.Context, dir string, contexts []*buildctx.Context) (*tree, error) {
	t := &tree{dir: dir}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	done := map[string]bool{}
	var dirs []buildctx.Entry
	for _, c := range contexts {
		for _, e := range c.Entries() {
			if !e.Sent || done[e.Path] {
				continue
			}
			done[e.Path] = true
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if e.Mode.IsDir() {
				dirs = append(dirs, e)
			}
			if err := t.add(c.Dir(), e); err != nil {
				return nil, err
			}
		}
	}
	// Modes last: a directory may deny writing into it.
	for i := len(dirs) - 1; i >= 0; i-- {
		if err := os.Chmod(t.path(dirs[i]), dirs[i].Mode.Perm()|0o700); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *tree) path(e buildctx.Entry) string {
	return filepath.Join(t.dir, filepath.FromSlash(e.Path))
}

// add copies one entry. Sockets and devices are left out: no build can use them.
func (t *tree) add(from string, e buildctx.Entry) error {
	source, target := filepath.Join(from, filepath.FromSlash(e.Path)), t.path(e)
	switch e.Mode.Type() {
	case fs.ModeDir:
		return os.Mkdir(target, 0o700)
	case fs.ModeSymlink:
		to, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(to, target)
	case 0:
		if os.Link(source, target) == nil {
			return nil
		}
		return copyFile(source, target, e.Mode.Perm())
	}
	return nil
}

func copyFile(source, target string, mode fs.FileMode) (err error) {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o200)
	if err != nil {
		return err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	// Between files the kernel shares blocks where the file system can.
	if _, err = io.Copy(out, in); err != nil {
		return err
	}
	return os.Chmod(target, mode)
}

// request is the same build from the copy. The ignore rules are given as text, as
// the file itself may be among what they keep back.
func (t *tree) request(req engine.Request) engine.Request {
	if req.Ignore == nil {
		if ignore, err := ignoreOf(req); err == nil && ignore != nil {
			text := string(ignore.Source)
			req.Ignore = &text
		}
	}
	req.Context = t.dir
	return req
}
