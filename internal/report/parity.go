package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/careenhq/careen/diag"
)

// Parity writes a comparison of two images for a terminal: the verdict, every
// difference, what each level covered and could not, what is gone and why, and what
// was explained.
func Parity(w io.Writer, parity diag.Parity, style Style) error {
	p := &printer{w: w, style: style}
	p.line("  parity     %s: %s", parity.Verdict, counted(len(parity.Differences), "difference"))
	for _, d := range parity.Differences {
		p.difference(d)
	}
	for _, l := range parity.Levels {
		p.coverage(l)
	}
	if len(parity.Removed) > 0 {
		p.line("  removed")
	}
	for _, r := range parity.Removed {
		p.line("    %9s  %6d paths  %s  (%s)", Bytes(r.Bytes), r.Paths, plain(r.Reason), plain(r.Example))
	}
	if len(parity.Notes) > 0 {
		p.line("  explained")
	}
	for _, note := range parity.Notes {
		p.line("    %s", plain(short(note, 200)))
	}
	return p.err
}

// difference is one line, and one each for what the two images have.
func (p *printer) difference(d diag.Difference) {
	p.line("    %s %s %s", p.style.mark(false), d.Level, plain(strings.TrimSpace(d.Check+" "+d.Path)+": "+d.Reason)+inBrackets(d.Label))
	if d.Old != "" || d.New != "" {
		p.line("         %s -> %s", plain(short(orNothing(d.Old), 160)), plain(short(orNothing(d.New), 160)))
	}
}

func inBrackets(label string) string {
	if label == "" {
		return ""
	}
	return " [" + plain(label) + "]"
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// coverage tells what a level looked at, what it could not, and how long it took.
func (p *printer) coverage(l diag.Level) {
	did := "nothing to check"
	if len(l.Checked) > 0 {
		did = "checked " + strings.Join(l.Checked, ", ")
	}
	p.line("  %s %s (%s): %s", l.Name, l.Title, Seconds(l.Seconds), plain(short(did, 400)))
	for _, n := range l.NotRun {
		verb := "not checked"
		if n.Decides {
			verb = "could not judge"
		}
		p.line("       %s: %s", verb, plain(fmt.Sprintf("%s (%s)", n.Check, short(n.Why, 300))))
	}
}

// ParityMarkdown writes a comparison as a page of markdown.
func ParityMarkdown(w io.Writer, parity diag.Parity) error {
	p := &page{}
	p.parity(parity)
	_, err := w.Write(p.done())
	return err
}
