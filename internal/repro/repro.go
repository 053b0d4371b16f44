// Package repro asks whether a project's image is the same bytes twice, and if
// not, why.
//
// It builds twice under different conditions, compares configuration and layers,
// names a cause for every file that differs, and draws up the changes that would
// remove it. What it changes it proves by building twice again. It is handed a
// builder and never dials one; it writes nothing into the project. Two builds on
// one day cannot show what another day would bring: what could move is listed as
// unpinned, never called reproducible.
package repro

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
)

// maxRounds bounds how often changes are made and proven. A round settles every
// cause that can be seen; the next one is for those that another had hidden.
const maxRounds = 4

// Options say what is built. Builder, Request, Context and Dir are required.
type Options struct {
	Builder engine.Builder
	Request engine.Request    // as the project is built; Output, NoCache and the context are set here
	Context *buildctx.Context // of Request
	Dir     string            // an empty directory for copies and images
	Epoch   time.Time         // SOURCE_DATE_EPOCH of the fixed build
	Fix     bool              // make the changes and prove them
	Costs   bool              // with Fix: also time what the changes cost later builds
	Say     func(string)
}

// Result is all that was found.
type Result struct {
	Dockerfile    string         `json:"dockerfile"`
	Perturbations []Perturbation `json:"perturbations"`
	Before        Trial          `json:"before"`
	Changes       []Change       `json:"changes,omitempty"`
	After         *Trial         `json:"after,omitempty"` // of the last round; absent when nothing was tried
	Rounds        int            `json:"rounds,omitempty"`
	Unpinned      []Unpinned     `json:"unpinned,omitempty"`
	Epoch         *int64         `json:"epoch,omitempty"` // SOURCE_DATE_EPOCH of After
	Costs         []Cost         `json:"costs,omitempty"`
	Patch         string         `json:"patch,omitempty"`  // filled in by the caller, who has the names
	Parity        *diag.Parity   `json:"parity,omitempty"` // of the original and the fixed image; by the caller, who can run them
	Text          []byte         `json:"-"`                // the Dockerfile with every change
}

// Same tells whether the last pair of builds gave one image.
func (r *Result) Same() bool {
	if r.After != nil {
		return r.After.Same
	}
	return r.Before.Same
}

// A Trial is one pair of builds.
type Trial struct {
	Same        bool         `json:"same"`
	Digests     [2]string    `json:"digests"`
	Seconds     [2]float64   `json:"seconds"` // cold build, export included
	Export      [2]float64   `json:"exportSeconds"`
	Pulled      [2]int64     `json:"pulledBytes"`
	Layers      int          `json:"layers"`
	LayersSame  int          `json:"layersSame"`
	Differences []Difference `json:"differences,omitempty"`
	Left        int          `json:"differencesLeftOut,omitempty"` // beyond those listed

	Image engine.Image  `json:"-"` // of the first build, while Options.Dir is there
	Bases []engine.Base `json:"-"`
}

// A Cost is one build timed, on the cache that the pairs left.
type Cost struct {
	What    string  `json:"what"`
	Seconds float64 `json:"seconds"`
}

type run struct {
	Options
	conditions [2]condition
	pairs      int
}

// Run builds twice and compares; with Fix it goes on until the pair is identical
// or no further change is known.
func Run(ctx context.Context, o Options) (*Result, error) {
	r := &run{Options: o}
	if err := r.perturb(ctx); err != nil {
		return nil, fmt.Errorf("second context: %w", err)
	}
	text := o.Request.Dockerfile
	before, err := r.double(ctx, text, o.Request.Epoch)
	if err != nil {
		return nil, err
	}
	res := &Result{Dockerfile: o.Request.Name, Perturbations: r.told(), Before: *before, Text: text}
	res.Unpinned = unpinned(dockerfile.Parse(text), before.Bases)
	if before.Same {
		return res, nil
	}
	if err := r.fix(ctx, res); err != nil {
		return nil, err
	}
	if o.Costs && res.After != nil {
		res.Costs, err = r.costs(ctx, res)
	}
	return res, err
}

// fix draws up the changes and, with Fix, proves them round by round.
func (r *run) fix(ctx context.Context, res *Result) error {
	last, epoch := &res.Before, r.Request.Epoch
	for range maxRounds {
		changes, text := plan(res.Text, last.Differences, epoch != nil, r.Epoch)
		res.Changes = append(res.Changes, fresh(res.Changes, changes)...)
		if !r.Fix || string(text) == string(res.Text) && (epoch != nil || !setsEpoch(changes)) {
			return nil
		}
		if setsEpoch(changes) {
			epoch = &r.Epoch
			unix := r.Epoch.Unix()
			res.Epoch = &unix
		}
		res.Text = text
		res.Rounds++
		after, err := r.double(ctx, text, epoch)
		var failed *engine.StepError
		if errors.As(err, &failed) {
			drop(res.Changes, "the build fails with it: "+failed.Error())
			res.Text, res.After = r.Request.Dockerfile, nil
			return nil
		}
		if err != nil {
			return fmt.Errorf("with the changes: %w", err)
		}
		res.After, last = after, after
		if after.Same {
			return nil
		}
	}
	return nil
}

func (r *run) say(line string) {
	if r.Say != nil {
		r.Say(line)
	}
}

// between is how long the second build waits: the clocks of archives tick in steps
// of up to two seconds.
const between = 2100 * time.Millisecond

// double builds under both conditions and compares.
func (r *run) double(ctx context.Context, text []byte, epoch *time.Time) (*Trial, error) {
	t := &Trial{}
	r.pairs++
	var images [2]*image.Image
	places := map[int]place{}
	for i := range images {
		if i > 0 {
			select {
			case <-time.After(between):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		r.say([2]string{"first build", "second build, under other conditions"}[i])
		built, err := r.build(ctx, i, text, epoch)
		if err != nil {
			return nil, err
		}
		if images[i], err = image.OpenLayout(built.Image.Layout, built.Image.Digest); err != nil {
			return nil, err
		}
		t.Digests[i], t.Pulled[i] = built.Image.Digest, images[i].Pulled()
		t.Seconds[i], t.Export[i] = built.Duration.Seconds(), built.Export.Seconds()
		if i == 0 {
			t.Image, t.Bases = built.Image, built.Bases
		}
		places = placesOf(built.Steps)
	}
	r.say("compare")
	c := &comparison{first: images[0], second: images[1], hosts: [2]string{r.conditions[0].host, r.conditions[1].host}, places: places}
	if err := c.run(ctx, t); err != nil {
		return nil, err
	}
	name(t.Differences, dockerfile.Parse(text))
	return t, os.RemoveAll(r.output(1))
}

// output is where one image of the current pair lies.
func (r *run) output(i int) string {
	return filepath.Join(r.Dir, fmt.Sprintf("image%d.%d", r.pairs, i))
}

func (r *run) build(ctx context.Context, i int, text []byte, epoch *time.Time) (*engine.Result, error) {
	req := r.conditions[i].request(r.Request)
	req.Dockerfile, req.Epoch, req.NoCache = text, epoch, true
	req.Output = r.output(i)
	if l, ok := r.Builder.(engine.ProcessorLimiter); ok {
		l.LimitProcessors(r.conditions[i].processors)
		defer l.LimitProcessors(0)
	}
	return r.Builder.Build(ctx, req)
}

// place is where a layer comes from.
type place struct{ first, last int }

func placesOf(steps []engine.Step) map[int]place {
	places := map[int]place{}
	for _, s := range steps {
		if s.Layer >= 0 && len(s.Lines) > 0 {
			places[s.Layer] = place{s.Lines[0].First, s.Lines[len(s.Lines)-1].Last}
		}
	}
	return places
}

// costs times, once each, what the changes do to later builds.
func (r *run) costs(ctx context.Context, res *Result) ([]Cost, error) {
	later := r.Epoch.Add(time.Hour)
	timed := []struct {
		what  string
		text  []byte
		epoch *time.Time
	}{
		{"nothing changed, original", r.Request.Dockerfile, r.Request.Epoch},
		{"nothing changed, with the changes", res.Text, &r.Epoch},
		{"SOURCE_DATE_EPOCH moved on, as with every commit's own date", res.Text, &later},
	}
	var costs []Cost
	for _, c := range timed {
		r.say("time: " + c.what)
		req := r.conditions[1].request(r.Request)
		req.Dockerfile, req.Epoch, req.Output = c.text, c.epoch, filepath.Join(r.Dir, "cost")
		built, err := r.Builder.Build(ctx, req)
		if err != nil {
			return nil, err
		}
		costs = append(costs, Cost{c.what, built.Duration.Seconds()})
	}
	return costs, nil
}
