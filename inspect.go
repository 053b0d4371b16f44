package careen

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/provenance"
)

// InspectOptions say what Inspect looks at. Name is required, and Project and
// Engine when the name is one to build.
type InspectOptions struct {
	Name     string              // an image, as image.Open takes it, or a project's directory or Dockerfile
	Base     string              // an image that it was built on; "" to go by the build or to guess
	Platform string              // of a multi-platform image
	Mirrors  map[string][]string // base URLs by registry host
	Project  *project.Project    // what Name is, when it is built
	Engine   engine.Builder
	Secrets  []engine.Secret
	Say      func(string)
	Events   func(engine.Event)
}

// Built tells whether a name is a project's directory or a Dockerfile, which Inspect
// has to build, and not an image.
func Built(name string) bool {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return false
	case info.IsDir():
		return !isFile(filepath.Join(name, "index.json"))
	}
	return !isArchive(name)
}

// Inspect says where the bytes of an image come from. Nothing is run, and of an
// image in a registry nothing is kept.
func Inspect(ctx context.Context, o InspectOptions) (*provenance.Map, error) {
	if o.Project != nil {
		return inspectBuilt(ctx, o)
	}
	o.tell("read " + o.Name)
	im, err := image.Open(ctx, o.Name, image.Options{Platform: o.Platform, Mirrors: o.Mirrors})
	if err != nil {
		return nil, err
	}
	return o.mapped(ctx, im, provenance.Source{})
}

func (o *InspectOptions) tell(line string) {
	if o.Say != nil {
		o.Say(line)
	}
}

// mapped reads an image's layers and says where its files come from.
func (o *InspectOptions) mapped(ctx context.Context, im *image.Image, s provenance.Source) (*provenance.Map, error) {
	s.Name, s.BuildOnly = o.Name, buildOnly
	if o.Base != "" {
		base, err := o.namedBase(ctx, im)
		if err != nil {
			return nil, err
		}
		s.Base = base
	}
	tree, err := im.Tree(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	return provenance.Of(ctx, im, tree, s)
}

// namedBase is the base that the user names, which has to be one.
func (o *InspectOptions) namedBase(ctx context.Context, im *image.Image) (provenance.Base, error) {
	base, err := image.Open(ctx, o.Base, image.Options{Platform: o.Platform, Mirrors: o.Mirrors})
	if err != nil {
		return provenance.Base{}, fmt.Errorf("--base: %w", err)
	}
	n := image.SharedLayers(base.Config.RootFS.DiffIDs, im.Config.RootFS.DiffIDs)
	if n == 0 {
		return provenance.Base{}, fmt.Errorf("--base %s: %s does not begin with its layers", o.Base, o.Name)
	}
	return provenance.Base{Name: o.Base, Layers: n, By: "--base"}, nil
}

// inspectBuilt builds a project and inspects what came of it.
func inspectBuilt(ctx context.Context, o InspectOptions) (*provenance.Map, error) {
	p := o.Project
	if p.Dir == "" {
		return nil, errors.New("inspect builds a Dockerfile with its directory as context: give it a path, not -")
	}
	scratch, err := os.MkdirTemp("", "careen-inspect-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	o.tell("build " + p.Path)
	request := buildRequest(p, OptimizeOptions{Secrets: o.Secrets, Events: o.Events})
	request.Dockerfile, request.Ignore, request.Output = p.Dockerfile.Source, ignoreText(p.Context.Ignore()), filepath.Join(scratch, "image")
	built, err := o.Engine.Build(ctx, request)
	if err != nil {
		return nil, err
	}
	o.tell("read the layers")
	im, err := image.OpenLayout(built.Image.Layout, built.Image.Digest)
	if err != nil {
		return nil, err
	}
	return o.mapped(ctx, im, builtSource(p, built, im))
}

// builtSource is what a build tells of its image.
func builtSource(p *project.Project, built *engine.Result, im *image.Image) provenance.Source {
	return provenance.Source{
		Base: provenance.Base{
			Name:   finalBase(p.Dockerfile, settings{p.Settings.Target, p.Settings.BuildArgs}),
			Layers: baseLayers(im, built), By: "the build",
		},
		Instructions: instructions(p.Path, built, im),
		Context:      newContextFiles(p.Context).find,
	}
}

// instructions are what wrote each layer: the steps of the build, and below them
// the history of the base.
func instructions(file string, built *engine.Result, im *image.Image) []provenance.Instruction {
	all := provenance.FromHistory(im)
	for _, s := range built.Steps {
		if s.Layer < 0 || s.Layer >= len(all) || len(s.Lines) == 0 {
			continue
		}
		all[s.Layer] = provenance.Instruction{
			Text: s.Text(), Stage: s.Stage, File: file, First: s.Lines[0].First, Last: s.Lines[len(s.Lines)-1].Last,
		}
	}
	return all
}

// maxContextFile is the largest file of a context that is compared, in bytes.
const maxContextFile = 64 << 20

// contextFiles finds files of a build context by content. A file is read when one
// of its size is asked for.
type contextFiles struct {
	context  *buildctx.Context
	bySize   map[int64][]string
	byDigest map[[32]byte]string
}

func newContextFiles(c *buildctx.Context) *contextFiles {
	f := &contextFiles{c, map[int64][]string{}, map[[32]byte]string{}}
	for _, e := range c.Entries() {
		if e.Sent && e.Mode.IsRegular() && e.Size > 0 && e.Size <= maxContextFile {
			f.bySize[e.Size] = append(f.bySize[e.Size], e.Path)
		}
	}
	return f
}

// find is the first file, by path, with that content; "" when there is none.
func (f *contextFiles) find(size int64, digest [32]byte) string {
	for _, path := range f.bySize[size] {
		content, err := f.context.Read(path, maxContextFile)
		if err != nil {
			continue // it has changed since it was listed, so it is not what was sent
		}
		sum := sha256.Sum256(content)
		if f.byDigest[sum] == "" {
			f.byDigest[sum] = path
		}
	}
	delete(f.bySize, size)
	return f.byDigest[digest]
}
