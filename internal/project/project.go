// Package project discovers what careen needs to know of a directory before
// anything is built: its Dockerfile, the build context and what .dockerignore
// leaves of it, manifests and lockfiles, compose files, and careen.yaml. All of
// it is joined to one Project value that later stages only read.
//
// It reads files and nothing else: no build, no network, no commands. Everything
// it reads is untrusted, careen.yaml included, so no path leads out of the
// project. What a manifest means is the knowledge of package ecosystem.
package project

import (
	"os"
	"path/filepath"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
)

// A Project is a directory with a Dockerfile. It is read-only once loaded and may
// be shared between goroutines.
type Project struct {
	Dir        string            // the build context; "" for a Dockerfile from standard input
	Path       string            // the Dockerfile as the user named it
	Rel        string            // the Dockerfile relative to Dir, slashes; "" when outside
	Dockerfile *dockerfile.File  // parsed; never nil
	Context    *buildctx.Context // what a build would send; nil for a lone file
	IgnorePath string            // of the ignore file in force, relative to Dir: ".dockerignore" or "NAME.dockerignore"; "" without one
	Config     Config            // careen.yaml; zero when there is none
	Settings   Settings          // flags, environment and careen.yaml, merged
	Problems   []error           // what is wrong beside the Dockerfile and would fail a build

	manifests func() []Manifest // nil without a context
	compose   func() []Service  // nil without a directory
}

// Name is what reports call the project: the base name of its directory.
func (p *Project) Name() string {
	if p.Dir == "" {
		return p.Path
	}
	abs, err := filepath.Abs(p.Dir)
	if err != nil {
		return p.Path
	}
	return filepath.Base(abs)
}

// DockerfilePath is the Dockerfile's path on this machine; "" for one from
// standard input.
func (p *Project) DockerfilePath() string {
	if p.Dir == "" {
		return ""
	}
	if p.Rel != "" {
		return filepath.Join(p.Dir, filepath.FromSlash(p.Rel))
	}
	return p.Path
}

// Services are the compose services that build this Dockerfile.
func (p *Project) Services() []Service {
	if p.compose == nil {
		return nil
	}
	path := p.DockerfilePath()
	var found []Service
	for _, s := range p.compose() {
		if sameFile(filepath.Join(p.Dir, filepath.FromSlash(s.Dockerfile)), path) {
			found = append(found, s)
		}
	}
	return found
}

// Manifests are the manifests and lockfiles of the context that a build would
// send, down to three directories below its root and without those of installed
// dependencies, nearest to the root first.
func (p *Project) Manifests() []Manifest {
	if p.manifests == nil {
		return nil
	}
	return p.manifests()
}

// ReadLocal reads a file that careen.yaml names. The path is relative to Dir and
// may not leave it, not by a link either.
func (p *Project) ReadLocal(path string) ([]byte, error) {
	return readLocal(p.Dir, path, maxLocal)
}

// sameFile compares paths first, as most do not need the file system.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ai, errA := os.Stat(a)
	bi, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ai, bi)
}
