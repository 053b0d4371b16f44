package report

import (
	"io"

	"github.com/careenhq/careen/diag"
)

// Parity writes a comparison of two images for a terminal: the verdict, the
// differences, what was not checked, what is gone and why, and what was explained.
func Parity(w io.Writer, parity diag.Parity, style Style) error {
	p := &printer{w: w, style: style}
	p.parity(parity)
	for _, l := range parity.Levels {
		p.line("             %s %s: %s", l.Name, l.Title, Seconds(l.Seconds))
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
