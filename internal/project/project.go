// Package project discovers what careen needs to know of a directory before
// anything is built: its Dockerfile, the build context and what .dockerignore
// leaves of it, manifests and lockfiles, compose files, and careen.yaml. All of
// it is joined to one Project value that later stages only read.
package project

import (
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
)

// A Project is a directory with a Dockerfile.
type Project struct {
	Dir        string            // the build context
	Path       string            // the Dockerfile as the user named it
	Rel        string            // the Dockerfile relative to Dir, slashes; "" when outside
	Dockerfile *dockerfile.File  // parsed; never nil
	Context    *buildctx.Context // what a build would send; nil for a lone file
	IgnorePath string            // of the ignore file in force, relative to Dir: ".dockerignore" or "NAME.dockerignore"
	Config     Config            // careen.yaml; zero when there is none
}
