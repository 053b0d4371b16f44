//go:build linux

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
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
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/runc"
	"go.etcd.io/bbolt"
	"google.golang.org/grpc"

	"github.com/careenhq/careen/internal/engine/buildkit"
)

// server is BuildKit on one state directory, not yet listening.
type server struct {
	grpc       *grpc.Server
	controller *control.Controller
	snapshots  io.Closer // BuildKit leaves this one open
	lock       *lock
	tmp        restoreTemp
	state      string
	closing    sync.Once
	closed     error
}

type serverOptions struct {
	wish     string              // see wishing
	narrow   *atomic.Int32       // see wishing; nil: never
	rootless bool                // inside rootlesskit's namespaces
	grpc     []grpc.ServerOption // credentials
}

// start takes the state directory's lock, clears what a killed engine left, and
// starts BuildKit.
func start(ctx context.Context, o Options, so serverOptions) (*server, error) {
	held, err := acquire(filepath.Join(o.StateDir, "lock"))
	if err != nil {
		return nil, err
	}
	s := &server{lock: held, state: o.StateDir}
	if err := s.start(ctx, o, so); err != nil {
		_ = s.close()
		return nil, fmt.Errorf("embedded builder: %w", explain(err))
	}
	return s, nil
}

func (s *server) start(ctx context.Context, o Options, so serverOptions) error {
	buildkit.Quiet(o.Log)
	if err := sweep(s.state); err != nil {
		return err
	}
	var err error
	if s.tmp, err = useTemp(filepath.Join(s.state, tmpDir)); err != nil {
		return err
	}
	apicaps.ExportedProduct = "buildkit"
	resolver.DefaultPool.Clear() // it remembers the mirrors of an engine before this one
	if s.controller, err = s.newController(ctx, o, so); err != nil {
		return err
	}
	s.grpc = grpc.NewServer(append(so.grpc, grpc.WaitForHandlers(true), grpc.UnaryInterceptor(grpcerrors.UnaryServerInterceptor), grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor))...)
	s.controller.Register(s.grpc)
	return nil
}

// close ends BuildKit, clears what it left and gives the state free.
func (s *server) close() error {
	s.closing.Do(func() {
		var errs []error
		if s.grpc != nil {
			s.stop()
		}
		if s.controller != nil {
			errs = append(errs, s.controller.Close())
		}
		if s.snapshots != nil {
			errs = append(errs, s.snapshots.Close())
		}
		s.closed = errors.Join(append(errs, s.tmp.restore(), sweep(s.state), s.lock.release())...)
	})
	return s.closed
}

// stopLimit is how long running calls may take to end once cancelled.
const stopLimit = 10 * time.Second

// stop cancels every call and waits until each has put its mounts away.
func (s *server) stop() {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.grpc.Stop()
	}()
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-stopped:
	case <-timer.C:
	}
}

func (s *server) newController(ctx context.Context, o Options, so serverOptions) (*control.Controller, error) {
	sessions, err := session.NewManager()
	if err != nil {
		return nil, err
	}
	hosts := registryHosts(o.Mirrors)
	w, err := s.newWorker(ctx, o, so, hosts)
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
	cache, err := bboltcachestorage.NewStore(filepath.Join(o.StateDir, "cache.db"))
	if err != nil {
		return nil, err
	}
	history, err := boltutil.SafeOpen(filepath.Join(o.StateDir, "history.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: true})
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

// Directories below the state's. The worker's is where runc.NewWorkerOpt puts it.
const (
	workerDir = "runc-overlayfs"
	tmpDir    = "tmp"
)

func (s *server) newWorker(ctx context.Context, o Options, so serverOptions, hosts docker.RegistryHosts) (*base.Worker, error) {
	factory := runc.SnapshotterFactory{Name: "overlayfs", New: func(root string) (snapshots.Snapshotter, error) {
		sn, err := newSnapshotter(root)
		if err == nil {
			s.snapshots = sn
		}
		return sn, err
	}}
	opt, err := runc.NewWorkerOpt(o.StateDir, factory, so.rootless, oci.ProcessSandbox, nil, nil, netproviders.Opt{Mode: "host"}, nil, "runc", "", false, nil, "", "", nil)
	if err != nil {
		return nil, err
	}
	opt.RegistryHosts = hosts
	opt.GCPolicy = gcPolicy(o.StateDir, o.MaxBytes)
	if so.wish != "" {
		opt.Executor = wishing{opt.Executor, so.wish, so.narrow}
	}
	return base.NewWorker(ctx, opt)
}

// newSnapshotter copies trees where the file system has no overlays.
func newSnapshotter(root string) (snapshots.Snapshotter, error) {
	if overlayutils.Supported(filepath.Dir(root)) != nil {
		return native.NewSnapshotter(root)
	}
	return overlay.NewSnapshotter(root, overlay.AsynchronousRemove)
}
