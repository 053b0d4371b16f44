package buildctx

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Why a file is not read.
var (
	ErrTooLarge   = errors.New("file is too large")
	ErrNotRegular = errors.New("not a regular file")
)

// Read gives the contents of a regular file of at most limit bytes. Links are
// followed inside the context and refused where they leave it. Whether the file
// would be sent makes no difference.
func (c *Context) Read(path string, limit int64) ([]byte, error) {
	return readInside(c.dir, path, limit)
}

func readInside(dir, path string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// Opening a named pipe would otherwise wait for a writer.
	f, err := root.OpenFile(filepath.FromSlash(path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if int64(len(data)) > limit {
		return nil, ErrTooLarge
	}
	return data, err
}
