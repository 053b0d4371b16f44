package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxLocal is the size up to which a file named by careen.yaml is read.
const maxLocal = 64 << 20

// readLocal reads a regular file below dir. Neither the path nor a link in it may
// lead outside.
func readLocal(dir, path string, limit int64) ([]byte, error) {
	if !filepath.IsLocal(filepath.FromSlash(path)) {
		return nil, fmt.Errorf("%s leaves the project", path)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// Opening a named pipe would otherwise wait for a writer.
	f, err := root.OpenFile(filepath.FromSlash(path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such file in %s", path, dir)
	case errors.As(err, &pathErr):
		return nil, fmt.Errorf("%s: %w", path, pathErr.Err)
	case err != nil:
		return nil, err
	}
	defer f.Close()
	return readRegular(f, path, limit)
}

// readRegular reads all of a regular file of at most limit bytes.
func readRegular(f *os.File, name string, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}
