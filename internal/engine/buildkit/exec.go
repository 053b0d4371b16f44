package buildkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"syscall"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/probe"
)

// codeKilled is what a shell says of a process that SIGKILL ended.
const codeKilled = 128 + int(syscall.SIGKILL)

// exitOf reads the exit code out of a process's error. One that is no exit code
// comes of a process killed before it had quite started.
func exitOf(err error) (engine.Exit, error) {
	var exit *gatewaypb.ExitError
	switch {
	case !errors.As(err, &exit):
		return engine.Exit{}, err
	case exit.ExitCode > 255:
		return engine.Exit{Code: codeKilled}, nil
	}
	return engine.Exit{Code: int(exit.ExitCode)}, nil
}

// Exec runs another process beside the first. BuildKit ends the container when
// such a process fails, so the helper stands between and never does.
func (c *container) Exec(ctx context.Context, spec engine.ExecSpec) (engine.Exit, error) {
	began := time.Now()
	errOut := &trailing{to: spec.Stderr}
	req := gateway.StartRequest{
		Args: spec.Args, Env: c.env(slices.Concat(c.spec.Env, spec.Env)),
		User: first(spec.User, c.spec.User, c.config.User), Cwd: first(spec.Dir, c.spec.Dir, c.config.WorkingDir, "/"),
		Stdin: reader(spec.Stdin), Stdout: writer(spec.Stdout), Stderr: writer(errOut),
	}
	if !answering(spec.Args) {
		req.Args = slices.Concat([]string{engine.HelperPath, "probe", "run", "--"}, spec.Args)
	}
	p, err := c.ctr.Start(context.WithoutCancel(ctx), req)
	if err != nil {
		return engine.Exit{}, fmt.Errorf("exec: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		c.end(p, ended)
		return engine.Exit{TimedOut: true, Code: codeKilled, Duration: time.Since(began)}, ctx.Err()
	}
	exit, err := exitOf(err)
	exit.Duration = time.Since(began)
	if code, ok := errOut.finish(); ok && err == nil && exit.Code == 0 {
		exit.Code = code
	}
	if err != nil {
		return exit, fmt.Errorf("exec: %w", err)
	}
	return exit, nil
}

// answering tells whether a command line is the helper's own, which ends well.
func answering(args []string) bool {
	return len(args) > 2 && args[0] == engine.HelperPath && args[1] == "probe" && args[2] == "do"
}

// endGrace is how long the helper may take to end what it runs.
const endGrace = 5 * time.Second

// end ends a process that has taken too long: the helper kills what it runs. One
// that does not react goes the hard way, and takes the container with it.
func (c *container) end(p gateway.ContainerProcess, ended <-chan error) {
	_ = p.Signal(context.Background(), syscall.SIGTERM)
	timer := time.NewTimer(endGrace)
	defer timer.Stop()
	select {
	case <-ended:
		return
	case <-c.gone:
	case <-timer.C:
		_ = p.Signal(context.Background(), syscall.SIGKILL)
	}
	<-ended
}

// trailing passes standard error on but for the helper's trailer at its end.
type trailing struct {
	to   io.Writer
	held []byte
}

func (t *trailing) Write(p []byte) (int, error) {
	t.held = append(t.held, p...)
	if ready := len(t.held) - probe.MaxTrailer; ready > 0 {
		err := t.pass(t.held[:ready])
		t.held = append([]byte{}, t.held[ready:]...)
		return len(p), err
	}
	return len(p), nil
}

func (t *trailing) pass(p []byte) error {
	if t.to == nil || len(p) == 0 {
		return nil
	}
	_, err := t.to.Write(p)
	return err
}

// finish passes the rest on and gives the exit code of the trailer.
func (t *trailing) finish() (int, bool) {
	rest, code, ok := probe.CutTrailer(t.held)
	_ = t.pass(rest)
	return code, ok
}

// head keeps the beginning of a stream.
type head struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const maxHead = 4 << 10

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(p[:min(len(p), maxHead-h.text.Len())])
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
