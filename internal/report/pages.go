package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// page is markdown under construction.
type page struct{ strings.Builder }

func (p *page) text(format string, args ...any) { fmt.Fprintf(p, format+"\n\n", args...) }

// table writes a markdown table; cells are escaped by the caller.
func (p *page) table(head []string, rows [][]string) {
	fmt.Fprintf(p, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, r := range rows {
		fmt.Fprintf(p, "| %s |\n", strings.Join(r, " | "))
	}
	p.WriteString("\n")
}

func resultsPage(d diag.Document) string {
	p := &page{}
	p.text("# Results: %s", cell(d.Project))
	p.text("%s: %s.", titled(string(d.Outcome)), cell(strings.TrimSuffix(d.Reason, ".")))
	if d.Candidate != nil {
		var rows [][]string
		for _, r := range comparison(d) {
			rows = append(rows, []string{r.name, r.before, r.after, r.change})
		}
		p.table([]string{"", "before", "after", "change"}, rows)
	}
	p.criteria(d)
	p.topChanges(d)
	p.parity(d)
	p.reproduce(d)
	p.changes(d)
	if d.Candidate != nil {
		p.layers("Layers of the new image", *d.Candidate)
	}
	return p.String()
}

func titled(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.ReplaceAll(s[1:], "-", " ")
}

func (p *page) criteria(d diag.Document) {
	if len(d.Criteria) == 0 {
		return
	}
	p.text("## Acceptance criteria")
	var rows [][]string
	for _, c := range d.Criteria {
		met := "met"
		if !c.Met {
			met = "not met"
		}
		rows = append(rows, []string{cell(c.Name), cell(c.Target), cell(c.Actual), met, cell(c.Note)})
	}
	p.table([]string{"criterion", "target", "measured", "", "note"}, rows)
}

func (p *page) topChanges(d diag.Document) {
	list := kept(d)
	if len(list) == 0 {
		return
	}
	p.text("## Top changes")
	for i, c := range list[:min(top, len(list))] {
		fmt.Fprintf(p, "%d. **%s**: %s\n", i+1, cell(c.Title), saved(c))
	}
	p.WriteString("\n")
}

func (p *page) parity(d diag.Document) {
	p.text("## Parity")
	p.text("Verdict: **%s**, %d differences.", d.Parity.Verdict, len(d.Parity.Differences))
	var rows [][]string
	for _, l := range d.Parity.Levels {
		var not []string
		for _, n := range l.NotRun {
			not = append(not, cell(n.Check+": "+n.Why))
		}
		rows = append(rows, []string{l.Name, cell(l.Title), fmt.Sprint(len(l.Checked)), strings.Join(not, "<br>"), Seconds(l.Seconds)})
	}
	if len(rows) > 0 {
		p.table([]string{"level", "", "checks", "not checked", "took"}, rows)
	}
	for _, x := range d.Parity.Differences {
		fmt.Fprintf(p, "- %s %s %s: %s\n", x.Label, cell(x.Check), code(x.Path), cell(x.Reason))
	}
	if len(d.Parity.Removed) > 0 {
		p.text("Files that the new image does not carry any more, and why:")
		rows = nil
		for _, r := range d.Parity.Removed[:min(40, len(d.Parity.Removed))] {
			rows = append(rows, []string{cell(r.Reason), fmt.Sprint(r.Paths), Bytes(r.Bytes), code(r.Example)})
		}
		p.table([]string{"reason", "paths", "bytes", "for example"}, rows)
		if more := len(d.Parity.Removed) - 40; more > 0 {
			p.text("and %d further reasons in results.json.", more)
		}
	}
	if len(d.Parity.Notes) > 0 {
		p.text("Explained and harmless:")
		for _, n := range d.Parity.Notes[:min(40, len(d.Parity.Notes))] {
			fmt.Fprintf(p, "- %s\n", cell(n))
		}
		p.WriteString("\n")
	}
}

func (p *page) reproduce(d diag.Document) {
	p.text("## How to reproduce")
	p.text("    %s", plain(d.Command))
	p.text("%s, %s, in %s. Cold builds run every step again with empty layer cache and cache mounts; base images are present. Old and new are built in turn on the same machine; times are medians, ± half the interval.", cell(d.Tool), d.Started.UTC().Format("2006-01-02"), Seconds(d.Seconds))
	p.environment(d)
}

func (p *page) environment(d diag.Document) {
	e := d.Environment
	rows := [][]string{
		{"builder", cell(e.Builder)}, {"platform", cell(e.Platform)}, {"system", cell(e.OS + ", " + e.Kernel)},
		{"processor", cell(fmt.Sprintf("%s, %d cores", e.CPU, e.Cores))}, {"memory", Bytes(e.Memory)},
	}
	for _, ref := range slices.Sorted(maps.Keys(e.Bases)) {
		rows = append(rows, []string{"base " + code(ref), code(e.Bases[ref])})
	}
	p.table([]string{"environment", ""}, rows)
}

func (p *page) changes(d diag.Document) {
	if len(d.Changes) == 0 {
		return
	}
	p.text("## Every change")
	for _, c := range kept(d) {
		p.text("### %s", cell(c.Title))
		p.text("%s (%s, %s)", cell(c.Why), code(c.ID), c.Applicability)
		p.savings(c)
	}
	for _, c := range dropped(d) {
		p.text("### Dropped: %s", cell(c.Title))
		p.text("%s %s (%s)", c.Label, cell(c.Dropped), code(c.ID))
	}
	if d.Patch != "" {
		fence := "```"
		for strings.Contains(d.Patch, fence) {
			fence += "`"
		}
		p.text("%sdiff\n%s%s", fence, d.Patch, fence)
	}
}

func (p *page) savings(c diag.Change) {
	if len(c.Saved) == 0 {
		p.text("Not isolated.")
		return
	}
	var rows [][]string
	for _, s := range c.Saved {
		rows = append(rows, []string{quantityTitle(s.Quantity), amount(s), fmt.Sprintf("%d, %s", s.Samples, cell(s.Method))})
	}
	p.table([]string{"", "saved", "builds, method"}, rows)
}

func quantityTitle(q diag.Quantity) string {
	switch q {
	case diag.ColdSeconds:
		return "cold build"
	case diag.DiskBytes:
		return "on disk (unpacked)"
	case diag.PulledBytes:
		return "pull (compressed)"
	case diag.ContextBytes:
		return "build context"
	}
	return strings.ReplaceAll(string(q), "_", " ")
}

func baselinePage(d diag.Document) string {
	p := &page{}
	p.text("# Baseline: %s", cell(d.Project))
	if d.Baseline == nil {
		p.text("Not measured: %s", cell(d.Reason))
		return p.String()
	}
	b := *d.Baseline
	p.text("The image of %s as it was before any change.", code(d.Dockerfile))
	p.table([]string{"", "measured"}, [][]string{
		{"cold build", Measured(b.ColdSeconds)}, {"of that, compressing and writing the image", Seconds(b.ExportSecs)},
		{"pull (compressed)", Bytes(b.Bytes.Compressed)}, {"on disk (unpacked)", Bytes(b.Bytes.Unpacked)},
		{"of that, the base image", Bytes(b.Base.Unpacked)}, {"build context", Bytes(b.ContextBytes)},
	})
	p.steps(b)
	p.layers("Layers", b)
	p.reproduce(d)
	return p.String()
}

func (p *page) steps(b diag.Build) {
	p.text("## What each step costs")
	var rows [][]string
	for _, s := range b.Steps {
		rows = append(rows, []string{fmt.Sprint(s.Line), code(short(s.Name, 100)), Seconds(s.Seconds), Bytes(s.Unpacked)})
	}
	p.table([]string{"line", "step", "seconds", "layer, unpacked"}, rows)
}

func (p *page) layers(title string, b diag.Build) {
	p.text("## %s", title)
	var rows [][]string
	for i, l := range b.Layers {
		from := code(short(l.Instruction, 100))
		if l.Base {
			from = "base image"
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), from, Bytes(l.Bytes.Compressed), Bytes(l.Bytes.Unpacked)})
	}
	p.table([]string{"", "written by", "compressed", "unpacked"}, rows)
}

func benchmarksPage(d diag.Document) string {
	p := &page{}
	p.text("# Benchmarks: %s", cell(d.Project))
	var rows [][]string
	for _, s := range d.Scenarios {
		newer := "–"
		if s.New != nil {
			newer = samples(*s.New)
		}
		rows = append(rows, []string{scenarioTitle(s), code(s.Edited), samples(s.Old), newer, cell(s.Criterion)})
	}
	p.table([]string{"scenario", "edited", "old: median (samples)", "new: median (samples)", "verdict"}, rows)
	for _, w := range d.Warnings {
		fmt.Fprintf(p, "- %s\n", cell(w))
	}
	p.text("\n## Builds of this run")
	rows = nil
	for _, b := range d.Builds {
		rows = append(rows, []string{cell(b.Purpose), Seconds(b.Seconds), fmt.Sprintf("%d of %d", b.Cached, b.Steps), cell(short(b.Failed, 100))})
	}
	p.table([]string{"purpose", "took", "steps from cache", "failed"}, rows)
	p.environment(d)
	return p.String()
}

func samples(m diag.Measurement) string {
	if len(m.Samples) == 0 {
		return "not run"
	}
	var all []string
	for _, s := range m.Samples {
		all = append(all, fmt.Sprintf("%.1f", s))
	}
	return fmt.Sprintf("%s (%s)", Seconds(m.Median), strings.Join(all, ", "))
}
