package buildkit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/careenhq/careen/internal/engine"
)

// TestHide: what a step prints of the build's secrets reaches neither its log nor an
// event, in one piece or in two.
func TestHide(t *testing.T) {
	const inFile, inVariable = "canary-in-a-file", "canary-in-a-variable"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(inFile+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HIDE_TEST", inVariable)
	var seen strings.Builder
	req := engine.Request{
		Secrets: []engine.Secret{{ID: "a", File: file}, {ID: "b", Env: "HIDE_TEST"}, {ID: "c", File: file + ".absent"}},
		Events: func(ev engine.Event) {
			seen.WriteString(ev.Log)
			if s, ok := ev.Raw.(*client.SolveStatus); ok {
				for _, l := range s.Logs {
					seen.Write(l.Data)
				}
			}
		},
	}
	r, v := newRecorder(req), digest.FromString("x")
	now := time.Now()
	r.add(&client.SolveStatus{Vertexes: []*client.Vertex{{Digest: v, Started: &now}}})
	for _, text := range []string{"the token is " + inFile + ", and " + inVariable + "\n", "in two: canary-in-", "a-file.\n"} {
		r.add(&client.SolveStatus{Logs: []*client.VertexLog{{Vertex: v, Data: []byte(text)}}})
	}
	log := r.result(0).Steps[0].Log
	if want := "the token is [secret], and [secret]\nin two: [secret].\n"; log != want {
		t.Errorf("%q, want %q", log, want)
	}
	if strings.Contains(seen.String(), inFile+",") || strings.Contains(seen.String(), inVariable) {
		t.Errorf("events: %q", seen.String())
	}
}
