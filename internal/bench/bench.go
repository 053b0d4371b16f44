// Package bench times builds: cold, with nothing changed, after an edit of one
// source file, after an edit of the dependency manifest. Two Dockerfiles are
// measured in alternation, so that a machine that gets slower or faster meanwhile
// does not decide the comparison, and "no difference" is an answer.
//
// The package receives an engine.Builder and never dials. It never writes to the
// user's tree: edits are made in a copy of the build context. It prints nothing;
// results are diag values, each with the warnings that belong to it.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// A Subject is one of the things that are compared.
type Subject struct {
	Name    string         // in messages: "original", "candidate"
	Request engine.Request // Output and NoCache are set by the benchmark
}

// Options say what to measure. Builder, Subjects and Dir are required.
type Options struct {
	Builder   engine.Builder
	Subjects  []Subject  // one, or old and new; scenarios with an edit need the same Context
	Scenarios []Scenario // nil: all, in the order of Scenarios
	Runs      int        // measured builds of each subject in each scenario; 0: 3
	Dir       string     // scratch directory; what is made in it is removed again
	Nonce     string     // makes edits unlike those of earlier runs; "": random
	Sizes     *Sizer     // remembers layer sizes between calls; nil: none
	Say       func(string)
}

// DefaultRuns is the number of runs that gives a median and a spread, and no more.
const DefaultRuns = 3

// A Result is what was measured.
type Result struct {
	Environment diag.Environment
	Builds      []diag.Build // one for each subject
	Scenarios   []diag.Scenario
	Ledger      []diag.BuildRun // every build that was made, in order
	Warnings    []string
}

// A Failure is a build of a subject that failed. It wraps the engine's error.
type Failure struct {
	Subject string
	Err     error
}

// Error names the subject, then what went wrong.
func (f *Failure) Error() string { return f.Subject + ": " + f.Err.Error() }

// Unwrap gives the engine's error.
func (f *Failure) Unwrap() error { return f.Err }

// Run measures. A subject that does not build is a *Failure. A scenario that
// cannot be run is part of the result and says why.
func Run(ctx context.Context, o Options) (*Result, error) {
	r, err := newRunner(o)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.dir)
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	for _, s := range r.Scenarios {
		if err := r.scenario(ctx, s); err != nil {
			return nil, err
		}
	}
	return r.conclude(ctx)
}

// runner is one benchmark at work.
type runner struct {
	Options
	dir     string // own scratch directory
	token   *token
	tree    *tree // copy of the context, made when first needed
	first   []*engine.Result
	cold    [][]*engine.Result // by subject
	found   []diag.Scenario
	ledger  []diag.BuildRun
	counter int
}

func newRunner(o Options) (*runner, error) {
	if o.Builder == nil || len(o.Subjects) < 1 || len(o.Subjects) > 2 {
		return nil, errors.New("bench: want a builder and one or two subjects")
	}
	if o.Scenarios == nil {
		o.Scenarios = Scenarios()
	}
	if o.Runs <= 0 {
		o.Runs = DefaultRuns
	}
	if o.Sizes == nil {
		o.Sizes = &Sizer{}
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	dir, err := os.MkdirTemp(o.Dir, "bench-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	return &runner{Options: o, dir: dir, token: newToken(o.Nonce), cold: make([][]*engine.Result, len(o.Subjects))}, nil
}

// prepare builds every subject once, untimed: it pulls the bases, so that no
// measurement depends on the network path to a registry, and it shows at once
// whether the subjects build.
func (r *runner) prepare(ctx context.Context) error {
	for _, s := range r.Subjects {
		r.Say("prepare " + s.Name + ": pull bases, build once")
		result, err := r.build(ctx, s, s.Request, "prepare "+s.Name)
		if err != nil {
			return err
		}
		r.first = append(r.first, result)
	}
	return nil
}

func (r *runner) conclude(ctx context.Context) (*Result, error) {
	res := &Result{Scenarios: r.found, Ledger: r.ledger}
	bases := map[string]string{}
	for i, s := range r.Subjects {
		results := r.cold[i]
		if results == nil {
			results = r.first[i : i+1]
		}
		b, err := r.Sizes.ToBuild(results)
		if err != nil {
			return nil, fmt.Errorf("size of %s: %w", s.Name, err)
		}
		if r.cold[i] == nil {
			b.ColdSeconds, b.ExportSecs = diag.Measurement{}, 0
		}
		b.ContextBytes = r.contextBytes(i, b.ContextBytes)
		res.Builds = append(res.Builds, b)
		for _, base := range r.first[i].Bases {
			bases[base.Ref] = base.Digest
		}
	}
	var err error
	res.Environment, err = Environment(ctx, r.Builder, r.Subjects[0].Request.Platform)
	res.Environment.Bases = bases
	return res, err
}

// contextBytes is what a builder that has seen nothing of the project is sent.
// The engine's own count is of what this build had to add, so the sizes of the
// files are taken where they say more.
func (r *runner) contextBytes(subject int, observed int64) int64 {
	in, err := readInputs(r.Subjects[subject].Request)
	if err != nil {
		return observed
	}
	return max(observed, in.bytes())
}
