package careen_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/project"
)

// TestFreshRunners measures fresh runners over a link, against a registry of their
// own, and leaves nothing behind.
func TestFreshRunners(t *testing.T) {
	p, e := benchProject(t), embedded(t)
	t.Setenv("TMPDIR", t.TempDir())
	doc, err := careen.Bench(t.Context(), careen.BenchOptions{
		Project: p, Engine: e, Scenarios: []string{careen.RunnerScenario},
		Runners: careen.RunnerOptions{Link: "50mbit,5ms", Forms: []string{"no-cache", "inline/gzip", "max/zstd"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := doc.Runners
	if doc.Baseline != nil || r == nil || len(r.Caches) != 3 || r.Link != "50 Mbit/s, 5 ms" || r.Edited != "src/index.ts" {
		t.Fatalf("%+v", r)
	}
	least := r.Caches[0]
	for _, c := range r.Caches {
		if c.Seconds.Median < least.Seconds.Median {
			least = c
		}
		if c.First.Up < 1000 || c.Next.Up < 500 || c.Next.Export <= 0 || len(c.Seconds.Samples) != 2 {
			t.Errorf("%+v", c)
		}
		if cached := c.Name != "no cache"; cached != (c.Stored > 0) || cached && (c.Next.Import <= 0 || c.Next.Down < 500 || c.Added <= 0) {
			t.Errorf("%+v", c)
		}
	}
	if r.Best != least.Name {
		t.Errorf("takes %q, the fastest is %q", r.Best, least.Name)
	}
	fresh, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "careen", "fresh-*"))
	if left, _ := os.ReadDir(os.TempDir()); len(left)+len(fresh) > 0 {
		t.Errorf("left behind: %v %v, %v", left, fresh, err)
	}
}

// TestFreshRunnersRefuse: what is wrong with the request is said before anything is
// built.
func TestFreshRunnersRefuse(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	p, e := benchProject(t), embedded(t)
	remote := *p
	remote.Settings.Builder = "unix:///nowhere"
	for want, o := range map[string]struct {
		project *project.Project
		runners careen.RunnerOptions
	}{
		"100mbit,30ms":        {p, careen.RunnerOptions{Link: "fast"}},
		"max/zstd":            {p, careen.RunnerOptions{Forms: []string{"max"}}},
		"without a tag":       {p, careen.RunnerOptions{CacheRef: "UPPER/case"}},
		"connection refused":  {p, careen.RunnerOptions{CacheRef: strings.TrimPrefix(gone.URL, "http://") + "/x"}},
		"leave --builder out": {&remote, careen.RunnerOptions{}},
	} {
		_, err := careen.Bench(t.Context(), careen.BenchOptions{Project: o.project, Engine: e, Scenarios: []string{careen.RunnerScenario}, Runners: o.runners})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
