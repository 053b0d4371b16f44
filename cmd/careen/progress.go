package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/engine"
)

// Rules of this file: progress goes to standard error, never to standard output;
// on a terminal a build is drawn as BuildKit draws it, and anything else is one
// line that is rewritten and disappears; elsewhere each new thing is one plain
// line. --quiet silences all.

// progress shows what a long verb is doing and for how long.
type progress struct {
	out   *os.File
	live  bool
	quiet bool

	mu    sync.Mutex
	what  string
	since time.Time
	build *careen.Display // while what is said builds

	stop chan struct{}
	done chan struct{}
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
	p.endBuild()
	p.what, p.since = line, time.Now()
	if !p.live {
		fmt.Fprintln(p.out, "  "+line)
	}
}

// longStep is how long a step takes before it is worth a line of its own.
const longStep = 2 * time.Second

// event shows what the builder does. Off a terminal, each long step is a line once
// it has ended.
func (p *progress) event(e engine.Event) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		p.drawBuild(e)
		return
	}
	if e.Step == nil || e.Step.Cached || e.Step.End.IsZero() {
		return
	}
	if took := e.Step.Duration(); took >= longStep {
		fmt.Fprintf(p.out, "    %s · %.0f s\n", e.Step.Text(), took.Seconds())
	}
}

// drawBuild hands a status to BuildKit's display, which takes the line's place.
func (p *progress) drawBuild(e engine.Event) {
	if e.Raw == nil || p.what == "" {
		return
	}
	if p.build == nil {
		fmt.Fprint(p.out, clearLine)
		build, err := careen.NewDisplay(p.out, p.what)
		if err != nil {
			return // a terminal that cannot be drawn on keeps the line
		}
		p.build = build
	}
	p.build.Event(e)
}

func (p *progress) endBuild() {
	if p.build != nil {
		p.build.Close()
		p.build = nil
	}
}

// clearLine goes to the line's beginning and erases it.
const clearLine = "\r\x1b[K"

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
			fmt.Fprint(p.out, clearLine)
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
	if p.what == "" || p.build != nil {
		return
	}
	line := fmt.Sprintf("  %s · %.0f s", p.what, time.Since(p.since).Seconds())
	if width, _, err := term.GetSize(int(p.out.Fd())); err == nil && len(line) >= width && width > 1 {
		line = line[:width-1]
	}
	fmt.Fprint(p.out, clearLine+line)
}

func (p *progress) close() {
	close(p.stop)
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endBuild()
}
