package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// reproduce tells how the figures were taken and how to take them again.
func (p *page) reproduce(d diag.Document) {
	p.text("## How to reproduce")
	p.text("%s", block("", d.Command))
	p.text("Run by %s on %s; it took %s. %s", cell(d.Tool), d.Started.UTC().Format("2006-01-02"), Seconds(d.Seconds), howMeasured(d))
	p.environment(d.Environment)
}

// howMeasured says what a cold build is and how the samples were taken.
func howMeasured(d diag.Document) string {
	if d.Baseline == nil {
		return "Nothing was timed."
	}
	text := "A cold build runs every step with empty layer cache and empty cache mounts; base images are present. " +
		"Times are medians ± half of their interval, or of their range where the runs are too few for one."
	if d.Candidate != nil {
		text += " Old and new were built in turn, on the same machine."
	}
	return text + " Bytes are decimal: 1 MB is 1,000,000."
}

func (p *page) environment(e diag.Environment) {
	var rows [][]string
	row := func(name, value string) {
		if strings.Trim(value, ", ") != "" {
			rows = append(rows, []string{name, value})
		}
	}
	row("builder", cell(e.Builder))
	row("platform", cell(e.Platform))
	row("system", cell(strings.Trim(e.OS+", "+e.Kernel, ", ")))
	if e.Cores > 0 {
		row("processor", cell(strings.Trim(fmt.Sprintf("%s, %s", e.CPU, counted(e.Cores, "core")), ", ")))
	}
	if e.Memory > 0 {
		row("memory", Bytes(e.Memory))
	}
	for _, ref := range slices.Sorted(maps.Keys(e.Bases)) {
		row("base "+codeCell(ref), codeCell(e.Bases[ref]))
	}
	p.table([]string{"environment", ""}, rows)
}
