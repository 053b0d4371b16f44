package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/careenhq/careen/internal/engine"
)

// box is the world of some processes: a tree, what may not be written, and who
// listens.
type box struct {
	mu       sync.Mutex
	tree     map[string]string
	readOnly bool
	writable []string // directories that may be written in spite of readOnly
	sealed   []string // directories that may never be written
	servers  map[int]http.Handler
	args     []string // of the first process
}

// A Process is what a Program sees. Its zero value is of no use.
type Process struct {
	Args, Env      []string
	Dir            string
	User           int
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	box     *box
	ctx     context.Context //nolint:containedctx // its end is the process's
	mu      sync.Mutex
	signals chan int // nil: signals end the process
	kill    context.CancelFunc
}

// Killed is closed when the process must end at once.
func (p *Process) Killed() <-chan struct{} { return p.ctx.Done() }

// Signals gives the signals sent from now on, instead of ending the process.
func (p *Process) Signals() <-chan int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.signals == nil {
		p.signals = make(chan int, 8)
	}
	return p.signals
}

const sigkill = 9

func (p *Process) signal(number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.signals == nil || number == sigkill {
		p.kill()
		return
	}
	select {
	case p.signals <- number:
	default:
	}
}

func (p *Process) abs(name string) string {
	if !path.IsAbs(name) {
		name = path.Join("/", p.Dir, name)
	}
	return clean(name)
}

// ReadFile reads a file of the container.
func (p *Process) ReadFile(name string) ([]byte, error) {
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	data, ok := p.box.tree[p.abs(name)]
	if !ok {
		return nil, fmt.Errorf("open %s: no such file or directory", name)
	}
	return []byte(data), nil
}

// WriteFile writes a file of the container.
func (p *Process) WriteFile(name string, data []byte) error {
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	at := p.abs(name)
	if within(at, p.box.sealed) || p.box.readOnly && !within(at, p.box.writable) {
		return fmt.Errorf("open %s: read-only file system", name)
	}
	p.box.tree[at] = string(data)
	return nil
}

func within(name string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return strings.HasPrefix(name, clean(dir)+"/") })
}

// Serve listens on a port of the container until the process is killed.
func (p *Process) Serve(port int, h http.Handler) error {
	p.box.mu.Lock()
	if p.box.servers[port] != nil {
		p.box.mu.Unlock()
		return errors.New("address already in use")
	}
	p.box.servers[port] = h
	p.box.mu.Unlock()
	<-p.ctx.Done()
	return p.ctx.Err()
}

// Dial fails unless a process of the container listens there: there is no network.
func (p *Process) Dial(address string) error {
	_, port, _ := strings.Cut(address, ":")
	number, _ := strconv.Atoi(port)
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	if p.box.servers[number] == nil {
		return fmt.Errorf("dial %s: connection refused", address)
	}
	return nil
}

// code of a process that was killed, and of one that is no program.
const (
	codeKilled   = 128 + sigkill
	codeNotFound = 127
)

var errNotFound = errors.New("no such file or directory")

// find looks a program up as a shell does.
func (e *Engine) find(p *Process) (Program, error) {
	names := []string{p.Args[0]}
	if !strings.Contains(p.Args[0], "/") {
		names = nil
		for dir := range strings.SplitSeq(value(p.Env, "PATH"), ":") {
			names = append(names, path.Join(dir, p.Args[0]))
		}
	}
	for _, name := range names {
		if data, err := p.ReadFile(name); err == nil {
			if program := e.options.Programs[string(data)]; program != nil {
				return program, nil
			}
		}
	}
	return nil, fmt.Errorf("cannot start %s: %w", strings.Join(p.Args, " "), errNotFound)
}

func value(env []string, name string) string {
	for _, kv := range slices.Backward(env) {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// setEnv adds settings, each name once.
func setEnv(env []string, more ...string) []string {
	env = slices.Clone(env)
	for _, kv := range more {
		name, _, _ := strings.Cut(kv, "=")
		if at := slices.IndexFunc(env, func(have string) bool { return strings.HasPrefix(have, name+"=") }); at >= 0 {
			env[at] = kv
			continue
		}
		env = append(env, kv)
	}
	return env
}

// userID reads a user of the tree: a number, or a name of /etc/passwd.
func userID(tree map[string]string, name string) int {
	name, _, _ = strings.Cut(name, ":")
	if id, err := strconv.Atoi(name); err == nil {
		return id
	}
	for line := range strings.Lines(tree["etc/passwd"]) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[0] == name {
			id, _ := strconv.Atoi(fields[2])
			return id
		}
	}
	return 0
}

// started is a process under way.
type started struct {
	process *Process
	began   time.Time
	done    chan struct{}
	exit    engine.Exit
}

// launch starts a process; the caller has set everything but its life.
func (e *Engine) launch(ctx context.Context, p *Process) (*started, error) {
	if p.Stdin == nil {
		p.Stdin = bytes.NewReader(nil)
	}
	if p.Stdout == nil {
		p.Stdout = io.Discard
	}
	if p.Stderr == nil {
		p.Stderr = io.Discard
	}
	if len(p.Args) == 0 {
		return nil, errors.New("no command")
	}
	program := e.helper(p)
	if program == nil {
		var err error
		if program, err = e.find(p); err != nil {
			return nil, err
		}
	}
	p.ctx, p.kill = context.WithCancel(ctx)
	s := &started{process: p, began: time.Now(), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		code := program(p)
		if p.ctx.Err() != nil {
			code = codeKilled
		}
		s.exit = engine.Exit{Code: code, Duration: time.Since(s.began)}
		p.kill()
	}()
	return s, nil
}
