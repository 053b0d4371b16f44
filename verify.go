package careen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/verify"
)

// VerifyOptions say what Verify compares. Project, Engine, Old and New are required.
type VerifyOptions struct {
	Project *project.Project // its careen.yaml says how the images run; its directory is the context of Dockerfiles
	Engine  engine.Engine
	Old     string // a Dockerfile, or an OCI layout directory
	New     string
	Secrets []engine.Secret
	Say     func(string)
	Events  func(engine.Event)
}

// Verify compares how two images behave. Dockerfiles are built first, with the
// project's directory as context and its settings.
func Verify(ctx context.Context, o VerifyOptions) (*diag.Parity, error) {
	scratch, err := os.MkdirTemp("", "careen-verify-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	older, err := o.subject(ctx, o.Old, filepath.Join(scratch, "old"))
	if err != nil {
		return nil, err
	}
	newer, err := o.subject(ctx, o.New, filepath.Join(scratch, "new"))
	if err != nil {
		return nil, err
	}
	o.say("compare")
	parity, err := verify.Run(ctx, o.Engine, older, newer, verifyOptions(o.Project.Config))
	if err != nil {
		return nil, err
	}
	return &parity, nil
}

func (o VerifyOptions) say(line string) {
	if o.Say != nil {
		o.Say(line)
	}
}

// subject opens what the user named: a layout as it is, a Dockerfile built.
func (o VerifyOptions) subject(ctx context.Context, name, output string) (verify.Subject, error) {
	if _, err := os.Stat(filepath.Join(name, "index.json")); err == nil {
		im, err := image.OpenLayout(name, "")
		if err != nil {
			return verify.Subject{}, err
		}
		return verify.Subject{Image: engine.Image{Layout: name, Digest: im.Digest}}, nil
	}
	info, err := os.Stat(name)
	if err != nil || info.IsDir() {
		return verify.Subject{}, fmt.Errorf("%s: want a Dockerfile or the directory of an OCI image layout", name)
	}
	return o.build(ctx, name, output)
}

func (o VerifyOptions) build(ctx context.Context, file, output string) (verify.Subject, error) {
	p := o.Project
	if p.Dir == "" {
		return verify.Subject{}, errors.New("verify needs a build context: give a directory, not -")
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return verify.Subject{}, fmt.Errorf("Dockerfile: %w", err)
	}
	one, err := project.Load(p.Dir, project.Options{File: absolute})
	if err != nil {
		return verify.Subject{}, err
	}
	o.say("build " + file)
	built, err := o.Engine.Build(ctx, engine.Request{
		Context: p.Dir, Dockerfile: one.Dockerfile.Source, Name: file, Target: p.Settings.Target, BuildArgs: p.Settings.BuildArgs,
		Platform: p.Settings.Platform, Secrets: o.Secrets, Ignore: ignoreText(one.Context.Ignore()), Events: o.Events, Output: output,
	})
	if err != nil {
		return verify.Subject{}, err
	}
	base := baseConfig(one.Dockerfile, settings{p.Settings.Target, p.Settings.BuildArgs}, built)
	return verify.Subject{Image: built.Image, Base: base}, nil
}
