package report

import (
	"fmt"
	"strings"

	"github.com/careenhq/careen/diag"
)

// most is how many rows of a list a page shows; results.json has them all.
const most = 40

// parity tells what was compared, what differs, what could not be compared and
// what the new image no longer carries.
func (p *page) parity(x diag.Parity) {
	p.text("## Parity")
	p.text("Verdict: **%s**, %s.", x.Verdict, counted(len(x.Differences), "difference"))
	var rows [][]string
	for _, l := range x.Levels {
		rows = append(rows, []string{cell(l.Name), cell(l.Title), fmt.Sprint(len(l.Checked)), notRun(l), Seconds(l.Seconds)})
	}
	p.table([]string{"level", "", "checks", "not checked", "took"}, rows)
	rows = nil
	for _, d := range x.Differences {
		rows = append(rows, []string{cell(d.Level), cell(d.Check), codeCell(d.Path), cell(d.Reason), cell(d.Label)})
	}
	p.table([]string{"level", "check", "of", "difference", "kind"}, rows)
	p.removed(x.Removed)
	p.notes(x.Notes)
}

func notRun(l diag.Level) string {
	var list []string
	for _, n := range l.NotRun {
		list = append(list, cell(n.Check+": "+n.Why))
	}
	if len(list) == 0 && len(l.Checked) == 0 {
		return "nothing to check"
	}
	return strings.Join(list, "<br>")
}

func (p *page) removed(list []diag.Removal) {
	if len(list) == 0 {
		return
	}
	p.text("Files that the new image does not carry any more, and why:")
	var rows [][]string
	for _, r := range list[:min(most, len(list))] {
		rows = append(rows, []string{cell(r.Reason), fmt.Sprint(r.Paths), Bytes(r.Bytes), codeCell(r.Example)})
	}
	p.table([]string{"reason", "paths", "bytes", "for example"}, rows)
	if more := len(list) - most; more > 0 {
		p.text("And %s in results.json.", counted(more, "further reason"))
	}
}

func (p *page) notes(list []string) {
	if len(list) == 0 {
		return
	}
	p.text("Different, explained and harmless:")
	var items []string
	for _, n := range list[:min(most, len(list))] {
		items = append(items, cell(n))
	}
	if more := len(list) - most; more > 0 {
		items = append(items, fmt.Sprintf("and %d more in results.json", more))
	}
	p.list(false, items)
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
