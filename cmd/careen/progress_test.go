package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/console"
	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"

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

// TestProgressOnATerminal expects BuildKit's own display of a build, named by what
// was said, and a line that counts for what builds nothing.
func TestProgressOnATerminal(t *testing.T) {
	terminal, name, err := console.NewPty()
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	defer terminal.Close()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := terminal.Resize(console.WinSize{Width: 100, Height: 30}); err != nil {
		t.Fatal(err)
	}
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(terminal) // ends with an error when the other side closes
		shown <- string(text)
	}()
	p := (&app{stderr: f}).progress(t.Context())
	p.say("build the original")
	started := time.Now().Add(-3 * time.Second)
	ended := started.Add(2 * time.Second)
	p.event(engine.Event{Raw: &client.SolveStatus{Vertexes: []*client.Vertex{
		{Digest: digest.FromString("x"), Name: "[2/3] RUN make", Started: &started, Completed: &ended},
	}}})
	p.say("compare")
	time.Sleep(250 * time.Millisecond)
	p.close()
	f.Close()
	got := <-shown
	for _, want := range []string{"[+] build the original", "(1/1) FINISHED", " => [2/3] RUN make", "  compare · 0 s"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}
