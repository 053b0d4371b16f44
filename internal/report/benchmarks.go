package report

import (
	"fmt"
	"strings"

	"github.com/careenhq/careen/diag"
)

// benchmarksPage lists every sample of every scenario, and every build that the
// run made.
func benchmarksPage(d diag.Document) []byte {
	p := &page{}
	p.text("# Benchmarks: %s", cell(d.Project))
	var rows [][]string
	for _, s := range d.Scenarios {
		newer := "not built"
		if s.New != nil {
			newer = samples(*s.New)
		}
		rows = append(rows, []string{cell(scenarioTitle(s)), codeCell(s.Edited), samples(s.Old), newer, cell(s.Criterion)})
	}
	if len(rows) == 0 {
		p.text("No scenario was measured.")
	}
	p.table([]string{"scenario", "edited", "old: median (samples)", "new: median (samples)", "verdict"}, rows)
	p.warnings(d)
	p.builds(d.Builds)
	p.reproduce(d)
	return p.done()
}

func (p *page) builds(list []diag.BuildRun) {
	if len(list) == 0 {
		return
	}
	p.text("## Builds of this run")
	var rows [][]string
	for _, b := range list {
		rows = append(rows, []string{cell(b.Purpose), Seconds(b.Seconds), fmt.Sprintf("%d of %d", b.Cached, b.Steps), cell(short(b.Failed, 200))})
	}
	p.table([]string{"purpose", "took", "steps from cache", "failed"}, rows)
}

func samples(m diag.Measurement) string {
	if len(m.Samples) == 0 {
		return "not run"
	}
	var all []string
	for _, s := range m.Samples {
		all = append(all, strings.TrimSuffix(Seconds(s), " s"))
	}
	return fmt.Sprintf("%s (%s)", Seconds(m.Median), strings.Join(all, ", "))
}
