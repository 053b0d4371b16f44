// Package optimize is careen's loop: build the original, plan changes, build the
// candidate, compare the two, drop the change that breaks something, measure what
// the kept ones brought, and assemble the document that every report is made of.
//
// It decides nothing about Dockerfiles, images or statistics itself: proposers
// make the changes, Verify judges a candidate, Measure times it. It never touches
// the user's files; the caller writes what Result.Files holds.
package optimize

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// A Build is what was built from one state of the files.
type Build struct {
	Files  Files
	Result *engine.Result
}

// Verify compares a candidate with the original. The changes that led to it tell
// which removals were intended and why.
type Verify func(ctx context.Context, old, new Build, changes []diag.Change) (diag.Parity, error)

// Measure times old and new, interleaved, and gives both builds and the further
// scenarios. With newer nil the original alone is measured.
type Measure func(ctx context.Context, older engine.Request, newer *engine.Request) (*Measured, error)

// Measured is what Measure found.
type Measured struct {
	Old       diag.Build
	New       *diag.Build
	Scenarios []diag.Scenario
	Ledger    []diag.BuildRun // the builds that were made
	Warnings  []string
}

// Layout says which file is which.
type Layout struct {
	Dockerfile string // key in Files
	Ignore     string // key in Files of the ignore file
}

// request is the build of one state of the files.
func (l Layout) request(base engine.Request, files Files) engine.Request {
	base.Dockerfile = files[l.Dockerfile]
	if ignore, ok := files[l.Ignore]; ok {
		text := string(ignore)
		base.Ignore = &text
	}
	return base
}

// Config is everything the loop is given.
type Config struct {
	Original Files
	Layout   Layout
	Request  engine.Request // context, target, arguments, secrets, platform
	Builder  engine.Builder
	Verify   Verify
	Measure  Measure
	// Analyse looks at the built original and gives the proposers, in the order in
	// which their changes are made.
	Analyse func(ctx context.Context, original *engine.Result) ([]Proposer, error)
	// Describe turns one build into sizes and step costs, without timing anything.
	Describe func(result *engine.Result) (diag.Build, error)

	Attribute bool             // isolate what each kept change brought: one more build per change
	Dir       string           // scratch directory
	Now       func() time.Time // nil: time.Now
	Say       func(string)     // progress, one line at a time; nil: silent
}

// A Result is the document and the files to write, nil when nothing changed.
type Result struct {
	Document diag.Document
	Files    Files
	Failed   *engine.StepError // of the original's build, when it does not build
}

// Run runs the loop once. An original that does not build, or a candidate that
// cannot be improved, is an outcome and no error; errors are careen's own.
func Run(ctx context.Context, c Config) (*Result, error) {
	r := newRun(c)
	r.say("build the original")
	baseline, err := r.bench.build(ctx, c.Original, "original", false)
	if err != nil {
		return r.originalFails(err)
	}
	r.bench.baseline = baseline
	proposers, err := c.Analyse(ctx, baseline)
	if err != nil {
		return nil, fmt.Errorf("analysis of the original: %w", err)
	}
	r.say("compare the original with itself")
	original := Build{c.Original, baseline}
	self, err := c.Verify(ctx, original, original, nil)
	if err != nil {
		return nil, fmt.Errorf("parity of the original with itself: %w", err)
	}
	if self.Verdict != diag.Same {
		return r.unjudgeable(ctx, self)
	}
	found, err := r.bench.settle(ctx, c.Original, proposers, r.sayf)
	if err != nil {
		return nil, err
	}
	return r.conclude(ctx, found, self)
}

// run is one run of the loop: its configuration, bench and document so far.
type run struct {
	Config
	bench *workbench
	doc   diag.Document
	began time.Time
}

func newRun(c Config) *run {
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the documented zero value
	}
	r := &run{Config: c, began: c.Now()}
	r.doc = diag.Document{Schema: diag.SchemaVersion, Started: r.began}
	r.bench = &workbench{
		builder: c.Builder, request: c.Request, layout: c.Layout, verify: c.Verify,
		dir: c.Dir, log: r.logBuild, tried: map[string]*trial{},
	}
	return r
}

func (r *run) say(line string) {
	if r.Say != nil {
		r.Say(line)
	}
}

func (r *run) sayf(format string, args ...any) { r.say(fmt.Sprintf(format, args...)) }

// logBuild writes a build into the document's ledger.
func (r *run) logBuild(purpose string, result *engine.Result, err error) {
	b := diag.BuildRun{Purpose: purpose}
	if err != nil {
		b.Failed = err.Error()
	}
	if result != nil {
		b.Seconds = result.Duration.Seconds()
		for _, s := range result.Steps {
			if s.Kind != engine.Instruction {
				continue
			}
			b.Steps++
			if s.Cached {
				b.Cached++
			}
		}
	}
	r.doc.Builds = append(r.doc.Builds, b)
}

// finish gives the document with its closing facts.
func (r *run) finish(outcome diag.Outcome, reason string, files Files) (*Result, error) {
	r.doc.Outcome, r.doc.Reason = outcome, reason
	r.doc.Seconds = r.Now().Sub(r.began).Seconds()
	return &Result{Document: r.doc, Files: files}, nil
}

// originalFails is the verdict on a project that does not build as it is. An
// interrupted build, or an engine that failed, is no verdict.
func (r *run) originalFails(err error) (*Result, error) {
	var step *engine.StepError
	if !errors.As(err, &step) {
		return nil, fmt.Errorf("build of the original: %w", err)
	}
	r.doc.Parity = diag.Parity{Verdict: diag.Unknown}
	result, err := r.finish(diag.OriginalFails, "the original does not build: "+step.Error(), nil)
	result.Failed = step
	return result, err
}

// unjudgeable is the verdict on an image that differs from itself, or of which
// something that counts cannot be checked: no candidate could be told from a broken
// one.
func (r *run) unjudgeable(ctx context.Context, self diag.Parity) (*Result, error) {
	r.doc.Parity = self
	if err := r.measureOriginal(ctx); err != nil {
		return nil, err
	}
	return r.finish(diag.Unchanged, unjudgeableReason(self), nil)
}

func unjudgeableReason(self diag.Parity) string {
	if self.Verdict == diag.Different {
		return "the original differs from itself between two runs, so no change could be proven"
	}
	reason := "the original cannot be judged, so no change could be proven"
	for _, level := range self.Levels {
		for _, n := range level.NotRun {
			if n.Decides {
				reason += "; " + n.Check + ": " + n.Why
			}
		}
	}
	return reason
}
