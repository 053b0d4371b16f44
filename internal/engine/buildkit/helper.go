package buildkit

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/internal/engine"
)

// errDynamic is the remedy for a helper that could not start in every image.
var errDynamic = fmt.Errorf("%w: this careen is dynamically linked and does not run inside every image; install it with CGO_ENABLED=0 go install github.com/careenhq/careen/cmd/careen@latest", engine.ErrHelper)

// helperRoot is a directory that holds the helper alone, as it appears at
// /.careen in every container. It is made once per engine: the builder then sees
// an unchanged directory and nothing is sent again.
func (e *Engine) helperRoot() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.helperDir != "" {
		return e.helperDir, nil
	}
	binary := e.helper
	if binary == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("helper: %w", err)
		}
		binary = self
	}
	if err := checkStatic(binary); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "careen-helper-")
	if err != nil {
		return "", fmt.Errorf("helper: %w", err)
	}
	if err := linkOrCopy(binary, filepath.Join(dir, "careen")); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("helper: %w", err)
	}
	e.helperDir = dir
	return dir, nil
}

func checkStatic(binary string) error {
	f, err := elf.Open(binary)
	if err != nil {
		return fmt.Errorf("helper %s is no Linux program: %w", binary, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errDynamic
		}
	}
	return nil
}

// linkOrCopy avoids the copy where both paths are on one file system. Users inside
// a container other than root must be able to run it.
func linkOrCopy(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.Mode()&0o555 == 0o555 && os.Link(from, to) == nil {
		return nil
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return errors.Join(dst.Chmod(0o755), dst.Close())
}
