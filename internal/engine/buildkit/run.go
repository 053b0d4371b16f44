package buildkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"

	"github.com/careenhq/careen/internal/engine"
)

// helperDir is where containers see the helper's directory.
var helperDir = path.Dir(engine.HelperPath)

// Start starts a container of an image layout on this machine. The builder gets
// the layers it does not have yet.
func (e *Engine) Start(ctx context.Context, spec engine.RunSpec) (engine.Container, error) {
	config, err := imageConfig(spec.Image)
	if err != nil {
		return nil, err
	}
	helper, err := e.helperRoot()
	if err != nil {
		return nil, err
	}
	s := newSources(helper)
	if err := s.addImage("/", spec.Image, spec.ReadOnly); err != nil {
		return nil, err
	}
	for _, m := range spec.Mounts {
		if err := s.addMount(m); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &container{spec: spec, config: config, wishes: e.wishes(spec), cancel: cancel, started: make(chan struct{}), stop: make(chan struct{}), gone: make(chan struct{}), exited: make(chan struct{})}
	ch := make(chan *client.SolveStatus)
	go func() {
		for status := range ch {
			if spec.Events != nil {
				spec.Events(engine.Event{Raw: status})
			}
		}
	}()
	go func() {
		defer close(c.gone)
		opt := client.SolveOpt{LocalMounts: s.locals, OCIStores: s.stores, Session: []session.Attachable{}}
		_, err := e.client.Build(ctx, opt, "", func(ctx context.Context, g gateway.Client) (*gateway.Result, error) {
			return gateway.NewResult(), c.serve(ctx, g, s)
		}, ch)
		c.fail(err)
	}()
	select {
	case <-c.started:
	case <-c.gone:
		cancel()
		return nil, fmt.Errorf("container: %w", c.failure())
	}
	return c, nil
}

// imageConfig reads the configuration of an image in a layout.
func imageConfig(img engine.Image) (*v1.Config, error) {
	hash, err := v1.NewHash(img.Digest)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	p, err := layout.FromPath(img.Layout)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	image, err := p.Image(hash)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	raw, err := image.RawConfigFile()
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	var file v1.ConfigFile
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("image configuration: %w", err)
	}
	return &file.Config, nil
}

// sources are the trees that a container is made of.
type sources struct {
	locals map[string]fsutil.FS
	stores map[string]content.Store
	mounts []source
	err    error
}

type source struct {
	dest     string
	readonly bool
	state    llb.State
}

func newSources(helper string) *sources {
	s := &sources{locals: map[string]fsutil.FS{}, stores: map[string]content.Store{}}
	s.err = s.addDir(helperDir, helper, "careen-helper")
	return s
}

func (s *sources) addImage(dest string, img engine.Image, readonly bool) error {
	store, err := local.NewStore(img.Layout)
	if err != nil {
		return fmt.Errorf("image layout: %w", err)
	}
	id := fmt.Sprintf("careen-%d", len(s.stores))
	s.stores[id] = store
	state := llb.OCILayout("careen.invalid/image@"+img.Digest, llb.OCIStore("", id), llb.WithCustomName("[internal] load image under test"))
	s.mounts = append(s.mounts, source{dest, readonly, state})
	return nil
}

func (s *sources) addMount(m engine.Mount) error {
	if m.Image != nil {
		return s.addImage(m.Target, *m.Image, !m.Writable)
	}
	return s.addDir(m.Target, m.Dir, fmt.Sprintf("careen-mount-%d", len(s.mounts)))
}

func (s *sources) addDir(dest, dir, name string) error {
	fs, err := fsutil.NewFS(dir)
	if err != nil {
		return fmt.Errorf("mount %s: %w", dir, err)
	}
	s.locals[name] = fs
	state := llb.Local(name, llb.SharedKeyHint(name), llb.WithCustomName("[internal] load "+name))
	s.mounts = append(s.mounts, source{dest, true, state})
	return nil
}

// solve asks the builder for every tree.
func (s *sources) solve(ctx context.Context, g gateway.Client) ([]gateway.Mount, error) {
	if s.err != nil {
		return nil, s.err
	}
	var mounts []gateway.Mount
	for _, src := range s.mounts {
		def, err := src.state.Marshal(ctx)
		if err != nil {
			return nil, err
		}
		res, err := g.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
		if err != nil {
			return nil, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, gateway.Mount{Dest: src.dest, Ref: ref, Readonly: src.readonly, MountType: pb.MountType_BIND})
	}
	return mounts, nil
}

// container is a running gateway container. Its build function stays alive for
// as long as the container does.
type container struct {
	spec   engine.RunSpec
	config *v1.Config
	wishes []string // variables that only the engine's executor sees
	cancel context.CancelFunc
	head   head // of standard error

	ctr   gateway.Container
	main  gateway.ContainerProcess
	began time.Time

	started chan struct{} // closed once the first process runs
	stop    chan struct{} // closed by Close
	exited  chan struct{} // closed once the first process ended
	gone    chan struct{} // closed once the builder has let go

	mu       sync.Mutex
	stopping sync.Once
	exit     engine.Exit
	err      error
}

func (c *container) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && err != nil {
		c.err = err
	}
}

func (c *container) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		return errors.New("the builder ended it")
	}
	return c.err
}

// serve is the build function: it starts the container and waits for Close.
func (c *container) serve(ctx context.Context, g gateway.Client, s *sources) error {
	mounts, err := s.solve(ctx, g)
	if err != nil {
		return err
	}
	for _, dir := range c.spec.Tmpfs {
		mounts = append(mounts, gateway.Mount{Dest: dir, MountType: pb.MountType_TMPFS})
	}
	net := pb.NetMode_NONE
	if c.spec.Network {
		net = pb.NetMode_UNSET
	}
	if c.ctr, err = g.NewContainer(ctx, gateway.NewContainerRequest{Mounts: mounts, NetMode: net}); err != nil {
		return err
	}
	defer c.ctr.Release(context.WithoutCancel(ctx))
	c.began = time.Now()
	if c.main, err = c.ctr.Start(ctx, c.first()); err != nil {
		return err
	}
	close(c.started)
	go c.reap()
	select {
	case <-c.stop:
	case <-ctx.Done():
	}
	_ = c.main.Signal(context.WithoutCancel(ctx), syscall.SIGKILL)
	return nil
}

// args is the command line of the container's own process.
func (c *container) args() []string {
	if c.spec.Args != nil {
		return c.spec.Args
	}
	command := c.config.Cmd
	if c.spec.Command != nil {
		command = c.spec.Command
	}
	return append(append([]string{}, c.config.Entrypoint...), command...)
}

// first is the container's own process.
func (c *container) first() gateway.StartRequest {
	return gateway.StartRequest{
		Args: c.args(), Env: append(c.env(c.spec.Env), c.wishes...), User: first(c.spec.User, c.config.User), Cwd: first(c.spec.Dir, c.config.WorkingDir, "/"),
		Stdin: reader(c.spec.Stdin), Stdout: writer(c.spec.Stdout), Stderr: writer(c.errOut()),
	}
}

// errOut is the caller's standard error, of which the beginning is kept.
func (c *container) errOut() io.Writer {
	if c.spec.Stderr == nil {
		return &c.head
	}
	return io.MultiWriter(c.spec.Stderr, &c.head)
}

// env is the image's environment with more on top, each name once; a container has
// a PATH even when the image sets none.
func (c *container) env(extra []string) []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, kv := range append(append([]string{}, c.config.Env...), extra...) {
		name, _, _ := strings.Cut(kv, "=")
		same := func(have string) bool { return strings.HasPrefix(have, name+"=") }
		if at := slices.IndexFunc(env, same); at >= 0 {
			env[at] = kv
			continue
		}
		env = append(env, kv)
	}
	return env
}

// reap waits for the first process and enforces its time limit.
func (c *container) reap() {
	var timer *time.Timer
	timedOut := make(chan struct{})
	if c.spec.Timeout > 0 {
		timer = time.AfterFunc(c.spec.Timeout, func() {
			close(timedOut)
			_ = c.main.Signal(context.Background(), syscall.SIGKILL)
		})
	}
	err := c.main.Wait()
	exit, err := exitOf(err)
	exit.Duration = time.Since(c.began)
	if err == nil {
		err = c.neverRan(exit)
	}
	if timer != nil && !timer.Stop() {
		<-timedOut
		exit.TimedOut, exit.Code, err = true, codeKilled, nil
	}
	c.mu.Lock()
	c.exit = exit
	if c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	close(c.exited)
}

// notStarted is how runc begins when there is no such program in the image.
const notStarted = "runc run failed: unable to start container process: "

// neverRan tells a container that could not start its program from one whose
// program failed: the engine itself reports both as an exit code.
func (c *container) neverRan(exit engine.Exit) error {
	text, _, _ := strings.Cut(c.head.String(), "\n")
	if why, ok := strings.CutPrefix(text, notStarted); ok && exit.Code != 0 {
		return fmt.Errorf("cannot start %s: %s", strings.Join(c.args(), " "), strings.TrimPrefix(why, "error during container init: "))
	}
	return nil
}

// Signal sends a signal to the first process.
func (c *container) Signal(ctx context.Context, signal int) error {
	if err := c.main.Signal(ctx, syscall.Signal(signal)); err != nil {
		return fmt.Errorf("signal: %w", err)
	}
	return nil
}

// Wait waits for the first process.
func (c *container) Wait(ctx context.Context) (engine.Exit, error) {
	select {
	case <-c.exited:
	case <-ctx.Done():
		return engine.Exit{}, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.exit, fmt.Errorf("container: %w", c.err)
	}
	return c.exit, nil
}

// Close kills the container and waits until the builder has let go of it.
func (c *container) Close() error {
	c.stopping.Do(func() { close(c.stop) })
	<-c.gone
	c.cancel()
	return nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func reader(r io.Reader) io.ReadCloser {
	if r == nil {
		return nil
	}
	return io.NopCloser(r)
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }

func writer(w io.Writer) io.WriteCloser {
	if w == nil {
		return nil
	}
	return nopWriteCloser{w}
}
