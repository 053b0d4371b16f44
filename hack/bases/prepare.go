package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// prepare lays the build context out: a Debian, the host's Go, Node and authorities.
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
	for _, name := range []string{"debian.sources", "docker-entrypoint.sh"} {
		if err := copyTree(filepath.Join(source, name), filepath.Join(files, name)); err != nil {
			return err
		}
	}
	if err := hostGo(files); err != nil {
		return fmt.Errorf("the host's Go: %w", err)
	}
	if err := hostNode(filepath.Join(files, "node")); err != nil {
		return fmt.Errorf("the host's Node: %w", err)
	}
	return nil
}

const archive = "http://deb.debian.org/debian"

// debootstrap makes the archive that debian.Dockerfile starts from. minbase is what
// the official image is made with: essential and required packages, and apt.
func debootstrap(ctx context.Context, tar string) error {
	if _, err := os.Stat(tar); err == nil {
		return nil
	}
	fmt.Println("mmdebstrap bookworm")
	part := tar + ".part.tar"
	cmd := exec.CommandContext(ctx, "mmdebstrap", "--variant=minbase", "--quiet", "bookworm", part,
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

func hostNode(dir string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return err
	}
	modules, err := output("npm", "root", "--global")
	if err != nil {
		return err
	}
	if err := copyTree(node, filepath.Join(dir, "bin", "node")); err != nil {
		return err
	}
	return copyTree(filepath.Join(modules, "npm"), filepath.Join(dir, "lib", "node_modules", "npm"))
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
