package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// world is a registry and the builders that reach it: what a reference holds, and
// how long builds take with a cache of each mode.
type world struct {
	t       *testing.T
	held    map[string]bool // references
	open    int             // builders not closed
	up      int64
	calls   []string
	fail    error
	seconds map[engine.CacheMode]float64
	forms   []CacheForm
}

// emptyBuilder is a builder of the world that holds nothing.
type emptyBuilder struct {
	engine.Builder
	w *world
}

func (b emptyBuilder) Close() error { b.w.open--; return nil }

func (b emptyBuilder) Build(_ context.Context, req engine.Request) (*engine.Result, error) {
	w := b.w
	if w.fail != nil {
		return nil, w.fail
	}
	text, err := os.ReadFile(filepath.Join(req.Context, "main.go"))
	if err != nil {
		w.t.Fatal(err)
	}
	took := 60.0
	for _, ref := range req.CacheFrom {
		if !w.held[ref] {
			w.t.Errorf("nothing at %s", ref)
		}
		took = w.seconds[w.mode(ref)]
	}
	for _, ref := range []string{req.Push, refOf(req.CacheTo)} {
		if ref != "" && !w.held[ref] {
			w.held[ref] = true
			w.up += 100
		}
	}
	edited := strings.Contains(string(text), "careen bench")
	w.calls = append(w.calls, fmt.Sprintf("from %d edited %v pushed %v", len(req.CacheFrom), edited, req.Push != ""))
	return &engine.Result{Duration: time.Duration(took * 1e9), CacheExport: time.Second, Export: time.Second, CacheImport: time.Second}, nil
}

func refOf(c *engine.CacheTo) string {
	if c == nil {
		return ""
	}
	return c.Ref
}

// mode reads the mode from the reference of a lane.
func (w *world) mode(ref string) engine.CacheMode {
	for i, f := range w.forms {
		if strings.Contains(ref, fmt.Sprintf("form%d-", i)) {
			return f.Mode
		}
	}
	return ""
}

func newWorld(t *testing.T, seconds map[engine.CacheMode]float64, forms ...CacheForm) *world {
	if forms == nil {
		forms = []CacheForm{{}, {Mode: engine.CacheInline, Compression: engine.Gzip}, {Mode: engine.CacheMin, Compression: engine.Gzip}, {Mode: engine.CacheMax, Compression: engine.Zstd}}
	}
	return &world{t: t, held: map[string]bool{}, seconds: seconds, forms: forms}
}

func (w *world) options(dir, scratch string) RunnerOptions {
	return RunnerOptions{
		Fresh:   func(context.Context) (engine.Builder, error) { w.open++; return emptyBuilder{w: w}, nil },
		Subject: subjects(dir, "x")[0], Forms: w.forms, Runs: 2, Dir: scratch, Nonce: "n",
		Store: Store{
			Repository: "r/x",
			Traffic:    func() Traffic { return Traffic{Up: w.up} },
			Blobs: func(_ context.Context, ref string) (map[string]int64, error) {
				if !w.held[ref] {
					return nil, errors.New("not found")
				}
				if strings.HasSuffix(ref, "branch") {
					return map[string]int64{"shared": 1000, "branch": 10}, nil
				}
				return map[string]int64{"shared": 1000}, nil
			},
		},
	}
}

// TestRunners: every form is built cold once, then in turns from its own cache with
// a change; the fastest is named, and a fork only reads it.
func TestRunners(t *testing.T) {
	for best, seconds := range map[string]map[engine.CacheMode]float64{
		"max, zstd":    {engine.CacheInline: 50, engine.CacheMin: 40, engine.CacheMax: 10},
		"inline, gzip": {engine.CacheInline: 5, engine.CacheMin: 40, engine.CacheMax: 10},
		"no cache":     {engine.CacheInline: 61, engine.CacheMin: 62, engine.CacheMax: 63},
	} {
		w := newWorld(t, seconds)
		scratch := t.TempDir()
		res, err := Runners(t.Context(), w.options(goProject(t), scratch))
		if err != nil {
			t.Fatal(err)
		}
		if res.Best != best || res.Edited != "main.go" || w.open != 0 {
			t.Errorf("best %q, want %q; edited %q; %d builders left open", res.Best, best, res.Edited, w.open)
		}
		for _, c := range res.Caches {
			if len(c.Seconds.Samples) != 2 || c.First.Seconds != 60 || c.Next.Export != 2 || c.Next.Import != 1 {
				t.Errorf("%+v", c)
			}
			if wantStored := c.Name != "no cache"; wantStored != (c.Stored == 1000) || wantStored != (c.Added == 10) {
				t.Errorf("%s: stored %d, added %d", c.Name, c.Stored, c.Added)
			}
		}
		checkFork(t, w, res)
		if left, _ := os.ReadDir(scratch); len(left) > 0 {
			t.Errorf("left %v", left)
		}
	}
}

func checkFork(t *testing.T, w *world, res *diag.Runners) {
	t.Helper()
	last := w.calls[len(w.calls)-1]
	if (res.Fork == nil) != (res.Best == "no cache") {
		t.Errorf("fork %+v of %s", res.Fork, res.Best)
	}
	if res.Fork != nil && (last != "from 1 edited true pushed false" || res.Fork.Up != 0) {
		t.Errorf("the fork's build was %q, sent %d", last, res.Fork.Up)
	}
}

// TestRunnersNaive: another Dockerfile is measured without a cache beside the forms.
func TestRunnersNaive(t *testing.T) {
	w := newWorld(t, map[engine.CacheMode]float64{engine.CacheMax: 10}, CacheForm{Mode: engine.CacheMax, Compression: engine.Zstd})
	dir := goProject(t)
	o := w.options(dir, t.TempDir())
	o.Naive = &subjects(dir, "old")[0]
	res, err := Runners(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Caches) != 2 || res.Caches[0].Name != "old, no cache" || res.Caches[0].Seconds.Median != 60 || res.Best != "max, zstd" {
		t.Errorf("%+v", res)
	}
}

// TestRunnersFail: a build that fails says whose it was.
func TestRunnersFail(t *testing.T) {
	w := newWorld(t, nil)
	w.fail = errors.New("registry is down")
	_, err := Runners(t.Context(), w.options(goProject(t), t.TempDir()))
	var failure *Failure
	if !errors.As(err, &failure) || failure.Subject != "x" || w.open != 0 {
		t.Errorf("%v, %d builders left open", err, w.open)
	}
}

// TestRunnersCarryMounts: cache mounts are restored before a build and saved after it,
// and both count.
func TestRunnersCarryMounts(t *testing.T) {
	w := newWorld(t, map[engine.CacheMode]float64{engine.CacheMax: 10}, CacheForm{}, CacheForm{Mounts: true}, CacheForm{Mode: engine.CacheMax, Compression: engine.Zstd, Mounts: true})
	o := w.options(goProject(t), t.TempDir())
	o.Carrier = Carrier{
		Save: func(_ context.Context, _ engine.Builder, ref string) (float64, error) {
			w.held[ref] = true
			return 2, nil
		},
		Restore: func(_ context.Context, _ engine.Builder, ref string) (float64, error) { return 3, w.has(ref) },
	}
	res, err := Runners(t.Context(), o)
	if err != nil || len(res.Caches) != 1 {
		t.Fatalf("without cache mounts: %+v, %v", res, err)
	}
	w.held = map[string]bool{}
	o.Subject.Request.Dockerfile = []byte("# x\nFROM golang\nCOPY . .\nRUN --mount=type=cache,target=/c go build\n")
	if res, err = Runners(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if len(res.Caches) != 3 || res.Best != "max, zstd, mounts" || res.Fork.Seconds != 13 || len(res.Mounts) != 1 {
		t.Errorf("%+v", res)
	}
	if c := res.Caches[2]; c.First.Seconds != 62 || c.Seconds.Median != 15 || c.Next.Import != 4 || c.Next.Export != 4 || c.Stored != 1000 {
		t.Errorf("%+v", c)
	}
}

// has is an error when the registry lacks a reference.
func (w *world) has(ref string) error {
	if !w.held[ref] {
		return errors.New("nothing at " + ref)
	}
	return nil
}
