package careen

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/verify"
)

// VerifyOptions say what Verify compares. Project, Engine, Old and New are required.
// Old and New are each an OCI layout directory, an archive of `docker save` or of an
// OCI layout, a Dockerfile, a project's directory, or a registry reference.
type VerifyOptions struct {
	Project *project.Project // its careen.yaml says how the images run; its directory is the context of Dockerfiles
	Engine  engine.Engine
	Old     string
	New     string
	Secrets []engine.Secret
	Say     func(string)
	Events  func(engine.Event)
	Outline func(diag.Structure) error // is given what one may hold of Old; nil: not wanted
}

// Verify compares how two images behave. Dockerfiles are built first, with the
// project's directory as context and its settings; other images are brought here.
func Verify(ctx context.Context, o VerifyOptions) (*diag.Parity, error) {
	scratch, err := os.MkdirTemp("", "careen-verify-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	s := &subjects{project: o.Project, builder: o.Engine, secrets: o.Secrets, say: o.Say, events: o.Events}
	older, err := s.open(ctx, o.Old, filepath.Join(scratch, "old"))
	if err != nil {
		return nil, err
	}
	newer, err := s.open(ctx, o.New, filepath.Join(scratch, "new"))
	if err != nil {
		return nil, err
	}
	if o.Outline != nil {
		outline, err := verify.Outline(ctx, older)
		if err == nil {
			err = o.Outline(*outline)
		}
		if err != nil {
			return nil, err
		}
	}
	s.tell("compare")
	parity, err := verify.Run(ctx, o.Engine, older, newer, projectChecks(o.Project))
	if err != nil {
		return nil, err
	}
	return &parity, nil
}
