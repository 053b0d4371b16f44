package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/careenhq/careen/diag"
)

// Rules of this file: one screen; the answer first; colour only for ✓, ✗ and the
// diff, and only when Style says so; a figure has its spread or there is none.

// Style says how a terminal report may look. The zero value is plain.
type Style struct {
	Color bool
}

func (s Style) paint(color, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (s Style) yes() string { return s.paint("32", "✓") }
func (s Style) no() string  { return s.paint("31", "✗") }

// Text writes the report of an optimisation for a terminal.
func Text(w io.Writer, d diag.Document, style Style) error {
	p := &printer{w: w, style: style}
	p.head(d)
	if d.Candidate != nil {
		p.compared(d)
	}
	p.closing(d)
	return p.err
}

type printer struct {
	w     io.Writer
	style Style
	err   error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) head(d diag.Document) {
	p.line("careen %s  builder: %s · %s", plain(d.Project), plain(d.Environment.Builder), plain(d.Environment.Platform))
	p.line("")
	if b := d.Baseline; b != nil {
		p.line("  baseline   cold %s · image %s pull, %s on disk · %s", Measured(b.ColdSeconds), Bytes(b.Bytes.Compressed), Bytes(b.Bytes.Unpacked), slowest(*b))
	}
	if n := len(d.Changes); n > 0 {
		p.line("  changes    %d kept, %d dropped", len(kept(d)), len(dropped(d)))
	}
	p.builds(d)
	p.parity(d)
	for _, c := range dropped(d) {
		label := c.Label
		if label != "" {
			label += ": "
		}
		p.line("  dropped    %s  %s %s", plain(c.Title), p.style.no(), plain(label+short(c.Dropped, 200)))
	}
}

func slowest(b diag.Build) string {
	var most diag.Step
	for _, s := range b.Steps {
		if s.Seconds > most.Seconds {
			most = s
		}
	}
	return fmt.Sprintf("%d steps, slowest: %s (%s, line %d)", len(b.Steps), plain(short(most.Name, 50)), Seconds(most.Seconds), most.Line)
}

func (p *printer) builds(d diag.Document) {
	steps, cached, seconds := 0, 0, 0.0
	for _, b := range d.Builds {
		steps, cached, seconds = steps+b.Steps, cached+b.Cached, seconds+b.Seconds
	}
	if len(d.Builds) > 0 && steps > 0 {
		p.line("  builds     %d in %s, %d %% of their steps from cache", len(d.Builds), Seconds(seconds), 100*cached/steps)
	}
}

// parity is one line of levels, then differences and what was not checked.
func (p *printer) parity(d diag.Document) {
	if len(d.Parity.Levels) == 0 {
		return
	}
	differ := map[string]int{}
	for _, x := range d.Parity.Differences {
		differ[x.Level]++
	}
	var parts []string
	for _, l := range d.Parity.Levels {
		switch {
		case differ[l.Name] > 0:
			parts = append(parts, fmt.Sprintf("%s %s %d", l.Title, p.style.no(), differ[l.Name]))
		case len(l.Checked) == 0:
			parts = append(parts, l.Title+" –")
		default:
			parts = append(parts, fmt.Sprintf("%s %s %d", l.Title, p.style.yes(), len(l.Checked)))
		}
	}
	p.line("  parity     %s: %s", d.Parity.Verdict, strings.Join(parts, "  "))
	for _, x := range d.Parity.Differences {
		p.line("             %s %s %s: %s", p.style.no(), plain(x.Check), plain(x.Path), plain(x.Reason))
	}
	for _, l := range d.Parity.Levels {
		for _, n := range l.NotRun {
			p.line("             not checked: %s (%s)", plain(n.Check), plain(short(n.Why, 120)))
		}
	}
}

func (p *printer) compared(d diag.Document) {
	p.line("")
	t := tabwriter.NewWriter(p.w, 0, 0, 3, ' ', 0)
	row := func(cells ...string) {
		if p.err == nil {
			_, p.err = fmt.Fprintln(t, "    "+strings.Join(cells, "\t"))
		}
	}
	row("", "before", "after", "")
	for _, r := range comparison(d) {
		row(r.name, r.before, r.after, r.change)
	}
	if err := t.Flush(); p.err == nil {
		p.err = err
	}
	p.changes(d)
}

func (p *printer) changes(d diag.Document) {
	list := kept(d)
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("    changes, most valuable first")
	for i, c := range list {
		p.line("    %d. %-52s %s", i+1, plain(short(c.Title, 52)), saved(c))
	}
}

// saved is what a change brought, in one line.
func saved(c diag.Change) string {
	if len(c.Saved) == 0 {
		return "not isolated"
	}
	disk, _ := saving(c, diag.DiskBytes)
	cold, _ := saving(c, diag.ColdSeconds)
	return fmt.Sprintf("disk %s, cold build %s", amount(disk), amount(cold))
}

func (p *printer) closing(d diag.Document) {
	p.line("")
	p.line("  %s: %s", d.Outcome, plain(d.Reason))
	for _, c := range d.Criteria {
		mark := p.style.yes()
		if !c.Met {
			mark = p.style.no()
		}
		note := ""
		if c.Note != "" {
			note = " (" + plain(c.Note) + ")"
		}
		p.line("  %s %s: %s, target %s%s", mark, c.Name, c.Actual, c.Target, note)
	}
	for _, w := range d.Warnings {
		p.line("  warning: %s", plain(w))
	}
	if d.Outcome != diag.Improved {
		return
	}
	p.line("")
	p.diff(d.Patch)
	if len(d.Files) > 0 {
		p.line("  written: %s", plain(strings.Join(d.Files, ", ")))
	} else {
		p.line("  nothing written. Apply: careen optimize --write")
	}
}

func (p *printer) diff(patch string) {
	for line := range strings.Lines(patch) {
		line = plain(strings.TrimRight(line, "\r\n"))
		switch {
		case strings.HasPrefix(line, "+"):
			line = p.style.paint("32", line)
		case strings.HasPrefix(line, "-"):
			line = p.style.paint("31", line)
		}
		p.line("%s", line)
	}
}
