package history

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// repository makes a work tree; the test's machine may have any git settings.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CAREEN_TEST_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	t.Setenv("GIT_CEILING_DIRECTORIES", os.TempDir())
	dir := t.TempDir()
	run(t, dir, "init", "-q")
	return dir
}

func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDirty(t *testing.T) {
	dir := repository(t)
	for _, name := range []string{"clean", "edited", "staged", "deleted", "sub/clean", ":(top)odd", "-flag"} {
		write(t, filepath.Join(dir, name), "one")
	}
	write(t, filepath.Join(dir, ".gitignore"), "ignored\n")
	run(t, dir, "add", ".")
	run(t, dir, "commit", "-qm", "first")
	for _, name := range []string{"edited", "staged", "untracked", "ignored", ":(top)odd"} {
		write(t, filepath.Join(dir, name), "two")
	}
	run(t, dir, "add", "staged")
	if err := os.Remove(filepath.Join(dir, "deleted")); err != nil {
		t.Fatal(err)
	}
	got, err := Dirty(t.Context(), dir, "clean", "edited", "staged", "deleted", "untracked", "ignored", "absent", "sub/clean", ":(top)odd", "-flag")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"edited", "staged", "deleted", "untracked", "ignored", ":(top)odd"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, err := Dirty(t.Context(), filepath.Join(dir, "sub"), "clean", "../edited"); err != nil || !slices.Equal(got, []string{"../edited"}) {
		t.Errorf("from a subdirectory: %q, %v", got, err)
	}
}

func TestRootAndHead(t *testing.T) {
	dir := repository(t)
	if _, err := Head(t.Context(), dir); !errors.Is(err, ErrNoCommit) {
		t.Errorf("head of an empty repository: %v", err)
	}
	write(t, filepath.Join(dir, "sub/a"), "one")
	run(t, dir, "add", ".")
	run(t, dir, "commit", "-qm", "first")
	head, err := Head(t.Context(), dir)
	if err != nil || len(head) != 40 {
		t.Errorf("head %q, %v", head, err)
	}
	root, err := Root(t.Context(), filepath.Join(dir, "sub"))
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if root != real {
		t.Errorf("root %q, want %q", root, real)
	}
}

func TestOutsideOfARepository(t *testing.T) {
	repository(t)
	dir := t.TempDir()
	if _, err := Root(t.Context(), dir); !errors.Is(err, ErrNoRepository) {
		t.Errorf("root: %v", err)
	}
	if _, err := Dirty(t.Context(), dir, "a"); !errors.Is(err, ErrNoRepository) {
		t.Errorf("dirty: %v", err)
	}
	if _, err := Head(t.Context(), dir); !errors.Is(err, ErrNoRepository) {
		t.Errorf("head: %v", err)
	}
}

func TestMainBranch(t *testing.T) {
	dir := repository(t)
	if got := MainBranch(t.Context(), dir); got != "" {
		t.Errorf("without a remote: %q", got)
	}
	run(t, dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/2")
	if got := MainBranch(t.Context(), dir); got != "release/2" {
		t.Errorf("got %q", got)
	}
}

// TestRepositoryCannotRunCommands plants a monitor in the repository's own
// configuration; git would run it on every status.
func TestRepositoryCannotRunCommands(t *testing.T) {
	dir := repository(t)
	witness := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(dir, "monitor")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+witness+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "config", "core.fsmonitor", script)
	if _, err := Dirty(t.Context(), dir, "monitor"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(witness); err == nil {
		t.Error("the repository's command was run")
	}
}
