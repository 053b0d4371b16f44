package rule

import (
	"strings"
	"testing"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
)

// A measured step belongs to the instruction that still reads as it did then.
func TestEvidenceOf(t *testing.T) {
	for _, c := range []struct {
		name, step  string
		line        int
		instruction string
		want        bool
	}{
		{"same", "RUN npm ci", 2, "RUN npm ci", true},
		{"moved", "RUN npm ci", 9, "RUN npm ci", true},
		{"changed", "RUN npm ci", 2, "RUN npm install", false},
		{"longer now", "RUN npm ci", 2, "RUN npm ci && npm run build", false},
		{"other instruction", "COPY a b", 2, "ADD a b", false},
		{"continued", "RUN apt-get update && apt-get install -y git", 2, "RUN apt-get update && \\\n  # tools\n  apt-get install -y git", true},
		{"expanded", "COPY src-1.2 /app", 2, "COPY src-$VERSION /app", true},
		{"expanded to nothing", "RUN echo ", 2, "RUN echo $X", false},
		{"flags and quotes", "COPY a b /app", 2, `COPY --chown=1:1 "a" b /app`, true},
		{"shortened", "RUN apt-get update && apt-get inst…", 2, "RUN apt-get update && apt-get install -y git", true},
		{"shortened, changed", "RUN apt-get update && apt-get inst…", 2, "RUN apt-get update && apt-get upgrade", false},
		{"heredoc", "RUN <<EOF (set -e...)", 2, "RUN <<EOF\nset -e\nEOF", true},
		{"nothing measured", "", 2, "RUN npm ci", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := dockerfile.Parse([]byte("FROM a\n" + c.instruction + "\n"))
			e := &Evidence{Steps: []StepCost{{Line: c.line, Text: c.step, Seconds: 1}}}
			if _, got := e.Of(f.Instructions[1]); got != c.want {
				t.Errorf("known = %v, want %v", got, c.want)
			}
		})
	}
}

// Two steps that read alike are told apart by their lines or not at all.
func TestEvidenceOfTwins(t *testing.T) {
	f := dockerfile.Parse([]byte("FROM a\nRUN x\nRUN y\nRUN x\n"))
	e := &Evidence{Steps: []StepCost{{Line: 2, Text: "RUN x", Seconds: 1}, {Line: 4, Text: "RUN x", Seconds: 2}}}
	if s, ok := e.Of(f.Instructions[3]); !ok || s.Seconds != 2 {
		t.Errorf("got %+v, %v", s, ok)
	}
	moved := dockerfile.Parse([]byte("FROM a\n\nRUN x\n"))
	if s, ok := e.Of(moved.Instructions[1]); ok {
		t.Errorf("took %+v for a step that may be either", s)
	}
}

// A finding without a figure of its own says what its step was measured to cost.
func TestPriceOfFinding(t *testing.T) {
	doc := &diag.Document{
		Started: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		Baseline: &diag.Build{
			Steps:  []diag.Step{{Name: "RUN x", Line: 2, Seconds: 3.5, Unpacked: 4_500_000}},
			Layers: []diag.Layer{{Line: 2, Bytes: diag.Bytes{Compressed: 1000}}, {Base: true, Line: 2, Bytes: diag.Bytes{Compressed: 5}}},
		},
	}
	ev := FromDocument(doc)
	if ev.Steps[0].Pulled != 1000 {
		t.Errorf("pulled %d", ev.Steps[0].Pulled)
	}
	res := (&Driver{Rules: []*Rule{everyRun("every-run")}}).Run(projectOf("FROM a\nRUN x\nRUN y\n"), ev)
	if s := res.Findings[0].Saving; len(s) != 1 || s[0].Value != 0 || !strings.Contains(s[0].Evidence, "line 2 took 3.5 s and wrote 4.5 MB, baseline of 2026-11-20") {
		t.Errorf("saving %+v", s)
	}
	if s := res.Findings[1].Saving; len(s) != 0 {
		t.Errorf("a step that was not measured has a price: %+v", s)
	}
}
