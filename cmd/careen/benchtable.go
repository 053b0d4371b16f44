package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/careenhq/careen/diag"
)

// shownSteps is how many of the slowest steps are listed.
const shownSteps = 5

// benchTable prints a benchmark on one screen: times with their spread, sizes,
// the slowest steps, and every warning that belongs to a figure.
func benchTable(w io.Writer, d *diag.Document) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s   builder: %s · %s\n", d.Dockerfile, d.Environment.Builder, d.Environment.Platform)
	if d.Baseline != nil {
		userTable(&b, d)
	}
	if d.Runners != nil {
		runnerTable(&b, d.Runners)
	}
	notes(&b, d)
	_, err := io.WriteString(w, b.String())
	return err
}

// userTable is what was measured on the user's own builder.
func userTable(b *strings.Builder, d *diag.Document) {
	b.WriteString("base images are in the builder; cold means no layer cache and empty cache mounts\n\n")
	t := &table{}
	if d.Candidate != nil {
		t.row("", "before", "after", "")
	}
	for _, s := range d.Scenarios {
		t.row(timeRow(s)...)
	}
	t.row()
	sizeRows(t, d.Baseline, d.Candidate)
	t.write(b)
	slowest(b, d.Baseline)
}

func timeRow(s diag.Scenario) []string {
	name := strings.ReplaceAll(s.Name, "-", " ")
	if s.Edited != "" {
		name += " (" + s.Edited + ")"
	}
	if len(s.Old.Samples) == 0 {
		return []string{name, s.Criterion}
	}
	if s.New == nil {
		return []string{name, spread(s.Old)}
	}
	return []string{name, spread(s.Old), spread(*s.New), s.Criterion}
}

// spread is a median with the wider side of its interval: "60.1 ± 2.4 s".
func spread(m diag.Measurement) string {
	if len(m.Samples) < 2 {
		return seconds(m.Median) + " s, 1 run"
	}
	side := math.Max(m.High-m.Median, m.Median-m.Low)
	return fmt.Sprintf("%s ± %.*f s", seconds(m.Median), decimals(m.Median), side)
}

func seconds(s float64) string { return fmt.Sprintf("%.*f", decimals(s), s) }

// decimals keeps three significant digits of times that people notice.
func decimals(seconds float64) int {
	if seconds < 9.995 {
		return 2
	}
	return 1
}

func sizeRows(t *table, before, after *diag.Build) {
	for _, row := range []struct {
		name string
		of   func(*diag.Build) int64
	}{
		{"pull", func(b *diag.Build) int64 { return b.Bytes.Compressed }},
		{"  of that base", func(b *diag.Build) int64 { return b.Base.Compressed }},
		{"on disk", func(b *diag.Build) int64 { return b.Bytes.Unpacked }},
		{"  of that base", func(b *diag.Build) int64 { return b.Base.Unpacked }},
		{"context sent", func(b *diag.Build) int64 { return b.ContextBytes }},
	} {
		if after == nil {
			t.row(row.name, megabytes(row.of(before)))
			continue
		}
		t.row(row.name, megabytes(row.of(before)), megabytes(row.of(after)), change(row.of(before), row.of(after)))
	}
}

// megabytes counts decimal, and gives small amounts in smaller units.
func megabytes(n int64) string {
	switch {
	case n >= 100e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

func change(before, after int64) string {
	switch {
	case before == after:
		return "no difference"
	case before == 0:
		return "+" + megabytes(after)
	}
	percent := 100 * (float64(after)/float64(before) - 1)
	if percent < 0 {
		return fmt.Sprintf("−%.1f %%", -percent)
	}
	return fmt.Sprintf("+%.1f %%", percent)
}

func slowest(b *strings.Builder, build *diag.Build) {
	if len(build.ColdSeconds.Samples) == 0 {
		return
	}
	steps := slices.Clone(build.Steps)
	slices.SortStableFunc(steps, func(x, y diag.Step) int { return cmp.Compare(y.Seconds, x.Seconds) })
	b.WriteString("\nslowest steps of the cold build\n")
	t := &table{}
	for _, s := range steps[:min(shownSteps, len(steps))] {
		t.row("", seconds(s.Seconds)+" s", megabytes(s.Unpacked), fmt.Sprintf("line %d", s.Line), s.Name)
	}
	t.row("", seconds(build.ExportSecs)+" s", "", "", "compressing and writing the image")
	t.write(b)
}

// notes prints every warning once, with the scenarios it is about.
func notes(b *strings.Builder, d *diag.Document) {
	var order []string
	about := map[string][]string{}
	note := func(scenario string, list []string) {
		for _, text := range list {
			if about[text] == nil {
				order = append(order, text)
			}
			if !slices.Contains(about[text], scenario) {
				about[text] = append(about[text], scenario)
			}
		}
	}
	measured := 0
	for _, s := range d.Scenarios {
		if len(s.Old.Samples) > 0 {
			measured++
		}
		name := strings.ReplaceAll(s.Name, "-", " ")
		note(name, s.Old.Warnings)
		if s.New != nil {
			note(name, s.New.Warnings)
		}
	}
	b.WriteString("\n")
	for _, text := range order {
		if len(about[text]) < measured {
			text += " (" + strings.Join(about[text], ", ") + ")"
		}
		fmt.Fprintf(b, "note  %s\n", text)
	}
	for _, text := range d.Warnings {
		fmt.Fprintf(b, "note  %s\n", text)
	}
	if d.Candidate == nil && d.Baseline != nil {
		b.WriteString("next  careen optimize, or careen bench --against another Dockerfile\n")
	}
}

// table lines up columns; the last cell of a row may be as long as it likes.
type table struct{ rows [][]string }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(b *strings.Builder) {
	widths := map[int]int{}
	for _, row := range t.rows {
		for i := 0; i < len(row)-1; i++ {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range t.rows {
		line := ""
		for i, cell := range row {
			line += "  " + cell
			if i < len(row)-1 {
				line += strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
