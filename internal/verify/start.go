package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/probe"
)

// An observation is one run of an image's own command.
type observation struct {
	answers
	ended  bool // by itself, before anything else was asked
	code   int
	worked bool // it did its work: it listened, stayed up, ended with status 0, or reached
	// reached: it ended because a server that it connects to, a database perhaps, is not there
	reached bool

	unexpected []string // answers that are not what the user's own checks demand
}

// How long things may take inside a running container.
const (
	settleTime = 150 * time.Millisecond // no further port opens
	idleTime   = 2 * time.Second        // no process runs: nothing will open
	stopGrace  = 5 * time.Second        // between the stop signal and giving up
)

// waited is how the first process of a container ended.
type waited struct {
	exit engine.Exit
	err  error
}

// live is one started container under observation.
type live struct {
	c       *comparison
	config  *side
	box     engine.Container
	out     capture
	errOut  capture
	exited  chan waited
	seen    observation
	timeout time.Duration
	unready string // what it was not, when it was never ready
}

// observe starts an image under the given conditions, asks it everything and stops
// it. The error is the engine's own; an image that does not start is an observation.
func (c *comparison) observe(ctx context.Context, s *side) (observation, error) {
	l := &live{c: c, config: s, exited: make(chan waited, 1), timeout: c.opts.Timeout, seen: observation{answers: answers{}}}
	spec := c.runSpec(s)
	spec.Command = c.opts.Args
	spec.Stdout, spec.Stderr = &l.out, &l.errOut
	box, err := c.runner.Start(ctx, spec)
	if err != nil {
		if ctx.Err() != nil {
			return l.seen, ctx.Err()
		}
		if errors.Is(err, engine.ErrHelper) {
			return l.seen, err
		}
		l.seen.put(checkState, "", "does not start: "+normalise(err.Error()))
		return l.seen, nil
	}
	defer box.Close()
	l.box = box
	go func() {
		exit, err := box.Wait(ctx)
		l.exited <- waited{exit, err}
	}()
	err = l.run(ctx)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return l.seen, err
}

// runSpec holds the conditions that are the same for every run.
func (c *comparison) runSpec(s *side) engine.RunSpec {
	return engine.RunSpec{
		Image: s.image, Env: c.opts.Env, User: c.opts.User, ReadOnly: c.opts.ReadOnly, Tmpfs: append(s.newVolumes(), c.opts.Tmpfs...),
		Network: c.opts.Network, Memory: c.opts.Memory,
	}
}

// newVolumes are the volumes of which the image has no directory: container runtimes
// make one.
func (s *side) newVolumes() []string {
	var dirs []string
	for _, volume := range sortedKeys(s.config.Config.Volumes) {
		if !s.has(cleanPath(volume)) {
			dirs = append(dirs, cleanPath(volume))
		}
	}
	return dirs
}

// run waits until the container is ready or has ended, and asks accordingly.
func (l *live) run(ctx context.Context) error {
	type readiness struct {
		answer probe.Answer
		err    error
	}
	ready := make(chan readiness, 1)
	go func() {
		got, err := ask(ctx, l.box, probe.Request{Wait: l.waitRequest()})
		if err != nil {
			ready <- readiness{err: err}
			return
		}
		ready <- readiness{answer: got[0]}
	}()
	select {
	case w := <-l.exited:
		l.ended(w)
		return nil
	case r := <-ready:
		if r.err == nil {
			l.awaitLog(ctx)
			return l.askAll(ctx, r.answer)
		}
		// The helper dies with the container: give its end a moment to be told.
		if w, ok := l.awaitExit(endGrace); ok {
			l.ended(w)
			return nil
		}
		return r.err
	}
}

// awaitLog waits until the container has written what the user named, has ended or
// has no time left.
func (l *live) awaitLog(ctx context.Context) {
	said := func() bool {
		return strings.Contains(l.out.String(), l.c.opts.Ready.Log) || strings.Contains(l.errOut.String(), l.c.opts.Ready.Log)
	}
	limit := time.NewTimer(l.timeout)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !said() {
		select {
		case <-tick.C:
		case <-limit.C:
			l.unready = fmt.Sprintf("its output never has %q", l.c.opts.Ready.Log)
			return
		case w := <-l.exited:
			l.exited <- w
			return
		case <-ctx.Done():
			return
		}
	}
}

// endGrace is how long the end of a container may take to be told, once its helper
// fails: on a busy machine that is seconds.
const endGrace = 10 * time.Second

func (l *live) awaitExit(limit time.Duration) (waited, bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case w := <-l.exited:
		return w, true
	case <-timer.C:
		return waited{}, false
	}
}

// waitRequest waits for what the user named, else for the ports the image exposes,
// else for any.
func (l *live) waitRequest() *probe.WaitRequest {
	ready := l.c.opts.Ready
	w := &probe.WaitRequest{Timeout: l.timeout, Settle: settleTime, Idle: idleTime}
	switch {
	case ready.Path != "":
		w.HTTP = &probe.HTTPRequest{URL: localURL("http", probe.Port{Address: "127.0.0.1", Port: ready.Port}, ready.Path)}
		w.Idle = 0
	case ready.Port != 0:
		w.Ports, w.Idle = []int{ready.Port}, 0
	}
	return w
}

// ended records a command that ended by itself.
func (l *live) ended(w waited) {
	l.seen.ended, l.seen.code = true, w.exit.Code
	l.seen.outputs(&l.out, &l.errOut, "", false)
	if w.err != nil {
		l.seen.put(checkState, "", "does not start: "+normalise(w.err.Error()))
		return
	}
	l.seen.reached = w.exit.Code != 0 && w.exit.Code < notStarted && asksForService(l.seen.answers)
	l.seen.worked = w.exit.Code == 0 || l.seen.reached
	l.seen.put(checkState, "", fmt.Sprintf("ends with exit code %d", w.exit.Code))
}

// askAll asks a container that is up, then stops it.
func (l *live) askAll(ctx context.Context, ready probe.Answer) error {
	l.seen.worked = true
	l.seen.put(checkState, "", "runs")
	if ready.Error != "" && (l.c.opts.Ready.Port != 0 || l.c.opts.Ready.Path != "") {
		l.seen.worked = false
		l.seen.put(checkState, "", "runs, but is never ready: "+normalise(ready.Error))
	}
	if l.unready != "" {
		l.seen.worked = false
		l.seen.put(checkState, "", "runs, but is never ready: "+l.unready)
	}
	steps := []func(context.Context) error{l.askProcesses, l.askHTTP, l.askHealth, l.askBeside, l.askWritten}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			if w, ok := l.awaitExit(endGrace); ok {
				l.seen.put(checkState, "", fmt.Sprintf("runs, then ends with exit code %d while it is asked", w.exit.Code))
				l.seen.outputs(&l.out, &l.errOut, "", true)
				return nil
			}
			return err
		}
	}
	return l.stop(ctx)
}

// askProcesses asks for listening ports and the process tree.
func (l *live) askProcesses(ctx context.Context) error {
	got, err := ask(ctx, l.box, probe.Request{Ports: &probe.PortsRequest{}}, probe.Request{Processes: &probe.ProcessRequest{}})
	if err != nil {
		return err
	}
	for _, port := range got[0].Ports {
		l.seen.put("port", portName(port), scopeOf(port))
	}
	l.seen.put("processes", "", strings.Join(processLines(got[1].Processes), "\n"))
	return nil
}

// ephemeral is where Linux begins to hand out ports by itself.
const ephemeral = 32768

// portName names a port so that two runs agree on it. One that the kernel chose has
// no number of its own.
func portName(p probe.Port) string {
	switch {
	case p.Network == "unix":
		return "unix " + normalise(p.Address)
	case p.Port >= ephemeral:
		return p.Network + " (chosen by the kernel)"
	}
	return fmt.Sprintf("%s %d", p.Network, p.Port)
}

// scopeOf tells who can reach a port, which is what differs between 0.0.0.0 and
// 127.0.0.1; IPv4 and IPv6 forms of one scope count as one.
func scopeOf(p probe.Port) string {
	switch {
	case p.Network == "unix":
		return "listens"
	case p.Address == "0.0.0.0" || p.Address == "::":
		return "listens for everyone"
	case p.Address == "::1" || strings.HasPrefix(p.Address, "127."):
		return "listens on loopback"
	}
	return "listens on one address"
}

// processLines describes the process tree without process numbers.
func processLines(list []probe.Process) []string {
	var lines []string
	for _, p := range list {
		if p.State == "Z" {
			continue
		}
		lines = append(lines, fmt.Sprintf("uid %d: %s", p.UID, normalise(quoteArgs(p.Args))))
	}
	slices.Sort(lines)
	return lines
}

// askHealth runs the image's HEALTHCHECK as its owner would, until it passes or
// has failed as often as it may.
func (l *live) askHealth(ctx context.Context) error {
	h := activeHealthcheck(l.c.old.config)
	if h == nil {
		return nil
	}
	tries := max(h.Retries, 3)
	args := l.healthArgs(h.Test)
	var exit engine.Exit
	for range tries {
		var err error
		if exit, err = l.box.Exec(ctx, engine.ExecSpec{Args: args}); err != nil {
			l.seen.put("healthcheck", "", "cannot be run: "+normalise(err.Error()))
			return nil
		}
		if exit.Code == 0 {
			break
		}
		if w, over := l.awaitExit(200 * time.Millisecond); over {
			l.exited <- w
			return fmt.Errorf("health check: container ended with exit code %d", w.exit.Code)
		}
	}
	l.seen.put("healthcheck", "", fmt.Sprintf("exit code %d", exit.Code))
	return nil
}

func (l *live) healthArgs(test []string) []string {
	if test[0] != "CMD-SHELL" {
		return test[1:]
	}
	shell := l.config.config.Config.Shell
	if len(shell) == 0 {
		shell = []string{"/bin/sh", "-c"}
	}
	return append(slices.Clone(shell), strings.Join(test[1:], " "))
}

// askBeside runs the probes that the project's files name. How they end is compared; a
// probe that the old image fails too says nothing.
func (l *live) askBeside(ctx context.Context) error {
	for _, probe := range l.c.opts.Beside {
		exit, err := l.box.Exec(ctx, engine.ExecSpec{Args: probe.Run, Env: probe.Env, Stdin: strings.NewReader(probe.Stdin)})
		if err != nil {
			l.seen.put("probe", probe.name(), "cannot be run: "+normalise(err.Error()))
			continue
		}
		if w, over := l.awaitExit(0); over {
			l.exited <- w
			return fmt.Errorf("probe: container ended with exit code %d", w.exit.Code)
		}
		l.seen.put("probe", probe.name(), fmt.Sprintf("exit code %d", exit.Code))
	}
	return nil
}

// askWritten asks which files the container has written since it started.
func (l *live) askWritten(ctx context.Context) error {
	got, err := ask(ctx, l.box, probe.Request{Changed: &probe.ChangedRequest{}})
	if err != nil {
		return err
	}
	var paths []string
	for _, f := range got[0].Files {
		if f.Type != "dir" && noise(strings.TrimPrefix(f.Path, "/")) == "" {
			paths = append(paths, normalise(f.Path))
		}
	}
	slices.Sort(paths)
	l.seen.put("files written", "", strings.Join(slices.Compact(paths), "\n"))
	return nil
}

// stop sends the stop signal and records how the container takes it.
func (l *live) stop(ctx context.Context) error {
	name := cmp.Or(l.c.old.config.Config.StopSignal, "SIGTERM")
	signal := cmp.Or(signalNumber(name), sigTerm)
	if err := l.box.Signal(ctx, signal); err != nil {
		return fmt.Errorf("send %s: %w", name, err)
	}
	w, ended := l.awaitExit(stopGrace)
	l.seen.outputs(&l.out, &l.errOut, "", true)
	if !ended {
		l.seen.put("stop", name, fmt.Sprintf("still runs %s later", stopGrace))
		return nil
	}
	l.seen.put("stop", name, fmt.Sprintf("ends with exit code %d", w.exit.Code))
	return nil
}
