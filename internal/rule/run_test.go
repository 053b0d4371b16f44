package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/span"
)

func projectOf(src string) *project.Project {
	return &project.Project{Path: "Dockerfile", Rel: "Dockerfile", Dockerfile: dockerfile.Parse([]byte(src))}
}

// everyRun reports each RUN of a file.
func everyRun(id string, aliases ...string) *Rule {
	return &Rule{ID: id, Severity: diag.Info, Aliases: aliases, Check: func(p *Pass) {
		for _, i := range slices.Backward(p.File.Instructions) {
			if i.Name == "RUN" {
				p.Report(diag.Finding{Span: i.Span, Message: "a RUN", Reason: "it runs"})
			}
		}
	}}
}

func linesOf(res Result) []int {
	lines := []int{}
	for _, f := range res.Findings {
		lines = append(lines, f.Start.Line)
	}
	return lines
}

// Comments and directives switch findings off, each form where it stands.
func TestSuppression(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      []int
	}{
		{"none", "FROM a\nRUN x\nRUN y\n", []int{2, 3}},
		{"own", "FROM a\n# careen ignore=every-run because\nRUN x\nRUN y\n", []int{4}},
		{"own, several", "FROM a\n# careen ignore=other, every-run because\nRUN x\n", []int{}},
		{"reason is no name", "FROM a\n# careen ignore=other every-run\nRUN x\n", []int{3}},
		{"all", "FROM a\n# careen ignore=all\nRUN x\nRUN y\n", []int{4}},
		{"blank line between", "FROM a\n# careen ignore=every-run\n\nRUN x\n", []int{4}},
		{"whole file", "FROM a\nRUN x\n# careen global ignore=every-run\nRUN y\n", []int{}},
		{"hadolint", "FROM a\n# hadolint ignore=DL3001,DL9999\nRUN x\nRUN y\n", []int{4}},
		{"hadolint, whole file", "# hadolint global ignore=dl9999\nFROM a\nRUN x\n", []int{}},
		{"tally", "FROM a\n# tally ignore=hadolint/DL9999;reason=old\nRUN x\nRUN y\n", []int{4}},
		{"tally, whole file", "# tally global ignore=buildkit/EveryRun\nFROM a\nRUN x\n", []int{}},
		{"BuildKit", "# check=skip=EveryRun;error=true\nFROM a\nRUN x\n", []int{}},
		{"BuildKit, all of its own", "# check=error=true;skip=all\nFROM a\nRUN x\n", []int{}},
		{"BuildKit, another rule", "# check=skip=MaintainerDeprecated\nFROM a\nRUN x\n", []int{3}},
		{"directive after the head", "FROM a\n# check=skip=EveryRun\nRUN x\n", []int{3}},
		{"inside a continuation", "FROM a\nRUN x \\\n  # careen ignore=every-run\n  y\n", []int{}},
		{"another tool", "FROM a\n# lint ignore=every-run\nRUN x\n", []int{3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Driver{Rules: []*Rule{everyRun("every-run", "DL9999", "EveryRun")}}
			res := d.Run(projectOf(c.src), nil)
			if got := linesOf(res); !slices.Equal(got, c.want) {
				t.Errorf("findings on lines %v, want %v", got, c.want)
			}
			if len(res.Findings)+res.Suppressed != strings.Count(c.src, "RUN ") {
				t.Errorf("%d findings and %d suppressed of %d", len(res.Findings), res.Suppressed, strings.Count(c.src, "RUN "))
			}
		})
	}
}

// "skip=all" is about BuildKit's rules: one that it has no name for stays on.
func TestSkipAllLeavesOtherRules(t *testing.T) {
	d := &Driver{Rules: []*Rule{everyRun("every-run", "DL9999")}}
	if res := d.Run(projectOf("# check=skip=all\nFROM a\nRUN x\n"), nil); len(res.Findings) != 1 {
		t.Errorf("findings: %v", res.Findings)
	}
}

// A rule that panics keeps the findings it had and does not stop the others.
func TestPanic(t *testing.T) {
	bad := &Rule{ID: "bad", Severity: diag.Error, Check: func(p *Pass) {
		p.Report(diag.Finding{Span: p.File.Instructions[1].Span, Message: "before"})
		panic("boom")
	}}
	res := (&Driver{Rules: []*Rule{bad, everyRun("every-run")}}).Run(projectOf("FROM a\nRUN x\n"), nil)
	if len(res.Findings) != 2 || len(res.Problems) != 1 || res.Problems[0].Rule != "bad" || !strings.Contains(res.Problems[0].Cause, "boom") {
		t.Errorf("findings %v, problems %v", res.Findings, res.Problems)
	}
}

// Findings come in the order of the file whatever the order of the rules, with
// what a rule leaves out filled in.
func TestOrderAndDefaults(t *testing.T) {
	res := (&Driver{Rules: []*Rule{everyRun("b"), everyRun("a")}}).Run(projectOf("FROM a\nRUN x\nRUN y\n"), nil)
	if got := linesOf(res); !slices.Equal(got, []int{2, 2, 3, 3}) {
		t.Errorf("lines %v", got)
	}
	f := res.Findings[0]
	if f.Rule != "b" || f.Severity != diag.Info || f.File != "Dockerfile" || f.Applicability != diag.Manual || f.End.Line != 2 || f.End.Column != 6 {
		t.Errorf("finding %+v", f)
	}
}

// A file that BuildKit refuses gets findings and no changes.
func TestBrokenFileGetsNoChange(t *testing.T) {
	r := inserting("ins", 0, "# x\n")
	if res := (&Driver{Rules: []*Rule{r}}).Run(projectOf("FROM a\nNOPE\n"), nil); len(res.Findings) != 1 || res.Findings[0].Change != nil {
		t.Errorf("findings: %+v", res.Findings)
	}
}

// inserting offers to put text at an offset of files that lack it.
func inserting(id string, at int, text string) *Rule {
	return &Rule{ID: id, Severity: diag.Info, Fix: diag.Safe, Check: func(p *Pass) {
		if !strings.Contains(string(p.File.Source), text) {
			p.Report(diag.Finding{Span: p.File.Instructions[0].Span, Message: "lacks " + id, Change: p.Edit("insert", []span.Edit{span.Insert(at, text)})})
		}
	}}
}

func anything(diag.Change) bool { return true }

// Of fixes that meet, the first is made at once and the other in the next round.
func TestFixesThatMeet(t *testing.T) {
	d := &Driver{Rules: []*Rule{inserting("one", 0, "# one\n"), inserting("two", 0, "# two\n"), inserting("three", 7, "# three\n")}}
	fixed, err := d.Fix(projectOf("FROM a\nRUN x\n"), nil, anything)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(fixed.Files["Dockerfile"]); got != "# two\n# one\nFROM a\n# three\nRUN x\n" {
		t.Errorf("got %q", got)
	}
	if len(fixed.Changes) != 3 || len(fixed.Left.Findings) != 0 || len(fixed.Unmade) != 0 {
		t.Errorf("changes %v, left %v, unmade %v", fixed.Changes, fixed.Left.Findings, fixed.Unmade)
	}
}

// A fix whose result is no Dockerfile is not made, and said.
func TestFixThatBreaks(t *testing.T) {
	d := &Driver{Rules: []*Rule{inserting("bad", 7, "NOPE\n"), inserting("good", 0, "# good\n")}}
	fixed, err := d.Fix(projectOf("FROM a\nRUN x\n"), nil, anything)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(fixed.Files["Dockerfile"]); got != "# good\nFROM a\nRUN x\n" {
		t.Errorf("got %q", got)
	}
	if len(fixed.Unmade) != 1 || !strings.Contains(fixed.Unmade[0], "no valid Dockerfile") {
		t.Errorf("unmade: %v", fixed.Unmade)
	}
}

// A rule that is never content is stopped.
func TestFixIsBounded(t *testing.T) {
	endless := &Rule{ID: "endless", Severity: diag.Info, Fix: diag.Safe, Check: func(p *Pass) {
		p.Report(diag.Finding{Span: p.File.Instructions[0].Span, Message: "again", Change: p.Edit("insert", []span.Edit{span.Insert(0, "#\n")})})
	}}
	fixed, err := (&Driver{Rules: []*Rule{endless}}).Fix(projectOf("FROM a\n"), nil, anything)
	if err != nil {
		t.Fatal(err)
	}
	if len(fixed.Changes) != maxRounds || len(fixed.Unmade) != 1 {
		t.Errorf("%d changes, unmade %v", len(fixed.Changes), fixed.Unmade)
	}
}
