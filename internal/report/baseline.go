package report

import (
	"fmt"

	"github.com/careenhq/careen/diag"
)

// baselinePage tells what the project's build and image cost before any change.
func baselinePage(d diag.Document) []byte {
	p := &page{}
	p.text("# Baseline: %s", cell(d.Project))
	if d.Baseline == nil {
		p.text("Not measured: %s", cell(sentence(d.Reason)))
		p.reproduce(d)
		return p.done()
	}
	b := *d.Baseline
	p.text("The image of %s as it was before any change.", code(d.Dockerfile))
	p.table([]string{"", "measured"}, [][]string{
		{"cold build", Measured(b.ColdSeconds)},
		{"of that, compressing and writing the image", Seconds(b.ExportSecs)},
		{"pull (compressed)", Bytes(b.Bytes.Compressed)},
		{"on disk (unpacked)", Bytes(b.Bytes.Unpacked)},
		{"of that, the base image", Bytes(b.Base.Unpacked)},
		{"build context sent", Bytes(b.ContextBytes)},
	})
	p.steps("What each step costs", b)
	p.layers("Layers", b)
	p.reproduce(d)
	return p.done()
}

func (p *page) steps(title string, b diag.Build) {
	if len(b.Steps) == 0 {
		return
	}
	p.text("## %s", title)
	var rows [][]string
	for _, s := range b.Steps {
		rows = append(rows, []string{line(s.Line), codeCell(short(s.Name, 100)), Seconds(s.Seconds), Bytes(s.Unpacked)})
	}
	p.table([]string{"line", "step", "took", "layer, unpacked"}, rows)
}

func (p *page) layers(title string, b diag.Build) {
	if len(b.Layers) == 0 {
		return
	}
	p.text("## %s", title)
	var rows [][]string
	for i, l := range b.Layers {
		from := codeCell(short(l.Instruction, 100))
		if l.Base {
			from = "base image"
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), line(l.Line), from, Bytes(l.Bytes.Compressed), Bytes(l.Bytes.Unpacked)})
	}
	p.table([]string{"", "line", "written by", "compressed", "unpacked"}, rows)
}

// line is a line number, empty where there is none.
func line(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
