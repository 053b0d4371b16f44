package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/project"
)

// errReported ends a verb that failed and whose report already says why.
var errReported = errors.New("reported")

// loadProject loads the project that PATH and the flags name.
func (a *app) loadProject(path string, b *buildFlags, runs int) (*project.Project, error) {
	buildArgs, err := b.args(a.getenv)
	if err != nil {
		return nil, err
	}
	return project.Load(path, project.Options{
		File: b.file, Target: b.target, Platform: b.platform, BuildArgs: buildArgs,
		Config: a.config, Mirrors: a.mirrors, Builder: a.builder, Runs: runs, Getenv: a.getenv, Stdin: a.stdin,
	})
}

// A job is what a verb that builds has open.
type job struct {
	secrets []engine.Secret
	engine  engine.Engine
	show    *progress
}

// begin opens what building a project takes. The caller closes the engine, and the
// progress before anything else is printed.
func (a *app) begin(ctx context.Context, p *project.Project, b *buildFlags) (*job, error) {
	secrets, err := b.parsedSecrets()
	if err != nil {
		return nil, err
	}
	e, err := a.openEngine(ctx, p)
	if err != nil {
		return nil, err
	}
	return &job{secrets, e, a.progress(ctx)}, nil
}

// openEngine opens the engine that the project's settings name and says which.
func (a *app) openEngine(ctx context.Context, p *project.Project) (engine.Engine, error) {
	e, err := careen.OpenEngine(ctx, careen.EngineOptions{Address: p.Settings.Builder, Mirrors: p.Settings.Mirrors})
	if err != nil {
		return nil, err
	}
	info, err := e.Info(ctx)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if !a.quiet {
		line := info.Name + " " + info.Version
		if info.Address != "" {
			line += " at " + info.Address + " (" + p.Settings.BuilderBy + ")"
		}
		fmt.Fprintf(a.stderr, "builder: %s (%s) · %s\n", line, info.Detail, info.Platform)
	}
	return e, nil
}

// writeAtomic writes a file so that it is either the old or the new one. Its
// directory is made when missing; the mode of a file that exists is kept.
func writeAtomic(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".careen-*")
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return finishFile(f, path)
}

func finishFile(f *os.File, path string) error {
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	err := errors.Join(f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// colored tells whether standard output is a terminal that wants colours.
func (a *app) colored() bool {
	f, ok := a.stdout.(*os.File)
	return ok && !a.noColor && a.getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}
