package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// builder is an engine whose builds take made-up times: what a Dockerfile says on
// its first line is its name, and a build runs its step again when NoCache is set
// or the context's main.go or go.mod is new to it.
type builder struct {
	t       *testing.T
	image   v1.Image
	base    v1.Image
	seconds map[string]float64 // by "name cold", "name cached", "name edit"
	fail    map[string]error   // by the same
	seen    map[string]bool
	calls   []string
}

func (b *builder) Build(_ context.Context, req engine.Request) (*engine.Result, error) {
	name, _, _ := strings.Cut(strings.TrimPrefix(string(req.Dockerfile), "# "), "\n")
	key := name
	for _, file := range []string{"main.go", "go.mod"} {
		text, err := os.ReadFile(filepath.Join(req.Context, file))
		if err != nil {
			b.t.Errorf("context of %s: %v", name, err)
		}
		key += string(text)
	}
	kind := "edit"
	switch {
	case req.NoCache:
		kind = "cold"
	case b.seen[key]:
		kind = "cached"
	case !strings.Contains(key, "careen bench"):
		kind = "cold"
	}
	b.seen[key] = true
	b.calls = append(b.calls, name+" "+kind)
	if err := b.fail[name+" "+kind]; err != nil {
		return nil, err
	}
	digest, err := b.image.Digest()
	if err != nil {
		return nil, err
	}
	p, err := layout.Write(req.Output, empty.Index)
	if err != nil {
		return nil, err
	}
	if err := p.AppendImage(b.image); err != nil {
		return nil, err
	}
	seconds := b.seconds[name+" "+kind]
	start := time.Unix(0, 0)
	took := time.Duration(seconds * float64(time.Second))
	config, err := b.base.RawConfigFile()
	return &engine.Result{
		Image: engine.Image{Layout: req.Output, Digest: digest.String()},
		Steps: []engine.Step{{
			Name: "[2/2] RUN  go build", Kind: engine.Instruction, Lines: []engine.Lines{{First: 3, Last: 3}},
			Start: start, End: start.Add(took), Cached: kind == "cached", Layer: 1, Unpacked: 7,
		}},
		Bases:    []engine.Base{{Ref: "golang", Digest: "sha256:b", Config: config}},
		Duration: took, Export: took / 4, ContextBytes: 1,
	}, err
}

func (b *builder) Resolve(context.Context, string, string) (*engine.Base, error) {
	return nil, errors.ErrUnsupported
}

func (b *builder) Info(context.Context) (engine.Info, error) {
	return engine.Info{Name: "test engine", Version: "v1", Platform: "linux/amd64"}, nil
}

func (b *builder) Close() error { return nil }

func newBuilder(t *testing.T) *builder {
	base, err := mutate.AppendLayers(empty.Image, static.NewLayer([]byte("base layer"), types.OCIUncompressedLayer))
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(base, static.NewLayer([]byte("own"), types.OCIUncompressedLayer))
	if err != nil {
		t.Fatal(err)
	}
	return &builder{t: t, image: image, base: base, seen: map[string]bool{}, fail: map[string]error{}, seconds: map[string]float64{
		"old cold": 60, "old cached": 1, "old edit": 50, "new cold": 30, "new cached": 1, "new edit": 5,
	}}
}

func subjects(dir string, names ...string) []Subject {
	var list []Subject
	for _, n := range names {
		list = append(list, Subject{Name: n, Request: engine.Request{Context: dir, Dockerfile: []byte("# " + n + "\nFROM golang\nCOPY . .\nRUN go build\n")}})
	}
	return list
}

func goProject(t *testing.T) string {
	return write(t, map[string]string{"main.go": "package main\n", "go.mod": "module m\n"})
}

func TestRunInterleaves(t *testing.T) {
	b := newBuilder(t)
	dir, scratch := goProject(t), t.TempDir()
	res, err := Run(t.Context(), Options{Builder: b, Subjects: subjects(dir, "old", "new"), Runs: 3, Dir: scratch})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"old cold", "new cold", // prepare
		"old cold", "new cold", "new cold", "old cold", "old cold", "new cold",
		"old cached", "new cached", "new cached", "old cached", "old cached", "new cached",
		"old cached", "new cached", // the copy of the context
		"old edit", "new edit", "new edit", "old edit", "old edit", "new edit",
		"old cached", "new cached",
		"old edit", "new edit", "new edit", "old edit", "old edit", "new edit",
	}
	if !slices.Equal(b.calls, want) {
		t.Errorf("builds\n%q, want\n%q", b.calls, want)
	}
	var got []string
	for _, s := range res.Scenarios {
		got = append(got, fmt.Sprintf("%s %s %g %g %s", s.Name, s.Edited, s.Old.Median, s.New.Median, s.Criterion))
	}
	wantScenarios := []string{
		"cold  60 30 −50 %", "no-change  1 1 no difference",
		"source-edit main.go 50 5 −90 %", "manifest-edit go.mod 50 5 −90 %",
	}
	if !slices.Equal(got, wantScenarios) {
		t.Errorf("scenarios\n%q, want\n%q", got, wantScenarios)
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "main.go")); string(text) != "package main\n" {
		t.Errorf("the user's file is now %q", text)
	}
	if len(res.Ledger) != len(want) || res.Environment.Builder != "test engine v1" || res.Environment.Bases["golang"] != "sha256:b" {
		t.Errorf("ledger of %d, environment %+v", len(res.Ledger), res.Environment)
	}
}

func TestRunBuilds(t *testing.T) {
	b := newBuilder(t)
	res, err := Run(t.Context(), Options{Builder: b, Subjects: subjects(goProject(t), "old"), Scenarios: []Scenario{Cold}, Runs: 1, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	got := res.Builds[0]
	if got.Bytes != (diag.Bytes{Compressed: 13, Unpacked: 13}) || got.Base.Unpacked != 10 || len(got.Layers) != 2 {
		t.Errorf("sizes %+v, base %+v, layers %+v", got.Bytes, got.Base, got.Layers)
	}
	if !got.Layers[0].Base || got.Layers[1].Base || got.Layers[1].Instruction != "RUN go build" || got.Layers[1].Line != 3 {
		t.Errorf("layers %+v", got.Layers)
	}
	if want := []diag.Step{{Name: "RUN go build", Line: 3, Seconds: 60, Unpacked: 7}}; !slices.Equal(got.Steps, want) {
		t.Errorf("steps %+v", got.Steps)
	}
	if got.ColdSeconds.Median != 60 || got.ExportSecs != 15 {
		t.Errorf("cold %v, export %v", got.ColdSeconds.Median, got.ExportSecs)
	}
	if want := int64(len("package main\n") + len("module m\n")); got.ContextBytes != want {
		t.Errorf("context %d, want %d", got.ContextBytes, want)
	}
	if res.Scenarios[0].New != nil || res.Scenarios[0].Criterion != "" {
		t.Errorf("one subject was compared: %+v", res.Scenarios[0])
	}
}

func TestRunWithoutCold(t *testing.T) {
	b := newBuilder(t)
	res, err := Run(t.Context(), Options{Builder: b, Subjects: subjects(goProject(t), "old"), Scenarios: []Scenario{NoChange}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Builds[0]; got.ColdSeconds.Samples != nil || got.Bytes.Unpacked != 13 {
		t.Errorf("%+v", got)
	}
}

func TestRunSaysWhatCouldNotBeRun(t *testing.T) {
	step := &engine.StepError{Name: "Dockerfile", Step: engine.Step{Name: "RUN lint"}, Exit: 1}
	tests := []struct {
		name  string
		files map[string]string
		fail  string
		want  string // of source-edit
	}{
		{"the edit breaks the build", nil, "old edit", "not run: with the edit, old: Dockerfile: RUN lint failed: exit code 1"},
		{"nothing to edit", map[string]string{".dockerignore": "main.go\n"}, "", "not run: the Dockerfile copies no source file that careen can edit"},
		{"bad ignore file", map[string]string{".dockerignore": "[\n"}, "", "not run: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuilder(t)
			if tt.fail != "" {
				b.fail[tt.fail] = step
			}
			dir := goProject(t)
			for name, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			res, err := Run(t.Context(), Options{Builder: b, Subjects: subjects(dir, "old"), Scenarios: []Scenario{SourceEdit}, Runs: 1, Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Scenarios[0].Criterion; !strings.HasPrefix(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestRunReportsAFailure(t *testing.T) {
	b := newBuilder(t)
	step := &engine.StepError{Name: "Dockerfile", Exit: 2}
	b.fail["new cold"] = step
	scratch := t.TempDir()
	_, err := Run(t.Context(), Options{Builder: b, Subjects: subjects(goProject(t), "old", "new"), Dir: scratch})
	var failure *Failure
	var got *engine.StepError
	if !errors.As(err, &failure) || failure.Subject != "new" || !errors.As(err, &got) || got != step {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRunWarnsWhenNothingChanges(t *testing.T) {
	b := newBuilder(t)
	list := subjects(goProject(t), "old")
	res, err := Run(t.Context(), Options{Builder: &forgetful{b}, Subjects: list, Scenarios: []Scenario{NoChange}, Runs: 2, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if w := strings.Join(res.Scenarios[0].Old.Warnings, "\n"); !strings.Contains(w, "1 steps ran again although nothing changed, the first: RUN go build") {
		t.Errorf("warnings %q", w)
	}
}

// forgetful has no cache.
type forgetful struct{ *builder }

func (f *forgetful) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	req.NoCache = true
	return f.builder.Build(ctx, req)
}

func TestRunStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := &cancelling{newBuilder(t), cancel}
	scratch := t.TempDir()
	_, err := Run(ctx, Options{Builder: b, Subjects: subjects(goProject(t), "old"), Dir: scratch})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(scratch); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

type cancelling struct {
	*builder
	cancel func()
}

func (c *cancelling) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	if req.NoCache {
		c.cancel()
		return nil, errors.New("the engine's own words")
	}
	return c.builder.Build(ctx, req)
}

func TestBaseLayersWithoutConfiguration(t *testing.T) {
	b := newBuilder(t)
	r := &engine.Result{Bases: []engine.Base{{Ref: "golang"}}, Steps: []engine.Step{{Layer: -1}, {Layer: 1}}}
	if n, err := baseLayers(b.image, r); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := baseLayers(b.image, &engine.Result{}); err != nil || n != 0 {
		t.Errorf("from scratch: %d, %v", n, err)
	}
	other, _ := json.Marshal(v1.ConfigFile{RootFS: v1.RootFS{DiffIDs: []v1.Hash{{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}}}})
	r.Bases[0].Config = bytes.TrimSpace(other)
	if n, err := baseLayers(b.image, r); err != nil || n != 0 {
		t.Errorf("another image's base: %d, %v", n, err)
	}
}

func TestRunWarnsOfWhatColdIsNot(t *testing.T) {
	b := newBuilder(t)
	list := subjects(goProject(t), "old")
	list[0].Request.Dockerfile = append(list[0].Request.Dockerfile, "ADD https://example.com/x.tar /x\n"...)
	res, err := Run(t.Context(), Options{Builder: &remembering{b}, Subjects: list, Scenarios: []Scenario{Cold}, Runs: 2, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := strings.Join(res.Scenarios[0].Old.Warnings, "\n")
	for _, want := range []string{"came from the cache although none was to be used: RUN go build", "what ADD takes from a URL"} {
		if !strings.Contains(w, want) {
			t.Errorf("no %q in %q", want, w)
		}
	}
}

// remembering ignores NoCache.
type remembering struct{ *builder }

func (r *remembering) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	req.NoCache = false
	return r.builder.Build(ctx, req)
}

// TestRunOfTwoDirectories: a checkout of another branch is measured against this
// one, but for the scenarios whose edit could not be the same in both.
func TestRunOfTwoDirectories(t *testing.T) {
	b := newBuilder(t)
	pair := []Subject{subjects(goProject(t), "old")[0], subjects(goProject(t), "new")[0]}
	res, err := Run(t.Context(), Options{Builder: b, Subjects: pair, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range res.Scenarios {
		edits := s.Name == string(SourceEdit) || s.Name == string(ManifestEdit)
		if got := len(s.Old.Samples) > 0 && s.New != nil; got == edits {
			t.Errorf("%s: measured %v, %q", s.Name, got, s.Criterion)
		}
	}
}
