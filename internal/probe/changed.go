package probe

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

// maxChanged bounds an answer when the request does not.
const maxChanged = 10_000

var errManyChanged = errors.New("more files changed than the limit")

// notOfTheImage are trees that the engine puts into every container.
func notOfTheImage(path string) bool {
	switch path {
	case "/proc", "/sys", "/dev", "/.careen":
		return true
	}
	return false
}

// run walks the mount of Root. What cannot be read is passed over.
func (c *ChangedRequest) run(proc procDir) ([]File, error) {
	root, limit, since := cmp.Or(c.Root, "/"), cmp.Or(c.Limit, maxChanged), c.Since
	if since.IsZero() {
		var err error
		if since, err = proc.started(1, time.Now); err != nil {
			return nil, err
		}
	}
	device, err := deviceOf(root)
	if err != nil {
		return nil, err
	}
	var files []File
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if entry.IsDir() && (notOfTheImage(path) || !onDevice(path, device)) {
			return filepath.SkipDir
		}
		info, err := entry.Info()
		if err != nil || !changedAfter(info, since) {
			return nil
		}
		if len(files) == limit {
			return errManyChanged
		}
		files = append(files, describe(path, info))
		return nil
	})
	return files, err
}

func onDevice(path string, device uint64) bool {
	d, err := deviceOf(path)
	return err == nil && d == device
}
