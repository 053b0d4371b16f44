package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/probe"
)

// Start starts a container.
func (e *Engine) Start(ctx context.Context, spec engine.RunSpec) (engine.Container, error) {
	if e.isClosed() {
		return nil, errClosed
	}
	s, err := readImage(spec.Image)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	b := &box{tree: s.tree, readOnly: spec.ReadOnly, writable: spec.Tmpfs, servers: map[int]http.Handler{}}
	for _, m := range spec.Mounts {
		if err := b.mount(m); err != nil {
			return nil, fmt.Errorf("mount %s: %w", m.Target, err)
		}
	}
	args := spec.Args
	if args == nil {
		command := s.config.Cmd
		if spec.Command != nil {
			command = spec.Command
		}
		args = slices.Concat(s.config.Entrypoint, command)
	}
	b.args = args
	ctx, cancel := context.WithCancel(ctx)
	c := &container{engine: e, spec: spec, config: s.config, box: b, ctx: ctx, cancel: cancel}
	p := c.process(args, nil, "", "")
	p.Stdin, p.Stdout, p.Stderr = spec.Stdin, spec.Stdout, spec.Stderr
	if c.first, err = e.launch(ctx, p); err != nil {
		cancel()
		return nil, fmt.Errorf("container: %w", err)
	}
	if spec.Timeout > 0 {
		timer := time.AfterFunc(spec.Timeout, func() {
			c.timedOut.Store(true)
			p.kill()
		})
		context.AfterFunc(p.ctx, func() { timer.Stop() })
	}
	return c, nil
}

func (b *box) mount(m engine.Mount) error {
	b.sealed = append(b.sealed, m.Target)
	if m.Image != nil {
		s, err := readImage(*m.Image)
		if err != nil {
			return err
		}
		for name, data := range s.tree {
			b.tree[clean(path.Join(m.Target, name))] = data
		}
		return nil
	}
	return filepath.WalkDir(m.Dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(m.Dir, file)
		b.tree[clean(path.Join(m.Target, filepath.ToSlash(rel)))] = string(data)
		return err
	})
}

type container struct {
	engine   *Engine
	spec     engine.RunSpec
	config   settings
	box      *box
	ctx      context.Context //nolint:containedctx // its end is the container's
	cancel   context.CancelFunc
	first    *started
	timedOut atomic.Bool
}

func (c *container) process(args, env []string, user, dir string) *Process {
	pick := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return v
			}
		}
		return ""
	}
	return &Process{
		Args: args, Env: setEnv(c.config.Env, slices.Concat(c.spec.Env, env)...), box: c.box,
		Dir:  pick(dir, c.spec.Dir, c.config.WorkingDir, "/"),
		User: userID(c.box.tree, pick(user, c.spec.User, c.config.User, "0")),
	}
}

// Exec runs another process.
func (c *container) Exec(ctx context.Context, spec engine.ExecSpec) (engine.Exit, error) {
	p := c.process(spec.Args, spec.Env, spec.User, spec.Dir)
	p.Stdin, p.Stdout, p.Stderr = spec.Stdin, spec.Stdout, spec.Stderr
	s, err := c.engine.launch(c.ctx, p)
	if err != nil {
		return engine.Exit{Code: codeNotFound}, nil //nolint:nilerr // as a shell would say
	}
	select {
	case <-s.done:
		return s.exit, nil
	case <-ctx.Done():
		p.kill()
		<-s.done
		s.exit.TimedOut = true
		return s.exit, ctx.Err()
	}
}

// Signal signals the first process.
func (c *container) Signal(_ context.Context, number int) error {
	c.first.process.signal(number)
	return nil
}

// Wait waits for the first process.
func (c *container) Wait(ctx context.Context) (engine.Exit, error) {
	select {
	case <-c.first.done:
	case <-ctx.Done():
		return engine.Exit{}, ctx.Err()
	}
	exit := c.first.exit
	exit.TimedOut = c.timedOut.Load()
	return exit, nil
}

// Close kills what still runs.
func (c *container) Close() error {
	c.cancel()
	<-c.first.done
	return nil
}

// helper is the program behind engine.HelperPath, nil for any other command line.
func (e *Engine) helper(p *Process) Program {
	if len(p.Args) != 3 || p.Args[0] != engine.HelperPath || p.Args[1] != "probe" || p.Args[2] != "do" {
		return nil
	}
	return func(p *Process) int {
		var requests []probe.Request
		if err := json.NewDecoder(p.Stdin).Decode(&requests); err != nil {
			fmt.Fprintln(p.Stderr, "careen probe:", err)
			return 2
		}
		answers := make([]probe.Answer, len(requests))
		for i, r := range requests {
			answers[i] = p.answer(r)
		}
		_ = json.NewEncoder(p.Stdout).Encode(answers)
		return 0
	}
}

func (p *Process) answer(r probe.Request) (a probe.Answer) {
	switch {
	case r.Wait != nil:
		return p.await(r.Wait)
	case r.Ports != nil:
		a.Ports = p.ports()
	case r.HTTP != nil:
		return p.get(r.HTTP)
	case r.Env != nil:
		a.Env = p.Env
	case r.Stat != nil:
		for _, name := range r.Stat.Paths {
			a.Files = append(a.Files, p.stat(name))
		}
	case r.Processes != nil:
		a.Processes = []probe.Process{{PID: 1, Name: path.Base(p.box.args[0]), Args: p.box.args, State: "S"}}
	default:
		a.Error = "the fake cannot answer that"
	}
	return a
}

func (p *Process) ports() (list []probe.Port) {
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	for _, port := range slices.Sorted(maps.Keys(p.box.servers)) {
		list = append(list, probe.Port{Network: "tcp", Address: "127.0.0.1", Port: port})
	}
	return list
}

func (p *Process) stat(name string) probe.File {
	data, err := p.ReadFile(name)
	if err != nil {
		return probe.File{Path: name, Type: "none"}
	}
	return probe.File{Path: name, Type: "file", Mode: 0o755, Size: int64(len(data))}
}

// get asks a server of the container, with no connection in between.
func (p *Process) get(r *probe.HTTPRequest) (a probe.Answer) {
	u, err := url.Parse(r.URL)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	port, _ := strconv.Atoi(u.Port())
	p.box.mu.Lock()
	handler := p.box.servers[port]
	p.box.mu.Unlock()
	if handler == nil {
		a.Error = "connection refused"
		return a
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(method, r.URL, strings.NewReader(r.Body)))
	a.HTTP = &probe.HTTPResponse{Status: w.Code, Headers: w.Header(), Body: w.Body.Bytes()}
	return a
}

// await polls until everything asked for is there.
func (p *Process) await(w *probe.WaitRequest) probe.Answer {
	for end := time.Now().Add(w.Timeout); ; time.Sleep(time.Millisecond) {
		a := probe.Answer{Ports: p.ports()}
		ready := len(a.Ports) > 0
		for _, port := range w.Ports {
			ready = ready && slices.ContainsFunc(a.Ports, func(have probe.Port) bool { return have.Port == port })
		}
		if ready && w.HTTP != nil {
			got := p.get(w.HTTP)
			a.HTTP, ready = got.HTTP, got.Error == ""
		}
		if ready {
			return a
		}
		if time.Now().After(end) || p.ctx.Err() != nil {
			a.Error = "nothing listens"
			return a
		}
	}
}
