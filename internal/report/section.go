package report

import (
	"fmt"
	"strings"

	"github.com/careenhq/careen/diag"
)

// Markers around what careen writes into files of the project.
const (
	beginMark = "<!-- careen: begin -->"
	endMark   = "<!-- careen: end -->"
)

// section puts text between the markers, at the end of a file without them. The
// text follows the file's line endings. A marker that has lost its partner is
// left alone.
func section(old []byte, text string) []byte {
	text = strings.NewReplacer(beginMark, "", endMark, "").Replace(text)
	block := beginMark + "\n" + strings.TrimSpace(text) + "\n" + endMark
	s, eol := string(old), "\n"
	if strings.Contains(s, "\r\n") {
		eol = "\r\n"
		block = strings.ReplaceAll(block, "\n", eol)
	}
	if begin, end, ok := marked(s); ok {
		return []byte(s[:begin] + block + s[end:])
	}
	return []byte(strings.TrimRight(s, "\r\n") + eol + eol + block + eol)
}

// marked is the last marked part of a file, markers included.
func marked(s string) (begin, end int, ok bool) {
	end = strings.LastIndex(s, endMark)
	if end < 0 {
		return 0, 0, false
	}
	begin = strings.LastIndex(s[:end], beginMark)
	return begin, end + len(endMark), begin >= 0
}

func indexEntry(d diag.Document) string {
	return fmt.Sprintf("- [Docker image speed](docker-image-speed/results.md): %s. %s", words(d.Outcome), cell(summary(d)))
}

// summary is the result in one sentence.
func summary(d diag.Document) string {
	if d.Candidate == nil || d.Outcome != diag.Improved {
		return titled(sentence(d.Reason))
	}
	size := comparison(d)[onDisk]
	text := fmt.Sprintf("On disk %s instead of %s (%s)", size.after, size.before, size.change)
	for _, r := range comparison(d) {
		if r.name == coldTitle {
			text += fmt.Sprintf(", cold build %s instead of %s (%s)", r.after, r.before, r.change)
		}
	}
	return text + "."
}

// Section is the part of the project's README that tells how the image was
// optimised and how to repeat the measurements.
func Section(d diag.Document) string {
	p := &page{}
	p.text("## How we optimized images")
	p.text("%s", cell(summary(d)))
	var items []string
	for _, c := range topChanges(d) {
		items = append(items, fmt.Sprintf("%s: %s", cell(c.Title), gain(d, c)))
	}
	p.list(true, items)
	p.text("Parity of old and new image: %s, %s. Measured with %s on %s. [Results](%s/results.md), [baseline](%s/baseline.md), [benchmarks](%s/benchmarks.md). Repeat with:",
		d.Parity.Verdict, counted(len(d.Parity.Differences), "difference"), cell(d.Tool), d.Started.UTC().Format("2006-01-02"), Dir, Dir, Dir)
	p.text("%s", block("", d.Command))
	return string(p.done())
}
