// Package history asks git about a project: where its work tree begins, which
// commit it is at, and which files hold work that git could not give back.
//
// It runs the git binary, read-only and with the hooks and monitors of the
// repository's own configuration switched off. It never changes a repository.
package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Why git has no answer.
var (
	ErrNoGit        = errors.New("git is not installed")
	ErrNoRepository = errors.New("not inside a git work tree")
	ErrNoCommit     = errors.New("the repository has no commit yet")
)

// Root is the top directory of the work tree that dir is in, or ErrNoRepository.
func Root(ctx context.Context, dir string) (string, error) {
	out, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	root := strings.TrimSuffix(string(out), "\n")
	if root == "" {
		return "", ErrNoRepository
	}
	return filepath.FromSlash(root), nil
}

// Head is the full hash of the commit that is checked out, or ErrNoCommit.
func Head(ctx context.Context, dir string) (string, error) {
	if _, err := Root(ctx, dir); err != nil {
		return "", err
	}
	out, err := git(ctx, dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	if errors.Is(err, ErrNoGit) || ctx.Err() != nil {
		return "", err
	}
	if err != nil {
		return "", ErrNoCommit
	}
	return strings.TrimSpace(string(out)), nil
}

// Dirty lists those of the files whose contents git could not give back: edited
// since the last commit, untracked, or ignored. Paths are relative to dir, which
// must be inside a work tree; files that do not exist and are not tracked are
// clean.
func Dirty(ctx context.Context, dir string, files ...string) ([]string, error) {
	if _, err := Root(ctx, dir); err != nil {
		return nil, err
	}
	var dirty []string
	for _, file := range files {
		// One file a call: the answer needs no taking apart, and the files are few.
		out, err := git(ctx, dir, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=matching", "--", filepath.ToSlash(file))
		if err != nil {
			return nil, err
		}
		if len(out) > 0 {
			dirty = append(dirty, file)
		}
	}
	return dirty, nil
}

// git runs one command in dir. What the repository configures to be run on a
// look at it is switched off: the repository may be anybody's.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	args = append([]string{"--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C", "GIT_TERMINAL_PROMPT=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, ErrNoGit
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case strings.Contains(stderr.String(), "not a git repository"), strings.Contains(stderr.String(), "must be run in a work tree"):
		return nil, ErrNoRepository
	}
	return nil, fmt.Errorf("git: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
}
