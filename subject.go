package careen

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/verify"
)

// subjects opens what a user names for a comparison.
type subjects struct {
	project *project.Project
	builder engine.Builder
	secrets []engine.Secret
	say     func(string)
	events  func(engine.Event)
}

func (s *subjects) tell(line string) {
	if s.say != nil {
		s.say(line)
	}
}

// open brings an image to where the engine can run it: a layout is used as it is,
// Dockerfiles and projects are built, archives and references are written to a layout
// at output.
func (s *subjects) open(ctx context.Context, name, output string) (verify.Subject, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && isFile(filepath.Join(name, "index.json")):
		im, err := image.Open(ctx, name, image.Options{Platform: s.project.Settings.Platform})
		if err != nil {
			return verify.Subject{}, err
		}
		return verify.Subject{Image: engine.Image{Layout: name, Digest: im.Digest}}, nil
	case err == nil && info.IsDir():
		return s.buildProject(ctx, name, output)
	case err == nil && !isArchive(name):
		return s.buildFile(ctx, name, output)
	}
	s.tell("read " + name)
	return s.bring(ctx, name, output)
}

// bring writes an image from an archive or a registry to a layout.
func (s *subjects) bring(ctx context.Context, name, output string) (verify.Subject, error) {
	im, err := image.Open(ctx, name, image.Options{Platform: s.project.Settings.Platform, Mirrors: s.project.Settings.Mirrors})
	if err != nil {
		return verify.Subject{}, err
	}
	digest, err := im.Save(ctx, output)
	if err != nil {
		return verify.Subject{}, fmt.Errorf("%s: %w", name, err)
	}
	return verify.Subject{Image: engine.Image{Layout: output, Digest: digest}}, nil
}

// buildProject builds a directory with the settings of its own careen.yaml.
func (s *subjects) buildProject(ctx context.Context, dir, output string) (verify.Subject, error) {
	p, err := project.Load(dir, project.Options{
		Target: s.project.Settings.Target, Platform: s.project.Settings.Platform, BuildArgs: s.project.Settings.BuildArgs,
	})
	if err != nil {
		return verify.Subject{}, err
	}
	return s.build(ctx, p, p.Settings, output)
}

// buildFile builds a Dockerfile with the project's directory as context.
func (s *subjects) buildFile(ctx context.Context, file, output string) (verify.Subject, error) {
	if s.project.Dir == "" {
		return verify.Subject{}, errors.New("a Dockerfile needs a build context: give --project a directory, not -")
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return verify.Subject{}, fmt.Errorf("Dockerfile: %w", err)
	}
	p, err := project.Load(s.project.Dir, project.Options{File: absolute})
	if err != nil {
		return verify.Subject{}, err
	}
	return s.build(ctx, p, s.project.Settings, output)
}

func (s *subjects) build(ctx context.Context, p *project.Project, with project.Settings, output string) (verify.Subject, error) {
	s.tell("build " + p.Path)
	built, err := s.builder.Build(ctx, engine.Request{
		Context: p.Dir, Dockerfile: p.Dockerfile.Source, Name: p.Path, Target: with.Target, BuildArgs: with.BuildArgs,
		Platform: with.Platform, Secrets: s.secrets, Ignore: ignoreText(p.Context.Ignore()), Events: s.events, Output: output,
	})
	if err != nil {
		return verify.Subject{}, err
	}
	base := baseConfig(p.Dockerfile, settings{with.Target, with.BuildArgs}, built)
	return verify.Subject{Image: built.Image, Base: base}, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// isArchive tells a tar, plain or packed, from a Dockerfile: by its first bytes.
func isArchive(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := bufio.NewReaderSize(f, 512).Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	gzip, zstd := []byte{0x1f, 0x8b}, []byte{0x28, 0xb5, 0x2f, 0xfd}
	return bytes.HasPrefix(head, gzip) || bytes.HasPrefix(head, zstd) || len(head) > 262 && bytes.Equal(head[257:262], []byte("ustar"))
}
