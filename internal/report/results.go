package report

import (
	"fmt"
	"strings"

	"github.com/careenhq/careen/diag"
)

// resultsPage tells what came of it: the answer first, then what brought it, the
// proof, how to repeat it, and last every change.
func resultsPage(d diag.Document) []byte {
	p := &page{}
	p.text("# Results: %s", cell(d.Project))
	p.text("%s: %s", titled(words(d.Outcome)), cell(sentence(d.Reason)))
	p.comparison(d)
	p.criteria(d)
	p.topChanges(d)
	p.parity(d.Parity)
	p.reproduce(d)
	p.changes(d)
	p.findings(d)
	if d.Candidate != nil {
		p.steps("What each step costs now", *d.Candidate)
		p.layers("Layers of the new image", *d.Candidate)
	}
	return p.done()
}

func (p *page) comparison(d diag.Document) {
	if d.Candidate == nil {
		return
	}
	var rows [][]string
	for _, r := range comparison(d) {
		rows = append(rows, []string{cell(r.name), r.before, r.after, r.change})
	}
	p.table([]string{"", "before", "after", "change"}, rows)
	p.warnings(d)
}

// warnings are printed wherever the figures are that they qualify.
func (p *page) warnings(d diag.Document) {
	var list []string
	for _, w := range warnings(d) {
		list = append(list, cell(w))
	}
	if len(list) > 0 {
		p.text("To be kept in mind:")
		p.list(false, list)
	}
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
			met = "**not met**"
		}
		rows = append(rows, []string{cell(c.Name), cell(c.Target), cell(c.Actual), met, cell(c.Note)})
	}
	p.table([]string{"criterion", "target", "measured", "", "note"}, rows)
}

func (p *page) topChanges(d diag.Document) {
	list := topChanges(d)
	if len(list) == 0 {
		return
	}
	p.text("## Top changes")
	var items []string
	for _, c := range list {
		items = append(items, fmt.Sprintf("**%s**: %s", cell(c.Title), gain(d, c)))
	}
	p.list(true, items)
	p.text("A percentage is the change's share of the whole saving.")
}

func (p *page) changes(d diag.Document) {
	if len(d.Changes) == 0 {
		return
	}
	p.text("## Every change")
	for _, c := range kept(d) {
		p.text("### %s", cell(c.Title))
		p.text("%s (%s, %s)", cell(titled(sentence(c.Why))), code(c.ID), c.Applicability)
		p.savings(c)
	}
	for _, c := range dropped(d) {
		p.text("### Dropped: %s", cell(c.Title))
		label := ""
		if c.Label != "" {
			label = c.Label + ": "
		}
		p.text("%s (%s)", cell(titled(sentence(label+c.Dropped))), code(c.ID))
	}
	if d.Patch != "" {
		p.text("## The change as a diff")
		p.text("%s", block("diff", d.Patch))
	}
}

func (p *page) savings(c diag.Change) {
	if len(c.Saved) == 0 {
		p.text("What it brought was not isolated.")
		return
	}
	var rows [][]string
	for _, s := range c.Saved {
		rows = append(rows, []string{quantityTitle(s.Quantity), amount(s), fmt.Sprint(s.Samples), cell(s.Method)})
	}
	p.table([]string{"", "effect", "builds", "method"}, rows)
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

func (p *page) findings(d diag.Document) {
	if len(d.Findings) == 0 {
		return
	}
	p.text("## Left for a person")
	var rows [][]string
	for _, f := range d.Findings {
		rows = append(rows, []string{codeCell(fmt.Sprintf("%s:%d", f.File, f.Start.Line)), codeCell(f.Rule), cell(f.Message), cell(f.Reason)})
	}
	p.table([]string{"place", "rule", "finding", "why it costs"}, rows)
}
