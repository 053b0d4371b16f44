package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/careenhq/careen/internal/engine"
)

// TestProgressOffATerminal expects plain lines, and none with --quiet.
func TestProgressOffATerminal(t *testing.T) {
	for quiet, want := range map[bool]string{false: "  build the original\n    RUN long · 3 s\n", true: ""} {
		if got := progressOf(t, quiet); got != want {
			t.Errorf("quiet %v: %q; want %q", quiet, got, want)
		}
	}
}

// progressOf is what a build prints to a file.
func progressOf(t *testing.T, quiet bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := (&app{stderr: f, quiet: quiet}).progress(t.Context())
	p.say("build the original")
	start := time.Unix(1000, 0)
	for _, s := range []engine.Step{
		{Name: "[2/3] RUN long", Start: start},
		{Name: "[2/3] RUN long", Start: start, End: start.Add(3 * time.Second)},
		{Name: "RUN short", Start: start, End: start.Add(time.Second)},
		{Name: "RUN cached", Start: start, End: start.Add(time.Minute), Cached: true},
	} {
		p.event(engine.Event{Step: &s})
	}
	p.close()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
