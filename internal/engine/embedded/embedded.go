//go:build linux

// Package embedded is BuildKit inside careen's own process: no daemon, no Docker.
//
//	e, err := embedded.Open(ctx, embedded.Options{Mirrors: mirrors})
//	defer e.Close()
//
// State lives under the user's cache directory and belongs to one process at a
// time. The package starts and stops BuildKit and cleans up behind one that was
// killed; everything a caller does with it is package buildkit's engine, over a
// connection in memory.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/moby/buildkit/util/network/netproviders"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/runc"
	"github.com/sirupsen/logrus"
	"go.etcd.io/bbolt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/buildkit"
)

// Options say where state lives and how images are found. The zero value works.
type Options struct {
	StateDir string              // empty: careen/buildkit under the user's cache directory
	Mirrors  map[string][]string // registry host to mirror URLs, tried in order
	Helper   string              // see buildkit.Options
	Log      io.Writer           // BuildKit's own log; nil: dropped
}

// Engine is a running embedded BuildKit.
type Engine struct {
	*buildkit.Engine
	server     *grpc.Server
	controller *control.Controller
	lock       *lock
	tmp        restoreTemp
	closed     bool
}

var _ engine.Engine = (*Engine)(nil)

// Open starts BuildKit. It fails with the remedy when runc or the rights are
// missing, and at once when another careen uses the same state.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if _, err := exec.LookPath("runc"); err != nil {
		return nil, errors.New("the embedded builder needs runc, which is not in PATH; install it (apt-get install runc) or name a BuildKit with --builder")
	}
	if os.Geteuid() != 0 {
		return nil, notRoot()
	}
	dir, err := stateDir(o.StateDir)
	if err != nil {
		return nil, err
	}
	held, err := acquire(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	e := &Engine{lock: held}
	if err := e.start(ctx, dir, o); err != nil {
		e.Close()
		return nil, fmt.Errorf("embedded builder: %w", explain(err))
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context, dir string, o Options) error {
	quiet(o.Log)
	if err := sweep(filepath.Join(dir, workerDir), filepath.Join(dir, "tmp")); err != nil {
		return err
	}
	var err error
	if e.tmp, err = useTemp(filepath.Join(dir, "tmp")); err != nil {
		return err
	}
	apicaps.ExportedProduct = "buildkit"
	if e.controller, err = newController(ctx, dir, o.Mirrors); err != nil {
		return err
	}
	e.server = grpc.NewServer(grpc.UnaryInterceptor(grpcerrors.UnaryServerInterceptor), grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor))
	e.controller.Register(e.server)
	listener := bufconn.Listen(1 << 20)
	go func() { _ = e.server.Serve(listener) }()
	c, err := client.New(ctx, "", client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	}))
	if err != nil {
		return err
	}
	e.Engine = buildkit.Wrap(c, engine.Info{Name: "embedded BuildKit", Version: moduleVersion("github.com/moby/buildkit")}, o.Helper)
	return nil
}

// Close ends BuildKit and gives the state free.
func (e *Engine) Close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	var errs []error
	if e.Engine != nil {
		errs = append(errs, e.Engine.Close())
	}
	if e.server != nil {
		e.server.Stop()
	}
	if e.controller != nil {
		errs = append(errs, e.controller.Close())
	}
	e.tmp.restore()
	errs = append(errs, e.lock.release())
	return errors.Join(errs...)
}

func newController(ctx context.Context, dir string, mirrors map[string][]string) (*control.Controller, error) {
	sessions, err := session.NewManager()
	if err != nil {
		return nil, err
	}
	hosts := registryHosts(mirrors)
	w, err := newWorker(ctx, dir, hosts)
	if err != nil {
		return nil, err
	}
	wc := &worker.Controller{}
	if err := wc.Add(w); err != nil {
		return nil, err
	}
	gw, err := gateway.NewGatewayFrontend(wc.Infos(), nil)
	if err != nil {
		return nil, err
	}
	cache, err := bboltcachestorage.NewStore(filepath.Join(dir, "cache.db"))
	if err != nil {
		return nil, err
	}
	history, err := boltutil.SafeOpen(filepath.Join(dir, "history.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: true})
	if err != nil {
		return nil, err
	}
	return control.NewController(control.Opt{
		SessionManager:   sessions,
		WorkerController: wc,
		Frontends: map[string]frontend.Frontend{
			"dockerfile.v0": forwarder.NewGatewayForwarder(wc.Infos(), dockerfile.Build),
			"gateway.v0":    gw,
		},
		CacheManager:              solver.NewCacheManager(ctx, "local", cache, worker.NewCacheResultStorage(wc)),
		ResolveCacheExporterFuncs: cacheExporters(sessions, hosts),
		ResolveCacheImporterFuncs: cacheImporters(sessions, w, hosts),
		HistoryDB:                 history,
		CacheStore:                cache,
		LeaseManager:              w.LeaseManager(),
		ContentStore:              w.ContentStore(),
		GarbageCollect:            w.GarbageCollect,
	})
}

// workerDir is where runc.NewWorkerOpt keeps the worker's state.
const workerDir = "runc-overlayfs"

func newWorker(ctx context.Context, dir string, hosts docker.RegistryHosts) (*base.Worker, error) {
	factory := runc.SnapshotterFactory{Name: "overlayfs", New: func(root string) (snapshots.Snapshotter, error) {
		if overlayutils.Supported(filepath.Dir(root)) != nil {
			return native.NewSnapshotter(root)
		}
		return overlay.NewSnapshotter(root, overlay.AsynchronousRemove)
	}}
	opt, err := runc.NewWorkerOpt(dir, factory, false, oci.ProcessSandbox, nil, nil, netproviders.Opt{Mode: "host"}, nil, "runc", "", false, nil, "", "", nil)
	if err != nil {
		return nil, err
	}
	opt.RegistryHosts = hosts
	opt.GCPolicy = gcPolicy(dir)
	return base.NewWorker(ctx, opt)
}

// quiet sends BuildKit's log where the caller wants it, never to the terminal.
func quiet(w io.Writer) {
	if w == nil {
		w = io.Discard
	}
	logrus.SetOutput(w)
}

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
