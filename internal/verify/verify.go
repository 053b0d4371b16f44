// Package verify compares two images and says whether the new one behaves like the
// old one, as far as it could find out.
//
// It works in levels: the configuration (L0), the file trees with a reason for
// every removed path (L1), whether everything that is left can still find what it
// needs (L2, static), what one may hold of the old image without knowing how it was
// built (L3), a differential run of both images (L4) and the project's own tests (L5).
// Every level says what it checked and what it could not. The answer is a list of
// differences with reasons, never a bare yes.
//
// The verdict is
//
//   - different, when there is at least one difference;
//   - same, when there is none, L0 to L3 were judged in full, and L4 either saw the
//     old image do its work (listen, stay up, end with status 0, print its help, or get
//     as far as a server that is not there) or there is nothing to start;
//   - unknown otherwise: something that had to be judged could not be.
//
// An answer that the old image itself gives differently from one run to the next is
// excluded by name, in the notes and in the list of what was not run.
//
// The package receives a Runner and never dials; it reads images through package
// image, and knows nothing of Dockerfiles or of how an image came to be.
package verify

import (
	"context"
	"fmt"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
)

// comparison is one comparison at work.
type comparison struct {
	old, new *side
	runner   engine.Runner // nil: nothing can be run
	opts     Options
	staysUp  bool // the old image's own command does; known after level 4
	changes  []image.Change
	unopened []string            // what the old C library could open and the new one cannot
	rebuilt  []string            // programs of the project whose bytes differ
	plans    map[string]string   // reasons of the planner by glob, once asked for
	packed   map[packedFile]bool // files that are gone and that an archive of the new image holds
	starts   []string            // where relative names may start, once asked for
}

// Run compares new with old. With a nil runner the levels that start containers are
// reported as not run. The error is careen's own (an image that cannot be read, an
// engine that fails, a context that ends); what an image does wrong is a difference.
func Run(ctx context.Context, runner engine.Runner, older, newer Subject, opts Options) (diag.Parity, error) {
	c := &comparison{runner: runner, opts: opts.withDefaults()}
	var err error
	if c.old, err = open(ctx, older); err != nil {
		return diag.Parity{}, fmt.Errorf("old image: %w", err)
	}
	if c.new, err = open(ctx, newer); err != nil {
		return diag.Parity{}, fmt.Errorf("new image: %w", err)
	}
	return c.compare(ctx)
}

// compare runs the levels in order. Containers are started even when the static
// levels found differences: the report is to name all of them.
func (c *comparison) compare(ctx context.Context) (diag.Parity, error) {
	config, files, closure := newSheet("L0", "configuration"), newSheet("L1", "files"), newSheet("L2", "libraries")
	structure := newSheet("L3", "structure")
	run, tests := newSheet("L4", "run"), newSheet("L5", "tests")
	now := c.opts.Now
	var err error
	files.timed(now, func() { err = c.prepare(ctx) })
	if err != nil {
		return diag.Parity{}, fmt.Errorf("files: %w", err)
	}
	config.timed(now, func() { c.configuration(config) })
	files.timed(now, func() { err = c.files(ctx, files) })
	if err != nil {
		return diag.Parity{}, fmt.Errorf("files: %w", err)
	}
	closure.timed(now, func() { err = c.closure(ctx, closure) })
	if err != nil {
		return diag.Parity{}, fmt.Errorf("libraries: %w", err)
	}
	structure.timed(now, func() { c.structure(structure) })
	structure.notTold(config, files, closure)
	exercised := false
	if c.runner == nil {
		run.unjudged("run", "no engine to run containers with")
	} else {
		run.timed(now, func() { exercised, err = c.running(ctx, run) })
	}
	if err != nil {
		return diag.Parity{}, fmt.Errorf("run: %w", err)
	}
	if len(c.opts.Tests) == 0 {
		tests.notRun("tests", "careen.yaml names no test command")
	} else if c.runner == nil {
		tests.unjudged("tests", "no engine to run containers with")
	} else {
		tests.timed(now, func() { err = c.tests(ctx, tests) })
	}
	if err != nil {
		return diag.Parity{}, fmt.Errorf("tests: %w", err)
	}
	if !exercised && !c.nothingToStart() && !run.blind {
		run.unjudged("run", "no run in which the old image did its work: nothing was compared but how it fails")
	}
	if len(c.rebuilt) > 0 && !exercised {
		files.unjudged("contents", "%s was built anew and differs, and nothing ran it", c.rebuilt[0])
	}
	return sum(config, files, closure, structure, run, tests), nil
}

// sum puts the levels together and draws the verdict.
func sum(sheets ...*sheet) diag.Parity {
	p := diag.Parity{Verdict: diag.Same, Differences: []diag.Difference{}}
	for _, s := range sheets {
		p.Levels = append(p.Levels, s.level)
		p.Differences = append(p.Differences, s.differences...)
		p.Removed = append(p.Removed, s.removed...)
		p.Notes = append(p.Notes, s.notes...)
		if s.blind {
			p.Verdict = diag.Unknown
		}
	}
	if len(p.Differences) > 0 {
		p.Verdict = diag.Different
	}
	return p
}
