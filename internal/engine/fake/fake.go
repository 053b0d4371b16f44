// Package fake is the engine contract in memory: a small Dockerfile language,
// real OCI layouts as results, and containers whose programs are Go functions.
//
// It keeps the whole contract that package enginetest states, so what is tested on
// it holds on BuildKit too. It knows FROM, ARG, ENV, RUN, COPY, WORKDIR, USER, LABEL,
// CMD and ENTRYPOINT; files are regular and are never deleted. It uses the standard
// library and nothing that runs outside this process.
package fake

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/careenhq/careen/internal/engine"
)

// A Program is what a file of an image does when it is run. It gives the exit code.
type Program func(*Process) int

// Options say what the engine can reach. The zero value builds FROM scratch only.
type Options struct {
	Images   map[string]engine.Image                  // by reference, as a Dockerfile names them
	Programs map[string]Program                       // by the contents of a file in an image
	Push     func(ref string, img engine.Image) error // nil: there is no registry
}

// Engine is the fake.
type Engine struct {
	options Options

	mu      sync.Mutex
	steps   map[string]*state            // results of steps, by what went into them
	caches  map[string]map[string]string // contents of cache mounts, by id
	travels map[string]map[string]*state // exported caches, by reference
	closed  bool
}

var (
	_ engine.Engine         = (*Engine)(nil)
	_ engine.Pruner         = (*Engine)(nil)
	_ engine.ReadOnlyRunner = (*Engine)(nil)
)

// New makes an engine with nothing in its cache.
func New(o Options) *Engine {
	return &Engine{options: o, steps: map[string]*state{}, caches: map[string]map[string]string{}, travels: map[string]map[string]*state{}}
}

var errClosed = errors.New("the engine is closed")

// Info describes the fake.
func (e *Engine) Info(context.Context) (engine.Info, error) {
	return engine.Info{Name: "fake", Version: "1", Platform: "linux/" + runtime.GOARCH, Detail: "in memory"}, nil
}

// Resolve looks an image up.
func (e *Engine) Resolve(_ context.Context, ref, platform string) (*engine.Base, error) {
	img, ok := e.options.Images[ref]
	if !ok {
		return nil, fmt.Errorf("image %s: not found", ref)
	}
	s, err := readImage(img)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", ref, err)
	}
	return &engine.Base{Ref: ref, Digest: img.Digest, Platform: platform, Config: s.raw}, nil
}

// Prune forgets every step and cache mount; bases are the caller's, and caches that
// were exported are not the engine's any more.
func (e *Engine) Prune(context.Context, bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.steps)
	clear(e.caches)
	return nil
}

// RunsReadOnly says that RunSpec.ReadOnly is honoured.
func (e *Engine) RunsReadOnly() {}

// Close ends the engine.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

func (e *Engine) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}
