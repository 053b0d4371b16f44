package careen

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/buildkit"
	"github.com/careenhq/careen/internal/engine/embedded"
	"github.com/careenhq/careen/internal/project"
)

// EngineOptions choose the engine. The zero value is the embedded one.
type EngineOptions struct {
	// Address of a BuildKit: unix:///path, or tcp://host:port with mutual TLS as
	// ?ca=FILE&cert=FILE&key=FILE&name=SERVER. Empty: the embedded BuildKit.
	Address string
	Mirrors map[string][]string // for the embedded BuildKit; another one has its own
}

// EngineVerb is the hidden verb that a program using the embedded engine must hand
// to ServeEngine, as its first argument: an ordinary user's engine is a child of
// the same program under rootlesskit.
const EngineVerb = embedded.ChildVerb

// ServeEngine is that child. It gives the exit code.
func ServeEngine(ctx context.Context, in io.Reader, out io.Writer) int {
	return embedded.Child(ctx, in, out)
}

// OpenEngine opens the engine that the options name.
func OpenEngine(ctx context.Context, o EngineOptions) (engine.Engine, error) {
	if o.Address == "" {
		return embedded.Open(ctx, embedded.Options{Mirrors: o.Mirrors})
	}
	u, err := url.Parse(o.Address)
	if err != nil || u.Scheme != "unix" && u.Scheme != "tcp" {
		return nil, fmt.Errorf("builder %q: want unix:///path/to/buildkitd.sock or tcp://host:port", o.Address)
	}
	q := u.Query()
	address, _, _ := strings.Cut(o.Address, "?")
	return buildkit.New(ctx, buildkit.Options{
		Address: address, CA: q.Get("ca"), Cert: q.Get("cert"), Key: q.Get("key"), Name: q.Get("name"),
	})
}

// frontendNote tells when the Dockerfile asks for a frontend of docker/dockerfile and
// is read by the one that careen carries.
func frontendNote(p *project.Project) []string {
	syntax := buildkit.CarriedSyntax(p.Dockerfile.Source, p.Settings.BuildArgs)
	if syntax == "" {
		return nil
	}
	return []string{"frontend: built with the Dockerfile frontend that careen carries, in place of " + syntax}
}
