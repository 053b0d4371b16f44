//go:build linux

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"

	"github.com/careenhq/careen/internal/engine"
)

// stateDir makes the directory that holds everything the engine keeps.
func stateDir(dir string) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("embedded builder: %w; set HOME or XDG_CACHE_HOME", err)
		}
		dir = filepath.Join(cache, "careen", "buildkit")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("embedded builder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("embedded builder: state directory: %w", explain(err))
	}
	return dir, nil
}

// A lock keeps a second careen away from the same state.
type lock struct{ file *os.File }

func acquire(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("embedded builder: lock: %w", explain(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		owner := make([]byte, 32)
		n, _ := f.ReadAt(owner, 0)
		f.Close()
		return nil, fmt.Errorf("the embedded builder is in use by process %s (state in %s); wait for it, or name a BuildKit with --builder", strings.TrimSpace(string(owner[:n])), filepath.Dir(path))
	}
	if err := f.Truncate(0); err == nil {
		fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return &lock{f}, nil
}

func (l *lock) release() error {
	if l == nil || l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// sweep removes what a killed engine left behind: containers that still run, their
// mounts and directories, and temporary mounts. It runs under the lock, so nothing
// it finds can be in use.
func sweep(state string) error {
	worker, tmp := filepath.Join(state, workerDir), filepath.Join(state, tmpDir)
	executor := filepath.Join(worker, "executor")
	entries, err := os.ReadDir(executor)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		bundle := filepath.Join(executor, entry.Name())
		if _, err := os.Stat(filepath.Join(bundle, "config.json")); err == nil {
			_ = exec.Command("runc", "delete", "-f", entry.Name()).Run()
		}
		if err := unmountBelow(bundle); err != nil {
			return err
		}
		if err := os.RemoveAll(bundle); err != nil {
			return err
		}
	}
	if err := unmountBelow(worker); err != nil {
		return err
	}
	if err := unmountBelow(tmp); err != nil {
		return err
	}
	return os.RemoveAll(tmp)
}

// unmountBelow detaches every mount at or below dir, innermost first.
func unmountBelow(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	lines := strings.Split(string(mounts), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		fields := strings.Fields(lines[i])
		if len(fields) < 5 {
			continue
		}
		at := unescape(fields[4])
		if at != dir && !strings.HasPrefix(at, dir+"/") {
			continue
		}
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("leftover mount %s: %w", at, err)
		}
	}
	return nil
}

// unescape undoes mountinfo's octal escapes.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}

// restoreTemp remembers TMPDIR. BuildKit mounts below the temporary directory, so
// it gets one that sweep knows.
type restoreTemp struct {
	old string
	set bool
	on  bool
}

func useTemp(dir string) (restoreTemp, error) {
	old, set := os.LookupEnv("TMPDIR")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return restoreTemp{}, err
	}
	return restoreTemp{old, set, true}, os.Setenv("TMPDIR", dir)
}

func (r restoreTemp) restore() error {
	switch {
	case !r.on:
		return nil
	case r.set:
		return os.Setenv("TMPDIR", r.old)
	}
	return os.Unsetenv("TMPDIR")
}

// trimLimit is how long garbage collection may hold up the end.
const trimLimit = 20 * time.Second

// trim collects garbage. BuildKit itself does it once a minute, which a process
// as short as careen's may never see.
func (e *Engine) trim() error {
	ctx, cancel := context.WithTimeout(context.Background(), trimLimit)
	defer cancel()
	return e.Engine.Trim(ctx, gcPolicy(e.state, e.maxBytes)[0])
}

// gcPolicy bounds the state and leaves 5 % of the disk free.
func gcPolicy(dir string, limit int64) []client.PruneInfo {
	var fs unix.Statfs_t
	most, free := int64(40e9), int64(2e9)
	if unix.Statfs(dir, &fs) == nil {
		disk := int64(fs.Blocks) * fs.Bsize
		most, free = min(most, disk/5), disk/20
	}
	if limit == 0 {
		limit = most
	}
	return []client.PruneInfo{{All: true, MaxUsedSpace: limit, ReservedSpace: limit / 4, MinFreeSpace: free}}
}

// explain adds the remedy to errors of the machine rather than of the user. Those
// of BuildKit have crossed a connection and are known by their text alone.
func explain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var step *engine.StepError
	if errors.As(err, &step) {
		text += strings.Join(step.Step.Tail(3), "\n")
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), strings.Contains(strings.ToLower(text), syscall.ENOSPC.Error()):
		return fmt.Errorf("%w; the disk of the build cache is full: free space, or keep the cache elsewhere with XDG_CACHE_HOME", err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w; run as root, or name a BuildKit with --builder", err)
	}
	return err
}
