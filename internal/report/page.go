package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/careenhq/careen/diag"
)

// A page is markdown under construction. Everything handed to it is markdown
// already: untrusted text went through cell, code or block.
type page struct{ strings.Builder }

// text writes a paragraph.
func (p *page) text(format string, args ...any) {
	fmt.Fprintf(p, format, args...)
	p.WriteString("\n\n")
}

// table writes a table, or nothing when it has no rows.
func (p *page) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(p, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, r := range rows {
		fmt.Fprintf(p, "| %s |\n", strings.Join(r, " | "))
	}
	p.WriteString("\n")
}

// list writes a list, numbered or not, or nothing when it is empty.
func (p *page) list(numbered bool, items []string) {
	for i, item := range items {
		mark := "-"
		if numbered {
			mark = fmt.Sprintf("%d.", i+1)
		}
		fmt.Fprintf(p, "%s %s\n", mark, item)
	}
	if len(items) > 0 {
		p.WriteString("\n")
	}
}

// done is the page's text.
func (p *page) done() []byte { return []byte(strings.TrimRight(p.String(), "\n") + "\n") }

// titled begins text with a capital letter.
func titled(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// words is an outcome as people write it.
func words(o diag.Outcome) string { return strings.ReplaceAll(string(o), "-", " ") }

// sentence ends text with one full stop.
func sentence(s string) string { return strings.TrimRight(s, ". ") + "." }
