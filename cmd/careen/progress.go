package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/careenhq/careen/internal/engine"
)

// Rules of this file: progress goes to standard error, never to standard output;
// on a terminal one line is rewritten and disappears in the end; elsewhere each
// new thing is one plain line. --quiet silences both.

// progress shows what a long verb is doing and for how long.
type progress struct {
	out   *os.File
	live  bool
	quiet bool

	mu    sync.Mutex
	what  string
	step  string
	since time.Time

	stepSince time.Time
	stop      chan struct{}
	done      chan struct{}
}

func (a *app) progress(ctx context.Context) *progress {
	f, ok := a.stderr.(*os.File)
	p := &progress{out: f, quiet: a.quiet || !ok, stop: make(chan struct{}), done: make(chan struct{})}
	p.live = !p.quiet && term.IsTerminal(int(f.Fd()))
	go p.tick(ctx)
	return p
}

// say begins a new piece of work.
func (p *progress) say(line string) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.step, p.since = line, "", time.Now()
	if !p.live {
		fmt.Fprintln(p.out, "  "+line)
	}
}

// longStep is how long a step takes before it is worth a line of its own.
const longStep = 2 * time.Second

// event notes the step that the builder works on. Off a terminal, each long step
// is a line once it has ended.
func (p *progress) event(e engine.Event) {
	if p.quiet || e.Step == nil || e.Step.Cached {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch name := e.Step.Text(); {
	case e.Step.End.IsZero():
		p.step, p.stepSince = name, e.Step.Start
	case name == p.step:
		p.step = ""
		fallthrough
	default:
		if took := e.Step.Duration(); !p.live && took >= longStep {
			fmt.Fprintf(p.out, "    %s · %.0f s\n", name, took.Seconds())
		}
	}
}

func (p *progress) tick(ctx context.Context) {
	defer close(p.done)
	if !p.live {
		return
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			fmt.Fprint(p.out, "\r\x1b[K")
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.draw()
		}
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.what == "" {
		return
	}
	line := fmt.Sprintf("  %s · %.0f s", p.what, time.Since(p.since).Seconds())
	if p.step != "" {
		line += " · " + p.step
		if took := time.Since(p.stepSince); took >= longStep {
			line += fmt.Sprintf(" · %.0f s", took.Seconds())
		}
	}
	if width, _, err := term.GetSize(int(p.out.Fd())); err == nil && len(line) >= width && width > 1 {
		line = line[:width-1]
	}
	fmt.Fprint(p.out, "\r\x1b[K"+line)
}

func (p *progress) close() {
	close(p.stop)
	<-p.done
}
