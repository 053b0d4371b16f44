//go:build linux

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
)

func says(t *testing.T, err error, wants ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", wants)
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestNoRunc(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(t.Context(), Options{StateDir: t.TempDir()})
	says(t, err, "needs runc", "not in PATH", "apt-get install runc", "--builder")
}

func TestExplain(t *testing.T) {
	full := fmt.Errorf("write: %w", syscall.ENOSPC)
	says(t, explain(full), "no space left on device", "free space", "XDG_CACHE_HOME")
	says(t, explain(errors.New("rpc: No space left on device")), "free space")
	says(t, explain(&os.PathError{Op: "mkdir", Path: "/x", Err: syscall.EACCES}), "run as root", "--builder")
	var step *engine.StepError
	err := explain(&engine.StepError{Name: "Dockerfile", Exit: 1, Step: engine.Step{Name: "RUN x", Log: "dd: No space left on device\n"}})
	says(t, err, "Dockerfile: RUN x failed: exit code 1; ", "free space")
	if !errors.As(err, &step) {
		t.Errorf("%T hides the step", err)
	}
	if other := errors.New("other"); explain(other) != other || explain(nil) != nil { //nolint:errorlint // the very same error
		t.Error("an error without remedy changed")
	}
}

// small mounts a file system of so many KiB.
func small(t *testing.T, kib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		unable(t, "cannot mount a small file system: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	rootAndRunc(t)
	w := enginetest.NewWorld(t)
	dir := small(t, 24<<10)
	e, err := Open(t.Context(), Options{StateDir: filepath.Join(dir, "state"), Mirrors: w.Mirrors(), Helper: w.Tool})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "big"), make([]byte, 40<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = e.Build(t.Context(), engine.Request{Context: files, Name: "Dockerfile", Dockerfile: []byte("FROM scratch\nCOPY big /big\n")})
	says(t, err, "no space left on device", "free space", "XDG_CACHE_HOME")
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "rpc error") {
		t.Errorf("%q", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); strings.HasPrefix(to, dir) && !strings.HasSuffix(to, "(deleted)") {
			t.Errorf("still open: %s", to)
		}
	}
}

func TestFullDiskFromTheStart(t *testing.T) {
	rootAndRunc(t)
	dir := small(t, 64)
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 60<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{StateDir: filepath.Join(dir, "state")})
	says(t, err, "embedded builder: ", "no space left on device", "free space", "XDG_CACHE_HOME")
}

func TestUnusableStateDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := stateDir(filepath.Join(file, "state"))
	says(t, err, "state directory", file)
}

func TestMemoryNeedsAControlGroup(t *testing.T) {
	if canLimitMemory(t.TempDir()) {
		t.Error("a directory without controllers limits memory")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.controllers"), []byte("cpu io memory pids\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if canLimitMemory(dir) {
		t.Error("a group without the file for the limit limits memory")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
