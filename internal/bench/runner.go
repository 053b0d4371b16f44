package bench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// A CacheForm is one way to carry caches from runner to runner. The zero value
// carries none.
type CacheForm struct {
	Mode        engine.CacheMode   // of the cache of layers; empty: none
	Compression engine.Compression // of the image as well
	Mounts      bool               // cache mounts travel, too
}

// String names the form: "max, zstd, mounts".
func (f CacheForm) String() string {
	words := []string{}
	if f.Mode != "" {
		words = append(words, string(f.Mode), string(f.Compression))
	}
	if f.Mounts {
		words = append(words, "mounts")
	}
	return cmp.Or(strings.Join(words, ", "), "no cache")
}

// CacheForms lists every form that is worth measuring.
func CacheForms() []CacheForm {
	forms := []CacheForm{{}, {Mode: engine.CacheInline, Compression: engine.Gzip}}
	for _, mode := range []engine.CacheMode{engine.CacheMin, engine.CacheMax} {
		for _, c := range []engine.Compression{engine.Gzip, engine.Zstd, engine.Uncompressed} {
			forms = append(forms, CacheForm{Mode: mode, Compression: c})
		}
	}
	return append(forms, CacheForm{Mounts: true}, CacheForm{Mode: engine.CacheMax, Compression: engine.Zstd, Mounts: true})
}

// A Carrier moves the cache mounts of the subject between a builder and a reference of
// the store, and says how many seconds that took.
type Carrier struct {
	Save, Restore func(ctx context.Context, b engine.Builder, ref string) (seconds float64, err error)
}

// Traffic is what has crossed the link to the registry.
type Traffic struct{ Up, Down int64 }

// A Store is the registry that fresh runners share, as one repository of it.
type Store struct {
	Repository string // as a builder names it, without a tag
	Traffic    func() Traffic
	// Blobs are the sizes of what a reference holds, by digest.
	Blobs func(ctx context.Context, ref string) (map[string]int64, error)
}

// RunnerOptions say what to measure on fresh runners. Fresh, Subject, Store and Dir
// are required.
type RunnerOptions struct {
	// Fresh gives a builder that holds nothing; closing it forgets everything.
	Fresh   func(context.Context) (engine.Builder, error)
	Subject Subject
	Naive   *Subject    // measured without a cache beside Subject; nil: none
	Forms   []CacheForm // nil: all
	Store   Store
	Carrier Carrier
	Runs    int    // measured builds of each form; 0: 3
	Dir     string // scratch directory
	Nonce   string // as in Options
	Say     func(string)
}

// Runners measures builds of fresh CI runners. For each form of the cache one build
// leaves it in the registry; then one source file is changed, and runners that hold
// nothing build the change, in turns, each from the first one's cache and into one
// of its own. Where no file can be edited, they build what the first one built.
func Runners(ctx context.Context, o RunnerOptions) (*diag.Runners, error) {
	if o.Forms == nil {
		o.Forms = CacheForms()
	}
	subjects := []Subject{o.Subject}
	if o.Naive != nil {
		subjects = append(subjects, *o.Naive)
	}
	r, err := newRunner(Options{Subjects: subjects, Builder: unopened{}, Runs: o.Runs, Dir: o.Dir, Nonce: o.Nonce, Say: o.Say})
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.dir)
	f := &fleet{RunnerOptions: o, runner: r, out: &diag.Runners{}}
	f.lanes = f.plan()
	if err := f.measure(ctx); err != nil {
		return nil, err
	}
	return f.out, nil
}

// unopened stands in for a builder where each build has its own.
type unopened struct{ engine.Builder }

// fleet is a measurement of fresh runners at work.
type fleet struct {
	RunnerOptions
	*runner
	lanes []*lane
	out   *diag.Runners
}

// A lane is one form of the cache, or the naive subject.
type lane struct {
	name    string
	tag     string
	form    CacheForm
	subject Subject
	cache   diag.RunnerCache
	builds  []diag.RunnerBuild
}

func (f *fleet) plan() []*lane {
	var lanes []*lane
	if f.Naive != nil {
		lanes = append(lanes, &lane{name: f.Naive.Name + ", no cache", tag: "naive", subject: *f.Naive})
	}
	mounts := len(cacheMounts(f.Subject.Request)) > 0
	for i, form := range f.RunnerOptions.Forms {
		if form.Mounts && !mounts {
			continue
		}
		lanes = append(lanes, &lane{name: form.String(), tag: fmt.Sprintf("form%d", i), form: form, subject: f.Subject})
	}
	return lanes
}

func (f *fleet) measure(ctx context.Context) error {
	for _, l := range f.lanes {
		f.runner.Say("runner: " + l.name + ", first build")
		first, err := f.once(ctx, l, l.subject.Request, "main", "")
		if err != nil {
			return err
		}
		l.cache.Name, l.cache.First = l.name, first
	}
	change, err := f.change(ctx)
	if err != nil {
		return err
	}
	for round := range f.runner.Runs {
		for _, l := range f.turn(round) {
			f.runner.Say(fmt.Sprintf("runner: %s, run %d of %d", l.name, round+1, f.runner.Runs))
			req, err := change(l.subject.Request)
			if err != nil {
				return err
			}
			next, err := f.once(ctx, l, req, "branch", "main")
			if err != nil {
				return err
			}
			l.builds = append(l.builds, next)
		}
	}
	if err := f.conclude(ctx); err != nil {
		return err
	}
	return f.fork(ctx, change)
}

// turn lets every other round go the other way round.
func (f *fleet) turn(round int) []*lane {
	lanes := slices.Clone(f.lanes)
	if round%2 == 1 {
		slices.Reverse(lanes)
	}
	return lanes
}

// change prepares the edit: what it gives makes the next change and the request that
// builds it.
func (f *fleet) change(ctx context.Context) (func(engine.Request) (engine.Request, error), error) {
	same := func(req engine.Request) (engine.Request, error) { return req, nil }
	all, err := f.inputs()
	if err != nil {
		return same, nil //nolint:nilerr // without an edit the same is built again
	}
	path, ok := chooseSource(shared(all))
	if !ok || f.Subjects[len(f.Subjects)-1].Request.Context != f.Subject.Request.Context {
		return same, nil
	}
	if err := f.copyContext(ctx, all); err != nil {
		return nil, err
	}
	e, err := newEdit(f.tree.dir, path)
	if err != nil {
		return nil, fmt.Errorf("edit of %s: %w", path, err)
	}
	f.out.Edited = path
	return func(req engine.Request) (engine.Request, error) {
		return f.tree.request(req), e.make(f.token.next())
	}, nil
}

// once builds on a fresh runner, into one tag and, with a cache, from another.
func (f *fleet) once(ctx context.Context, l *lane, req engine.Request, into, from string) (diag.RunnerBuild, error) {
	req.Compression = cmp.Or(l.form.Compression, engine.Gzip)
	req.Push = f.image(l, into)
	if l.form.Mode != "" {
		if from != "" {
			req.CacheFrom = []string{f.cache(l, from)}
		}
		req.CacheTo = &engine.CacheTo{Ref: f.cache(l, into), Mode: l.form.Mode, Compression: l.form.Compression}
	}
	trip := trip{}
	if l.form.Mounts {
		trip.into = f.mounts(l, into)
		if from != "" {
			trip.from = f.mounts(l, from)
		}
	}
	return f.build(ctx, l.subject, req, trip)
}

// trip is where cache mounts come from and go to; "" when they do not.
type trip struct{ from, into string }

// image, cache and mounts are where a lane keeps them, for one branch.
func (f *fleet) image(l *lane, branch string) string {
	return f.Store.Repository + ":careen-" + l.tag + "-image-" + branch
}

func (f *fleet) cache(l *lane, branch string) string {
	if l.form.Mode == engine.CacheInline {
		return f.image(l, branch)
	}
	return f.Store.Repository + ":careen-" + l.tag + "-cache-" + branch
}

func (f *fleet) mounts(l *lane, branch string) string {
	return f.Store.Repository + ":careen-" + l.tag + "-mounts-" + branch
}

func (f *fleet) build(ctx context.Context, s Subject, req engine.Request, t trip) (diag.RunnerBuild, error) {
	b, err := f.Fresh(ctx)
	if err != nil {
		return diag.RunnerBuild{}, fmt.Errorf("fresh builder: %w", err)
	}
	before := f.Store.Traffic()
	run, err := f.carried(ctx, b, req, t)
	after := f.Store.Traffic()
	if closing := b.Close(); err == nil && closing != nil {
		err = fmt.Errorf("fresh builder: %w", closing)
	}
	if err != nil {
		return diag.RunnerBuild{}, &Failure{s.Name, err}
	}
	run.Down, run.Up = after.Down-before.Down, after.Up-before.Up
	return run, nil
}

// carried builds between restoring cache mounts and saving them.
func (f *fleet) carried(ctx context.Context, b engine.Builder, req engine.Request, t trip) (run diag.RunnerBuild, err error) {
	restored, saved := 0.0, 0.0
	if t.from != "" {
		if restored, err = f.Carrier.Restore(ctx, b, t.from); err != nil {
			return run, err
		}
	}
	res, err := b.Build(ctx, req)
	if err != nil {
		return run, err
	}
	if t.into != "" {
		if saved, err = f.Carrier.Save(ctx, b, t.into); err != nil {
			return run, err
		}
	}
	return diag.RunnerBuild{
		Seconds: res.Duration.Seconds() + restored + saved,
		Import:  res.CacheImport.Seconds() + restored,
		Export:  (res.Export + res.CacheExport).Seconds() + saved,
	}, nil
}

// fork measures what a contributor without credentials to push gets from the best
// cache, when it is public.
func (f *fleet) fork(ctx context.Context, change func(engine.Request) (engine.Request, error)) error {
	i := slices.IndexFunc(f.lanes, func(l *lane) bool { return l.name == f.out.Best })
	if i < 0 || f.lanes[i].form == (CacheForm{}) {
		return nil
	}
	l, t := f.lanes[i], trip{}
	f.runner.Say("runner: a fork that reads " + l.name)
	req, err := change(l.subject.Request)
	if err != nil {
		return err
	}
	if l.form.Mode != "" {
		req.CacheFrom = []string{f.cache(l, "main")}
	}
	if l.form.Mounts {
		t.from = f.mounts(l, "main")
	}
	req.Compression, req.Output = l.form.Compression, filepath.Join(f.dir, "fork")
	build, err := f.build(ctx, l.subject, req, t)
	f.out.Fork = &build
	return err
}
