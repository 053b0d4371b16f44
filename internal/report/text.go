package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/careenhq/careen/diag"
)

// Rules of this file: one screen and then the diff; the answer and its evidence
// first, the next command last; colour only for ✓, ✗ and the diff, and only when
// Style says so; a figure has its spread or there is none; a list that does not
// fit says how much of it is missing.

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

func (s Style) mark(good bool) string {
	if good {
		return s.paint("32", "✓")
	}
	return s.paint("31", "✗")
}

// Text writes the report of an optimisation for a terminal.
func Text(w io.Writer, d diag.Document, style Style) error {
	p := &printer{w: w, style: style}
	p.head(d)
	p.parity(d.Parity)
	p.dropped(d)
	p.compared(d)
	p.changes(d)
	p.verdict(d)
	p.failure(d.Failure)
	p.diff(d.Patch)
	p.next(d)
	return p.err
}

type printer struct {
	w     io.Writer
	style Style
	err   error
	blank bool // the line before is empty
}

// line writes one line; of several empty ones in a row only the first.
func (p *printer) line(format string, args ...any) {
	if p.err != nil || format == "" && p.blank {
		return
	}
	p.blank = format == ""
	_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
}

// few writes at most n lines and then how many are missing.
func (p *printer) few(n int, indent string, lines []string) {
	for _, l := range lines[:min(n, len(lines))] {
		p.line("%s%s", indent, l)
	}
	if more := len(lines) - n; more > 0 {
		p.line("%sand %d more", indent, more)
	}
}

func (p *printer) head(d diag.Document) {
	builder := strings.Trim(d.Environment.Builder+" · "+d.Environment.Platform, " ·")
	p.line("careen %s  builder: %s", plain(d.Project), plain(builder))
	p.line("")
	if b := d.Baseline; b != nil {
		p.line("  baseline   cold %s · image %s pull, %s on disk · %s", Measured(b.ColdSeconds), Bytes(b.Bytes.Compressed), Bytes(b.Bytes.Unpacked), slowest(*b))
	}
	p.plan(d.Changes)
	p.builds(d.Builds)
}

func slowest(b diag.Build) string {
	text := counted(len(b.Steps), "step")
	var most diag.Step
	for _, s := range b.Steps {
		if s.Seconds > most.Seconds {
			most = s
		}
	}
	if most.Name == "" {
		return text
	}
	return fmt.Sprintf("%s, slowest: %s (%s, line %d)", text, plain(short(most.Name, 50)), Seconds(most.Seconds), most.Line)
}

func (p *printer) plan(changes []diag.Change) {
	if len(changes) == 0 {
		return
	}
	safe, held := 0, 0
	for _, c := range changes {
		if c.Applicability == diag.Safe {
			safe++
		}
		if c.Kept {
			held++
		}
	}
	p.line("  plan       %s: %d safe, %d to be proven; %d kept", counted(len(changes), "change"), safe, len(changes)-safe, held)
}

func (p *printer) builds(list []diag.BuildRun) {
	steps, cached, seconds := 0, 0, 0.0
	for _, b := range list {
		steps, cached, seconds = steps+b.Steps, cached+b.Cached, seconds+b.Seconds
	}
	if steps > 0 {
		p.line("  builds     %d in %s, %d %% of their steps from cache", len(list), Seconds(seconds), 100*cached/steps)
	}
}

// parity is one line of levels, then differences and what was not checked.
func (p *printer) parity(x diag.Parity) {
	if len(x.Levels) == 0 {
		return
	}
	differ := map[string]int{}
	for _, d := range x.Differences {
		differ[d.Level]++
	}
	var parts, lines, not []string
	for _, l := range x.Levels {
		parts = append(parts, p.level(l, differ[l.Name]))
		for _, n := range l.NotRun {
			not = append(not, plain("not checked: "+n.Check+" ("+short(n.Why, 120)+")"))
		}
	}
	for _, d := range x.Differences {
		lines = append(lines, p.style.mark(false)+" "+plain(strings.TrimSpace(d.Check+" "+d.Path)+": "+d.Reason))
	}
	p.line("  parity     %s: %s", x.Verdict, strings.Join(parts, "  "))
	p.few(10, "             ", lines)
	p.few(6, "             ", not)
}

func (p *printer) level(l diag.Level, differ int) string {
	switch {
	case differ > 0:
		return fmt.Sprintf("%s %s %d", plain(l.Title), p.style.mark(false), differ)
	case len(l.Checked) == 0:
		return plain(l.Title) + " –"
	}
	return fmt.Sprintf("%s %s %d", plain(l.Title), p.style.mark(true), len(l.Checked))
}

func (p *printer) dropped(d diag.Document) {
	var lines []string
	for _, c := range dropped(d) {
		why := c.Dropped
		if c.Label != "" {
			why = c.Label + ": " + why
		}
		lines = append(lines, fmt.Sprintf("dropped    %s  %s %s", plain(c.Title), p.style.mark(false), plain(short(why, 200))))
	}
	p.few(5, "  ", lines)
}

func (p *printer) compared(d diag.Document) {
	if d.Candidate == nil || d.Baseline == nil {
		return
	}
	p.line("")
	t := tabwriter.NewWriter(p.w, 0, 0, 3, ' ', 0)
	row := func(cells ...string) {
		if p.err == nil {
			_, p.err = fmt.Fprintln(t, "    "+strings.TrimRight(strings.Join(cells, "\t"), "\t"))
		}
	}
	row("", "before", "after")
	for _, r := range comparison(d) {
		row(plain(r.name), r.before, r.after, r.change)
	}
	if err := t.Flush(); p.err == nil {
		p.err = err
	}
}

func (p *printer) changes(d diag.Document) {
	list := topChanges(d)
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("    top changes (share of the whole saving)")
	for i, c := range list {
		p.line("    %d. %-52s %s", i+1, plain(short(c.Title, 52)), gain(d, c))
	}
	if more := len(kept(d)) - len(list); more > 0 {
		p.line("    and %d more", more)
	}
}

func (p *printer) verdict(d diag.Document) {
	p.line("")
	p.line("  %s: %s", words(d.Outcome), plain(d.Reason))
	for _, c := range d.Criteria {
		note := ""
		if c.Note != "" {
			note = " (" + c.Note + ")"
		}
		p.line("  %s %s", p.style.mark(c.Met), plain(fmt.Sprintf("%s: %s, target %s%s", c.Name, c.Actual, c.Target, note)))
	}
	for _, w := range warnings(d) {
		p.line("  warning: %s", plain(w))
	}
	if n := len(d.Findings); n > 0 {
		p.line("  %s left for a person", counted(n, "finding"))
	}
}

func (p *printer) diff(patch string) {
	if patch == "" {
		return
	}
	p.line("")
	for line := range strings.Lines(patch) {
		line = plainText(strings.TrimRight(line, "\r\n"))
		switch {
		case strings.HasPrefix(line, "+"):
			line = p.style.paint("32", line)
		case strings.HasPrefix(line, "-"):
			line = p.style.paint("31", line)
		}
		p.line("%s", line)
	}
}

// next says what was written and what to do now.
func (p *printer) next(d diag.Document) {
	applied, evidence := written(d.Files)
	if d.Outcome != diag.Improved && !evidence {
		return
	}
	p.line("")
	if len(applied) > 0 {
		p.line("  written: %s", plain(strings.Join(applied, ", ")))
	}
	if evidence {
		p.line("  evidence: %s/", Dir)
	}
	if d.Outcome == diag.Improved && len(applied) == 0 {
		p.line("  the Dockerfile is as it was; to apply the diff: %s", plain(applying(d.Command)))
	}
}

// written sorts files into the project's own and the evidence.
func written(files []string) (own []string, evidence bool) {
	for _, f := range files {
		if f == index || f == readme || strings.HasPrefix(f, Dir+"/") {
			evidence = true
			continue
		}
		own = append(own, f)
	}
	return own, evidence
}

// applying is the command that writes the changes.
func applying(command string) string {
	words := strings.Fields(command)
	if slices.Contains(words, "--write") || len(words) == 0 || strings.Contains(command, "…") {
		return "run it again with --write"
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "--evidence" })
	return strings.Join(append(words, "--write"), " ")
}
