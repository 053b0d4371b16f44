package optimize

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/fake"
	"github.com/careenhq/careen/span"
)

// sizes of the files that the test project copies into its image, one COPY each.
var sizes = map[string]int{"app": 500, "big": 40_000, "mid": 8_000, "small": 3_000}

// naive is the original of most tests.
const naive = "FROM scratch\nCOPY app /app\nCOPY big /big\nCOPY mid /mid\nCOPY small /small\n"

// loop is a run of the loop on the fake engine. Its proposers, and the names of
// files that the image needs, are what a test sets.
type loop struct {
	*testing.T
	builder    engine.Builder
	context    string
	dockerfile string
	proposers  []Proposer
	needed     []string         // a candidate without one of them differs
	verdicts   []diag.Parity    // taken before needed is looked at, one by one, by comparisons with the original
	compared   []Build          // candidates, in order
	changes    [][]diag.Change  // that led to them
	requests   []engine.Request // the builds that the loop itself made
}

func newLoop(t *testing.T, proposers ...Proposer) *loop {
	l := &loop{T: t, builder: fake.New(fake.Options{}), context: t.TempDir(), dockerfile: naive, proposers: proposers, needed: []string{"app"}}
	for name, size := range sizes {
		if err := os.WriteFile(filepath.Join(l.context, name), noise(name, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// noise is bytes that do not compress to nothing.
func noise(seed string, size int) []byte {
	out, state := make([]byte, size), uint32(len(seed))<<16|uint32(seed[0])
	for i := range out {
		state = state*1664525 + 1013904223
		out[i] = byte(state >> 24)
	}
	return out
}

// Build counts what is built.
func (l *loop) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	l.requests = append(l.requests, req)
	return l.builder.Build(ctx, req)
}

func (l *loop) Resolve(ctx context.Context, ref, platform string) (*engine.Base, error) {
	return l.builder.Resolve(ctx, ref, platform)
}
func (l *loop) Info(ctx context.Context) (engine.Info, error) { return l.builder.Info(ctx) }
func (l *loop) Close() error                                  { return l.builder.Close() }

func (l *loop) config() Config {
	return Config{
		Original: Files{"Dockerfile": []byte(l.dockerfile)}, Layout: Layout{"Dockerfile", ".dockerignore"},
		Request: engine.Request{Context: l.context, Name: "Dockerfile"},
		Builder: l, Verify: l.verify, Measure: l.measure, Describe: describe, Dir: l.TempDir(),
		Analyse: func(context.Context, *engine.Result) ([]Proposer, error) { return l.proposers, nil },
	}
}

func (l *loop) run(set ...func(*Config)) *Result {
	l.Helper()
	c := l.config()
	for _, s := range set {
		s(&c)
	}
	r, err := Run(l.Context(), c)
	if err != nil {
		l.Fatal(err)
	}
	return r
}

// verify tells a candidate that lost a needed file.
func (l *loop) verify(_ context.Context, older, newer Build, changes []diag.Change) (diag.Parity, error) {
	if older.Files.Key() != newer.Files.Key() {
		l.compared, l.changes = append(l.compared, newer), append(l.changes, changes)
		if len(l.verdicts) > 0 {
			p := l.verdicts[0]
			l.verdicts = l.verdicts[1:]
			return p, nil
		}
	}
	for _, name := range l.needed {
		if !bytes.Contains(newer.Files["Dockerfile"], []byte("COPY "+name+" ")) {
			return diag.Parity{Verdict: diag.Different, Differences: []diag.Difference{
				{Level: "L1", Check: "removed", Path: "/" + name, Reason: "the new image lacks it", Label: "B1"},
			}}, nil
		}
	}
	return diag.Parity{Verdict: diag.Same}, nil
}

// measure builds once and describes what it finds.
func (l *loop) measure(ctx context.Context, older engine.Request, newer *engine.Request) (*Measured, error) {
	b, err := l.measured(ctx, older)
	if err != nil || newer == nil {
		return &Measured{Old: b}, err
	}
	after, err := l.measured(ctx, *newer)
	return &Measured{Old: b, New: &after, Ledger: []diag.BuildRun{{Purpose: "measured"}}}, err
}

func (l *loop) measured(ctx context.Context, req engine.Request) (diag.Build, error) {
	req.Output, req.NoCache = l.TempDir(), true
	result, err := l.builder.Build(ctx, req)
	if err != nil {
		return diag.Build{}, err
	}
	b, err := describe(result)
	s := result.Duration.Seconds()
	b.ColdSeconds = diag.Measurement{Quantity: diag.ColdSeconds, Samples: []float64{s}, Median: s, Low: s, High: s}
	return b, err
}

func describe(result *engine.Result) (diag.Build, error) {
	if result.Image.Layout == "" {
		return diag.Build{}, errors.New("nothing was exported")
	}
	var b diag.Build
	for _, s := range result.Steps {
		b.Bytes.Compressed += s.Pulled
		b.Bytes.Unpacked += s.Unpacked
	}
	return b, nil
}

// drops proposes to leave one line of the Dockerfile out.
func drops(id, line string, set ...func(*diag.Change)) Proposer {
	return rewrites(id, line+"\n", "", set...)
}

// rewrites proposes to put text in the place of the first occurrence of another.
func rewrites(id, text, by string, set ...func(*diag.Change)) Proposer {
	return func(files Files, refused func(string) bool) ([]diag.Change, error) {
		at := strings.Index(string(files["Dockerfile"]), text)
		if at < 0 || refused(id) {
			return nil, nil
		}
		c := diag.Change{ID: id, Title: "change " + id, Applicability: diag.Proven, Files: []diag.FileEdit{
			{File: "Dockerfile", Edits: []span.Edit{span.Replace(span.Span{Start: at, End: at + len(text)}, by)}},
		}}
		for _, s := range set {
			s(&c)
		}
		return []diag.Change{c}, nil
	}
}

func needs(ids ...string) func(*diag.Change) { return func(c *diag.Change) { c.Needs = ids } }

// ladder proposes the first of several that is not refused.
func ladder(rungs ...Proposer) Proposer {
	return func(files Files, refused func(string) bool) ([]diag.Change, error) {
		for _, rung := range rungs {
			if changes, err := rung(files, refused); err != nil || len(changes) > 0 {
				return changes, err
			}
		}
		return nil, nil
	}
}

// ids are the kept and the dropped changes of a document.
func ids(d diag.Document) (kept, dropped []string) {
	for _, c := range d.Changes {
		if c.Kept {
			kept = append(kept, c.ID)
		} else {
			dropped = append(dropped, c.ID)
		}
	}
	return kept, dropped
}

func change(t *testing.T, d diag.Document, id string) diag.Change {
	t.Helper()
	i := slices.IndexFunc(d.Changes, func(c diag.Change) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no change %s in the document", id)
	}
	return d.Changes[i]
}
