package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
)

// Evidence is what has been measured. The zero value knows nothing.
type Evidence struct {
	Steps   []StepCost        // by instruction of the Dockerfile that was measured
	Context int64             // bytes of context that a cold build sent
	Base    int64             // unpacked bytes of the final stage's base
	Bases   map[string]string // digests of base images by reference
	Source  string            // where the figures come from, e.g. "baseline of 2026-11-20"
}

// StepCost is what one instruction was measured to cost.
type StepCost struct {
	Line     int    // first line of the instruction
	Text     string // as measured: variables expanded, shortened with "…" at the end
	Seconds  float64
	Unpacked int64 // bytes of the layer it wrote
	Pulled   int64 // compressed
}

// FromDocument takes the evidence of a baseline document, in which the file was
// measured. It is empty where the document has no baseline or is about another
// Dockerfile.
func FromDocument(doc *diag.Document) *Evidence {
	ev := &Evidence{}
	if doc == nil || doc.Baseline == nil {
		return ev
	}
	ev.Context, ev.Bases, ev.Base = doc.Baseline.ContextBytes, doc.Environment.Bases, doc.Baseline.Base.Unpacked
	ev.Source = "baseline of " + doc.Started.Format(time.DateOnly)
	pulled := map[int]int64{}
	for _, l := range doc.Baseline.Layers {
		if !l.Base {
			pulled[l.Line] += l.Bytes.Compressed
		}
	}
	for _, s := range doc.Baseline.Steps {
		ev.Steps = append(ev.Steps, StepCost{
			Line: s.Line, Text: s.Name, Seconds: s.Seconds, Unpacked: s.Unpacked, Pulled: pulled[s.Line],
		})
	}
	return ev
}

// Of is the measured cost of an instruction. An instruction whose text has changed
// since is not known; one that only moved is, unless two steps read alike.
func (e *Evidence) Of(i *dockerfile.Instruction) (StepCost, bool) {
	line, _ := i.LineRange()
	var found []StepCost
	for _, s := range e.Steps {
		if !sameStep(s.Text, i) {
			continue
		}
		if s.Line == line {
			return s, true
		}
		found = append(found, s)
	}
	if len(found) == 1 {
		return found[0], true
	}
	return StepCost{}, false
}

// sameStep tells whether a step's name is that of the instruction as it stands.
// The name has variables expanded and may lack quotes and flags, so words with a
// variable are compared up to it and the rest without quotes.
func sameStep(name string, i *dockerfile.Instruction) bool {
	name, cut := strings.CutSuffix(name, "…")
	line, _ := i.Line()
	got, want := plainWords(name), plainWords(line)
	if len(got) == 0 || len(want) == 0 || !strings.EqualFold(got[0], want[0]) {
		return false
	}
	if len(got) > len(want) || !cut && len(got) != len(want) {
		return len(i.Heredocs) > 0 && sameHead(got, want)
	}
	for k := 1; k < len(got); k++ {
		last := cut && k == len(got)-1
		if !sameWord(got[k], want[k], last) {
			return false
		}
	}
	return true
}

// sameHead compares up to a here-document, whose name in a step ends with an
// excerpt of the body.
func sameHead(got, want []string) bool {
	for k := 1; k < min(len(got), len(want)); k++ {
		if !sameWord(got[k], want[k], false) {
			return false
		}
		if strings.HasPrefix(want[k], "<<") {
			return true
		}
	}
	return false
}

func sameWord(got, want string, prefix bool) bool {
	if at := strings.IndexByte(want, '$'); at >= 0 {
		return strings.HasPrefix(got, want[:min(at, len(got))])
	}
	return got == want || prefix && strings.HasPrefix(want, got)
}

// plainWords are the words of an instruction without quotes, escapes and flags.
func plainWords(text string) []string {
	words := strings.Fields(strings.NewReplacer(`"`, "", `'`, "", `\`, "", "`", "").Replace(text))
	for len(words) > 1 && strings.HasPrefix(words[1], "--") {
		words = append(words[:1], words[2:]...)
	}
	return words
}

// Seconds is an estimate from a measured step: what it took.
func (p *Pass) Seconds(i *dockerfile.Instruction, q diag.Quantity) (diag.Estimate, bool) {
	s, ok := p.Evidence.Of(i)
	if !ok || s.Seconds <= 0 {
		return diag.Estimate{}, false
	}
	return diag.Estimate{Quantity: q, Value: s.Seconds, Evidence: p.measured(s, fmt.Sprintf("took %.1f s", s.Seconds))}, true
}

// Bytes is an estimate from a measured step: what its layer weighs unpacked.
func (p *Pass) Bytes(i *dockerfile.Instruction) (diag.Estimate, bool) {
	s, ok := p.Evidence.Of(i)
	if !ok || s.Unpacked <= 0 {
		return diag.Estimate{}, false
	}
	return diag.Estimate{Quantity: diag.DiskBytes, Value: float64(s.Unpacked), Evidence: p.measured(s, "wrote "+Size(s.Unpacked))}, true
}

func (p *Pass) measured(s StepCost, what string) string {
	return fmt.Sprintf("line %d %s, %s", s.Line, what, p.Evidence.Source)
}

// Size writes bytes for people, in decimal units.
func Size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}
