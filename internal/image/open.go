package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Options say how to open an image. The zero value means any platform and no
// mirrors.
type Options struct {
	Platform string              // "linux/amd64"; empty: the first in a layout, the registry's default
	Mirrors  map[string][]string // base URLs by registry host, asked before the registry itself
}

// Open opens an image by where it is: an OCI layout directory, an OCI or docker
// archive (plain or compressed tar), or a registry reference. "@sha256:…" behind a
// directory or archive chooses a manifest in it. Credentials for registries come
// from the user's Docker configuration.
func Open(ctx context.Context, source string, opts Options) (*Image, error) {
	file, digest := source, ""
	if before, after, ok := strings.Cut(source, "@sha256:"); ok {
		file, digest = before, "sha256:"+after
	}
	info, err := os.Stat(file)
	switch {
	case err == nil && info.IsDir():
		return openLayout(file, digest, opts.Platform)
	case err == nil:
		return openArchive(file, digest, opts.Platform)
	case !errors.Is(err, fs.ErrNotExist), looksLikeFile(file):
		return nil, fmt.Errorf("image %w", err)
	}
	return openRemote(ctx, source, opts)
}

// looksLikeFile tells a path from a registry reference where neither is found.
func looksLikeFile(source string) bool {
	return filepath.IsAbs(source) || strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") || strings.HasSuffix(source, ".tar")
}
