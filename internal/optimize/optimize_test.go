package optimize

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/span"
)

// unchanged expects a verdict under which nobody's file may be touched.
func unchanged(t *testing.T, r *Result, outcome diag.Outcome, reason string) {
	t.Helper()
	d := r.Document
	if d.Outcome != outcome || !strings.Contains(d.Reason, reason) {
		t.Errorf("%s: %s; want %s: …%s…", d.Outcome, d.Reason, outcome, reason)
	}
	if r.Files != nil || d.Patch != "" {
		t.Errorf("files to write: %v, patch %q", r.Files, d.Patch)
	}
	if kept, _ := ids(d); len(kept) > 0 {
		t.Errorf("kept %v", kept)
	}
}

func TestOriginalThatDoesNotBuild(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"))
	l.dockerfile += "RUN make install\n"
	r := l.run()
	unchanged(t, r, diag.OriginalFails, "Dockerfile:6: RUN make install")
	if len(l.requests) != 1 || len(r.Document.Builds) != 1 || r.Document.Builds[0].Failed == "" {
		t.Errorf("%d builds, ledger %+v", len(l.requests), r.Document.Builds)
	}
	if r.Document.Parity.Verdict != diag.Unknown || r.Failed == nil || r.Failed.Step.Lines[0].First != 6 {
		t.Errorf("parity %s, failed %+v", r.Document.Parity.Verdict, r.Failed)
	}
}

// TestEngineThatFails expects no verdict on a project from an engine that broke.
func TestEngineThatFails(t *testing.T) {
	l := newLoop(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(t.Context(), l.config()); err == nil {
		t.Errorf("verdict %s", r.Document.Outcome)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, newLoop(t).config()); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
}

func TestEverythingHolds(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"), drops("mid", "COPY mid /mid"))
	r := l.run()
	d := r.Document
	kept, dropped := ids(d)
	if d.Outcome != diag.Improved || !slices.Equal(kept, []string{"big", "mid"}) || dropped != nil || d.Parity.Verdict != diag.Same {
		t.Errorf("%s, kept %v, dropped %v, parity %s", d.Outcome, kept, dropped, d.Parity.Verdict)
	}
	if got, want := string(r.Files["Dockerfile"]), "FROM scratch\nCOPY app /app\nCOPY small /small\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, line := range []string{"-COPY big /big\n", "-COPY mid /mid\n", " COPY small /small\n"} {
		if !strings.Contains(d.Patch, line) {
			t.Errorf("no %q in the patch\n%s", line, d.Patch)
		}
	}
	if len(l.requests) != 2 {
		t.Errorf("%d builds, want the original and one candidate", len(l.requests))
	}
}

// TestBisection gives plans in which one change after the other is the one that
// breaks the image.
func TestBisection(t *testing.T) {
	all := map[string]string{"app": "COPY app /app", "big": "COPY big /big", "mid": "COPY mid /mid", "small": "COPY small /small"}
	order := []string{"app", "big", "mid", "small"}
	for _, needed := range order {
		var proposers []Proposer
		for _, name := range order {
			proposers = append(proposers, drops(name, all[name]))
		}
		l := newLoop(t, proposers...)
		l.needed = []string{needed}
		r := l.run()
		kept, dropped := ids(r.Document)
		rest := slices.DeleteFunc(slices.Clone(order), func(n string) bool { return n == needed })
		if r.Document.Outcome != diag.Improved || !slices.Equal(kept, rest) || !slices.Equal(dropped, []string{needed}) {
			t.Fatalf("needed %s: %s, kept %v, dropped %v", needed, r.Document.Outcome, kept, dropped)
		}
		c := change(t, r.Document, needed)
		if want := "removed /" + needed + ": the new image lacks it"; c.Label != "B1" || c.Dropped != want {
			t.Errorf("label %q, reason %q, want %q", c.Label, c.Dropped, want)
		}
		if got, want := string(r.Files["Dockerfile"]), "FROM scratch\n"+all[needed]+"\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSeveralCulprits(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"), drops("small", "COPY small /small"), drops("mid", "COPY mid /mid"), drops("app", "COPY app /app"))
	l.needed = []string{"app", "small"}
	r := l.run()
	kept, dropped := ids(r.Document)
	if !slices.Equal(kept, []string{"big", "mid"}) || !slices.Equal(dropped, []string{"small", "app"}) {
		t.Errorf("kept %v, dropped %v", kept, dropped)
	}
	for _, id := range dropped { // each for its own reason
		if c := change(t, r.Document, id); !strings.HasPrefix(c.Dropped, "removed /"+id) {
			t.Errorf("%s: %s", id, c.Dropped)
		}
	}
}

// TestDroppedTextIsGone lets a later change rewrite the very line that the dropped
// one made.
func TestDroppedTextIsGone(t *testing.T) {
	l := newLoop(t,
		rewrites("app", "COPY app /app\n", "# leftover\nCOPY big /leftover\n"),
		ladder(rewrites("comment", "# leftover\n", "# leftover, rewritten\n"), drops("mid", "COPY mid /mid")))
	r := l.run()
	for name, text := range r.Files {
		if strings.Contains(string(text), "leftover") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	kept, dropped := ids(r.Document)
	if !slices.Equal(kept, []string{"mid"}) || !slices.Equal(dropped, []string{"app"}) {
		t.Errorf("kept %v, dropped %v", kept, dropped)
	}
	if strings.Contains(r.Document.Patch, "leftover") {
		t.Error(r.Document.Patch)
	}
}

func TestLadder(t *testing.T) {
	l := newLoop(t, ladder(
		rewrites("base:none", naive, "FROM scratch\n"),
		rewrites("base:app", naive, "FROM scratch\nCOPY app /app\n"),
		rewrites("base:mid", naive, "FROM scratch\nCOPY app /app\nCOPY mid /mid\n")))
	l.needed = []string{"app", "mid"}
	r := l.run()
	kept, dropped := ids(r.Document)
	if !slices.Equal(kept, []string{"base:mid"}) || !slices.Equal(dropped, []string{"base:none", "base:app"}) {
		t.Errorf("kept %v, dropped %v", kept, dropped)
	}
	for i, want := range []string{"/app", "/mid"} {
		if got := change(t, r.Document, dropped[i]).Dropped; !strings.Contains(got, want) {
			t.Errorf("%s: %s", dropped[i], got)
		}
	}
}

func TestNothingLeft(t *testing.T) {
	l := newLoop(t, drops("app", "COPY app /app"))
	r := l.run()
	unchanged(t, r, diag.Unchanged, "1 change tried, none could be proven; the last: removed /app")
	if r.Document.Baseline == nil || r.Document.Candidate != nil {
		t.Errorf("baseline %v, candidate %v", r.Document.Baseline, r.Document.Candidate)
	}
	unchanged(t, newLoop(t).run(), diag.Unchanged, "nothing was found")
}

// TestUnknownParity expects that what could not be judged is not kept, whichever
// way the judge said so.
func TestUnknownParity(t *testing.T) {
	for name, test := range map[string]struct {
		parity diag.Parity
		reason string
	}{
		"nothing said": {diag.Parity{Verdict: diag.Unknown}, "parity could not be judged"},
		"no verdict":   {diag.Parity{}, "parity could not be judged"},
		"check": {diag.Parity{Verdict: diag.Unknown, Levels: []diag.Level{{Name: "L0"}, {Name: "L4", NotRun: []diag.NotRun{{Check: "tests", Why: "none are named"}, {Check: "run", Why: "no engine", Decides: true}}}}},
			"parity could not be judged: run: no engine"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoop(t, drops("big", "COPY big /big"))
			l.verdicts = []diag.Parity{test.parity}
			r := l.run()
			unchanged(t, r, diag.Unchanged, test.reason)
			if c := change(t, r.Document, "big"); c.Label != "A5" || c.Dropped != test.reason {
				t.Errorf("label %q, reason %q", c.Label, c.Dropped)
			}
		})
	}
}

func TestChangeThatDoesNotBuild(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"), rewrites("broken", "COPY mid /mid", "COPY missing /mid"), drops("small", "COPY small /small"))
	r := l.run()
	kept, dropped := ids(r.Document)
	if !slices.Equal(kept, []string{"big", "small"}) || !slices.Equal(dropped, []string{"broken"}) {
		t.Fatalf("kept %v, dropped %v", kept, dropped)
	}
	c := change(t, r.Document, "broken")
	if c.Label != "B17" || !strings.HasPrefix(c.Dropped, "the candidate does not build: Dockerfile:") || !strings.Contains(c.Dropped, "missing") {
		t.Errorf("label %q, reason %q", c.Label, c.Dropped)
	}
	if strings.Contains(string(r.Files["Dockerfile"]), "missing") {
		t.Errorf("%s", r.Files["Dockerfile"])
	}
	for _, b := range l.compared {
		if b.Result == nil {
			t.Error("a candidate that does not build was compared")
		}
	}
}

func TestLargerCandidate(t *testing.T) {
	r := newLoop(t, rewrites("twice", "COPY big /big\n", "COPY big /big\nCOPY big /again\n")).run()
	unchanged(t, r, diag.Unchanged, "the candidate is larger than the original")
	if c := change(t, r.Document, "twice"); c.Dropped != "the candidate is larger than the original" {
		t.Errorf("dropped because %q", c.Dropped)
	}
	if d := r.Document; d.Candidate == nil || d.Candidate.Bytes.Unpacked <= d.Baseline.Bytes.Unpacked {
		t.Errorf("%+v", d.Candidate)
	}
}

func TestNoMeasuredDifference(t *testing.T) {
	r := newLoop(t, rewrites("comment", "COPY app", "# a comment\nCOPY app")).run()
	unchanged(t, r, diag.Unchanged, "no measured difference")
}

// TestFasterIsWorthKeeping takes a candidate of the same size whose rebuild the
// measurement calls notably faster, and one that it does not.
func TestFasterIsWorthKeeping(t *testing.T) {
	for notable, want := range map[bool]diag.Outcome{true: diag.Improved, false: diag.Unchanged} {
		l := newLoop(t, rewrites("comment", "COPY app", "# a comment\nCOPY app"))
		r := l.run(func(c *Config) {
			measure := c.Measure
			c.Measure = func(ctx context.Context, older engine.Request, newer *engine.Request) (*Measured, error) {
				m, err := measure(ctx, older, newer)
				m.Scenarios = []diag.Scenario{{Name: "source-edit", Old: diag.Measurement{Median: 9}, New: &diag.Measurement{Median: 2}, Notable: notable}}
				return m, err
			}
		})
		if r.Document.Outcome != want {
			t.Errorf("notable %v: %s, %s", notable, r.Document.Outcome, r.Document.Reason)
		}
	}
}

func TestNeeds(t *testing.T) {
	l := newLoop(t, drops("app", "COPY app /app"), drops("mid", "COPY mid /mid", needs("app")), drops("big", "COPY big /big"),
		drops("small", "COPY small /small", needs("big")))
	r := l.run()
	kept, dropped := ids(r.Document)
	if !slices.Equal(kept, []string{"big", "small"}) || !slices.Equal(dropped, []string{"app"}) {
		t.Errorf("kept %v, dropped %v", kept, dropped)
	}
	if got, want := string(r.Files["Dockerfile"]), "FROM scratch\nCOPY app /app\nCOPY mid /mid\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestStubbornProposer offers what was refused again; the search must end all the same.
func TestStubbornProposer(t *testing.T) {
	deaf := func(files Files, _ func(string) bool) ([]diag.Change, error) {
		return drops("app", "COPY app /app")(files, func(string) bool { return false })
	}
	l := newLoop(t, deaf, drops("big", "COPY big /big"))
	kept, dropped := ids(l.run().Document)
	if !slices.Equal(kept, []string{"big"}) || !slices.Equal(dropped, []string{"app"}) {
		t.Errorf("kept %v, dropped %v", kept, dropped)
	}
}

// TestManualIsNeverMade also covers a change that changes nothing.
func TestManualIsNeverMade(t *testing.T) {
	l := newLoop(t, drops("manual", "COPY big /big", func(c *diag.Change) { c.Applicability = diag.Manual }), rewrites("nothing", "COPY mid", "COPY mid"))
	unchanged(t, l.run(), diag.Unchanged, "nothing was found")
	if len(l.requests) != 1 {
		t.Errorf("%d builds", len(l.requests))
	}
}

// TestAttribution holds that the savings of the parts add up to the measured whole,
// and that each part is what its file weighs.
func TestAttribution(t *testing.T) {
	l := newLoop(t, drops("small", "COPY small /small"), drops("app", "COPY app /app"), drops("big", "COPY big /big"), drops("mid", "COPY mid /mid"))
	r := l.run(func(c *Config) { c.Attribute = true })
	d := r.Document
	kept, _ := ids(d)
	if !slices.Equal(kept, []string{"small", "big", "mid"}) {
		t.Fatalf("kept %v", kept)
	}
	sum := map[diag.Quantity]float64{}
	for _, id := range kept {
		for _, s := range change(t, d, id).Saved {
			sum[s.Quantity] += s.Value()
			if s.Quantity == diag.DiskBytes && (s.Value() < float64(sizes[id]) || s.Value() > float64(sizes[id]+4096)) {
				t.Errorf("%s saved %.0f bytes", id, s.Value())
			}
			if s.Quantity == diag.DiskBytes && !s.Notable || s.Samples != 1 || s.Method == "" {
				t.Errorf("%s: %+v", id, s)
			}
		}
	}
	for quantity, want := range map[diag.Quantity]float64{
		diag.DiskBytes:   float64(d.Baseline.Bytes.Unpacked - d.Candidate.Bytes.Unpacked),
		diag.PulledBytes: float64(d.Baseline.Bytes.Compressed - d.Candidate.Bytes.Compressed),
		diag.ColdSeconds: d.Baseline.ColdSeconds.Median - d.Candidate.ColdSeconds.Median,
	} {
		if math.Abs(sum[quantity]-want) > 1e-9 || quantity != diag.ColdSeconds && want <= 0 {
			t.Errorf("%s: the parts add up to %v, the whole is %v", quantity, sum[quantity], want)
		}
	}
	cold := 0
	for _, req := range l.requests {
		if req.NoCache {
			cold++
		}
	}
	if cold != len(kept)-1 {
		t.Errorf("%d cold builds between %d states", cold, len(kept)+1)
	}
}

// TestAttributionOfPartsThatDoNotBuild takes a change that builds only with the one
// after it: the pair's saving is counted once.
func TestAttributionOfPartsThatDoNotBuild(t *testing.T) {
	l := newLoop(t, rewrites("first", "COPY mid /mid\n", "COPY missing /mid\n"), drops("second", "COPY missing /mid"), drops("big", "COPY big /big"))
	r := l.run(func(c *Config) { c.Attribute = true })
	kept, _ := ids(r.Document)
	if !slices.Equal(kept, []string{"first", "second", "big"}) {
		t.Fatalf("kept %v", kept)
	}
	for id, want := range map[string]struct {
		size   int
		method string
	}{"first": {0, methodJoint}, "second": {sizes["mid"], methodBoth}, "big": {sizes["big"], method}} {
		s := change(t, r.Document, id).Saved[0]
		if s.Quantity != diag.DiskBytes || s.Value() < float64(want.size) || s.Value() > float64(want.size+4096) || s.Notable != (want.size > 0) || s.Method != want.method {
			t.Errorf("%s: %+v, want about %d bytes", id, s, want.size)
		}
	}
}

// TestUnjudgeable gives an original that differs from itself.
func TestUnjudgeable(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"))
	l.needed = []string{"absent"}
	r := l.run()
	unchanged(t, r, diag.Unchanged, "differs from itself")
	if len(l.requests) != 1 || r.Document.Baseline == nil {
		t.Errorf("%d builds, baseline %v", len(l.requests), r.Document.Baseline)
	}
}

// TestOriginalThatCannotBeJudged gives an original of which something was not run.
func TestOriginalThatCannotBeJudged(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"))
	r := l.run(func(c *Config) {
		c.Verify = func(context.Context, Build, Build, []diag.Change) (diag.Parity, error) {
			return diag.Parity{Verdict: diag.Unknown, Levels: []diag.Level{{NotRun: []diag.NotRun{{Check: "run", Why: "no engine", Decides: true}}}}}, nil
		}
	})
	unchanged(t, r, diag.Unchanged, "no change could be proven; run: no engine")
	if len(l.requests) != 1 || len(r.Document.Changes) != 0 {
		t.Errorf("%d builds, changes %v", len(l.requests), r.Document.Changes)
	}
}

// TestLeavesReachTheJudge holds that a comparison is told of the changes that led to
// the candidate, and of no other.
func TestLeavesReachTheJudge(t *testing.T) {
	l := newLoop(t, drops("big", "COPY big /big"), drops("app", "COPY app /app"))
	l.run()
	for i, b := range l.compared {
		text := string(b.Files["Dockerfile"])
		for _, c := range l.changes[i] {
			if strings.Contains(text, "COPY "+c.ID) {
				t.Errorf("told of %s, which is not made in\n%s", c.ID, text)
			}
		}
		if gone := strings.Count(naive, "COPY") - strings.Count(text, "COPY"); gone != len(l.changes[i]) {
			t.Errorf("told of %d changes, %d are made", len(l.changes[i]), gone)
		}
	}
	if len(l.compared) == 0 {
		t.Error("nothing was compared")
	}
}

// TestIgnoreFile lets a change create the ignore file.
func TestIgnoreFile(t *testing.T) {
	ignore := func(_ Files, refused func(string) bool) ([]diag.Change, error) {
		if refused("ignore") {
			return nil, nil
		}
		return []diag.Change{{ID: "ignore", Applicability: diag.Proven, Files: []diag.FileEdit{{File: ".dockerignore", Edits: []span.Edit{span.Insert(0, "mid\n")}}}}}, nil
	}
	l := newLoop(t, ignore, drops("mid", "COPY mid /mid"))
	r := l.run()
	if got := string(r.Files[".dockerignore"]); got != "mid\n" {
		t.Errorf("%q", got)
	}
	last := l.requests[len(l.requests)-1]
	if last.Ignore == nil || *last.Ignore != "mid\n" || l.requests[0].Ignore != nil {
		t.Errorf("the original was built with %v, the candidate with %v", l.requests[0].Ignore, last.Ignore)
	}
	if got := r.Files.Changed(Files{"Dockerfile": []byte(naive)}); !slices.Equal(got, []string{".dockerignore", "Dockerfile"}) {
		t.Errorf("changed: %v", got)
	}
}

// TestErrorsComeOut holds that errors of what the loop is given come out of it.
func TestErrorsComeOut(t *testing.T) {
	own := errors.New("own")
	for name, set := range map[string]func(*Config){
		"analysis": func(c *Config) {
			c.Analyse = func(context.Context, *engine.Result) ([]Proposer, error) { return nil, own }
		},
		"parity": func(c *Config) {
			c.Verify = func(context.Context, Build, Build, []diag.Change) (diag.Parity, error) { return diag.Parity{}, own }
		},
		"measurement": func(c *Config) {
			c.Measure = func(context.Context, engine.Request, *engine.Request) (*Measured, error) { return nil, own }
		},
		"plan": func(c *Config) {
			c.Analyse = func(context.Context, *engine.Result) ([]Proposer, error) {
				return []Proposer{func(Files, func(string) bool) ([]diag.Change, error) { return nil, own }}, nil
			}
		},
	} {
		c := newLoop(t, drops("big", "COPY big /big")).config()
		set(&c)
		if _, err := Run(t.Context(), c); !errors.Is(err, own) || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConfession holds that a change which says that it leaves a path behind is
// found without a search when that path is missed, and that two such changes are told
// apart by searching.
func TestConfession(t *testing.T) {
	leaves := func(path string) func(*diag.Change) {
		return func(c *diag.Change) { c.Leaves = append(c.Leaves, diag.Leave{Glob: path}) }
	}
	for name, test := range map[string]struct {
		small  string // what the innocent change says it leaves
		builds int
	}{
		"one":     {"/small", 3}, // the original, the candidate, the candidate without it
		"several": {"/**", 5},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoop(t, drops("big", "COPY big /big"), drops("mid", "COPY mid /mid"), drops("app", "COPY app /app", leaves("/app")), drops("small", "COPY small /small", leaves(test.small)))
			r := l.run()
			kept, dropped := ids(r.Document)
			if !slices.Equal(kept, []string{"big", "mid", "small"}) || !slices.Equal(dropped, []string{"app"}) {
				t.Errorf("kept %v, dropped %v", kept, dropped)
			}
			if c := change(t, r.Document, "app"); !strings.HasPrefix(c.Dropped, "removed /app") || len(l.requests) != test.builds {
				t.Errorf("%s, after %d builds, want %d", c.Dropped, len(l.requests), test.builds)
			}
		})
	}
}
