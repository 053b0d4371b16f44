//go:build linux

// Package embedded is BuildKit inside careen's own process: no daemon, no Docker.
//
//	e, err := embedded.Open(ctx, embedded.Options{Mirrors: mirrors})
//	defer e.Close()
//
// State lives under the user's cache directory and belongs to one process at a
// time. Root runs BuildKit in this very process, an ordinary user in a child
// under rootlesskit. The package starts and stops BuildKit and cleans up behind
// one that was killed; everything a caller does with it is package buildkit's
// engine, over a connection of their own.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/moby/buildkit/client"
	"google.golang.org/grpc/test/bufconn"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/buildkit"
)

// Options say where state lives and how images are found. The zero value works.
type Options struct {
	StateDir string              // empty: careen/buildkit under the user's cache directory
	MaxBytes int64               // of state, kept by garbage collection; 0: 20 % of the disk, at most 40 GB
	Mirrors  map[string][]string // registry host to mirror URLs, tried in order
	Helper   string              // see buildkit.Options
	Log      io.Writer           // BuildKit's own log; nil: dropped
}

// Engine is a running embedded BuildKit.
type Engine struct {
	*buildkit.Engine
	state    string
	maxBytes int64
	narrow   *atomic.Int32 // see LimitProcessors; nil in a child's
	stop     func() error  // collects garbage, ends BuildKit and gives the state free; safe to call twice
}

var (
	_ engine.Engine         = (*Engine)(nil)
	_ engine.Pruner         = (*Engine)(nil)
	_ engine.ReadOnlyRunner = (*Engine)(nil)
	_ engine.MemoryLimiter  = (*limiting)(nil)

	_ engine.ProcessorLimiter = (*narrowing)(nil)
)

// limiting is the engine on a machine that lets it limit memory.
type limiting struct{ *Engine }

// narrowing also chooses the processors.
type narrowing struct{ limiting }

// LimitProcessors lets what is started from now on see n processors; 0: all.
func (e *narrowing) LimitProcessors(n int) { e.narrow.Store(int32(min(n, maxProcessors))) }

// LimitsMemory says that RunSpec.Memory is honoured.
func (*limiting) LimitsMemory() {}

// RunsReadOnly says that RunSpec.ReadOnly is honoured.
func (*Engine) RunsReadOnly() {}

// Open starts BuildKit. It fails with the remedy when runc or the rights are
// missing, and at once when another careen uses the same state. The engine is a
// MemoryLimiter where this process may make control groups.
func Open(ctx context.Context, o Options) (engine.Engine, error) {
	if err := needRunc(); err != nil {
		return nil, err
	}
	dir, err := stateDir(o.StateDir)
	if err != nil {
		return nil, err
	}
	o.StateDir = dir
	if os.Geteuid() != 0 {
		return openRootless(ctx, o)
	}
	e, err := openHere(ctx, o)
	if err != nil {
		return nil, err
	}
	if !canLimitMemory("/sys/fs/cgroup") {
		return e, nil
	}
	if canLimitProcessors("/sys/fs/cgroup") {
		return &narrowing{limiting{e}}, nil
	}
	return &limiting{e}, nil
}

func needRunc() error {
	if _, err := exec.LookPath("runc"); err != nil {
		return errors.New("the embedded builder needs runc, which is not in PATH; install it (apt-get install runc) or name a BuildKit with --builder")
	}
	return nil
}

// openHere runs BuildKit in this process.
func openHere(ctx context.Context, o Options) (*Engine, error) {
	variable, narrow := wishVariable(), new(atomic.Int32)
	s, err := start(ctx, o, serverOptions{wish: variable, narrow: narrow})
	if err != nil {
		return nil, err
	}
	listener := bufconn.Listen(1 << 20)
	go func() { _ = s.grpc.Serve(listener) }()
	c, err := client.New(ctx, "", buildkit.Ordered(), client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	}))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded builder: %w", err), s.close())
	}
	e := wrap(c, o, variable, "", s.close)
	e.narrow = narrow
	return e, nil
}

func wrap(c *client.Client, o Options, variable, detail string, stop func() error) *Engine {
	info := engine.Info{Name: "embedded BuildKit", Version: moduleVersion("github.com/moby/buildkit"), Detail: detail}
	e := &Engine{Engine: buildkit.Wrap(c, info, o.Helper), state: o.StateDir, maxBytes: o.MaxBytes}
	e.stop = sync.OnceValue(func() error { return errors.Join(e.trim(), e.Engine.Close(), stop()) })
	e.Honour(variable)
	return e
}

// Build builds once. An error of the machine comes with its remedy.
func (e *Engine) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	res, err := e.Engine.Build(ctx, req)
	return res, explain(err)
}

// Start starts a container. An error of the machine comes with its remedy.
func (e *Engine) Start(ctx context.Context, spec engine.RunSpec) (engine.Container, error) {
	c, err := e.Engine.Start(ctx, spec)
	return c, explain(err)
}

// Info describes the engine.
func (e *Engine) Info(ctx context.Context) (engine.Info, error) {
	info, err := e.Engine.Info(ctx)
	info.Detail = strings.Replace(info.Detail, "oci,", "runc,", 1)
	return info, err
}

// Close collects garbage, ends BuildKit and gives the state free.
func (e *Engine) Close() error { return e.stop() }

// moduleVersion is the version of a module in this binary.
func moduleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dep := range info.Deps {
		if dep.Path == path {
			return dep.Version
		}
	}
	return "unknown"
}
