package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
)

// Dir is where the evidence lives in a project.
const Dir = "docs/proposals/docker-image-speed"

// A File is one file to write, by its path relative to the project.
type File struct {
	Path     string
	Contents []byte
}

// Evidence renders everything that is written into the project. read gives the
// present contents of a file that is edited in place: lines that careen did not
// write stay as they are, and rendering twice changes nothing.
func Evidence(d diag.Document, read func(name string) ([]byte, error)) ([]File, error) {
	baseline := d
	baseline.Candidate, baseline.Changes, baseline.Patch = nil, []diag.Change{}, ""
	baseline.Criteria = []diag.Criterion{}
	files := []File{
		{path.Join(Dir, "baseline.md"), []byte(baselinePage(d))},
		{path.Join(Dir, "benchmarks.md"), []byte(benchmarksPage(d))},
		{path.Join(Dir, "results.md"), []byte(resultsPage(d))},
	}
	for _, j := range []struct {
		name string
		doc  diag.Document
	}{{"baseline.json", baseline}, {"results.json", d}} {
		var buf bytes.Buffer
		if err := JSON(&buf, j.doc); err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		files = append(files, File{path.Join(Dir, j.name), buf.Bytes()})
	}
	const index = "docs/proposals/README.md"
	old, err := read(index)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(old) == 0 {
		old = []byte("# Proposals\n")
	}
	files = append(files, File{index, section(old, indexEntry(d))})
	readme, err := read("README.md")
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	return append(files, File{"README.md", section(readme, Section(d))}), nil
}

// Markers around what careen writes into files of the project.
const (
	beginMark = "<!-- careen: begin -->"
	endMark   = "<!-- careen: end -->"
)

// section puts text between the markers, at the end of a file without them.
func section(old []byte, text string) []byte {
	block := beginMark + "\n" + strings.TrimSpace(text) + "\n" + endMark
	s := string(old)
	begin, end := strings.Index(s, beginMark), strings.Index(s, endMark)
	if begin >= 0 && end > begin {
		return []byte(s[:begin] + block + s[end+len(endMark):])
	}
	return []byte(strings.TrimRight(s, "\n") + "\n\n" + block + "\n")
}

func indexEntry(d diag.Document) string {
	return fmt.Sprintf("- [Docker image speed](docker-image-speed/results.md): %s. %s", d.Outcome, cell(summary(d)))
}

// summary is the result in one sentence.
func summary(d diag.Document) string {
	if d.Candidate == nil {
		return d.Reason
	}
	rows := comparison(d)
	text := fmt.Sprintf("On disk %s instead of %s (%s)", rows[1].after, rows[1].before, rows[1].change)
	for _, r := range rows {
		if r.name == "cold build" {
			text += fmt.Sprintf(", cold build %s instead of %s (%s)", r.after, r.before, r.change)
		}
	}
	return text + "."
}

// Section is the part of the project's README that tells how the image was
// optimised and how to repeat the measurements.
func Section(d diag.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## How we optimized images\n\n%s\n\n", cell(summary(d)))
	for i, c := range kept(d) {
		if i == top {
			break
		}
		fmt.Fprintf(&b, "%d. %s: %s\n", i+1, cell(c.Title), saved(c))
	}
	fmt.Fprintf(&b, "\nMeasured with %s, old and new built in turn on one machine. [Results](%s/results.md), [baseline](%s/baseline.md), [benchmarks](%s/benchmarks.md). Repeat with:\n\n    %s\n", cell(d.Tool), Dir, Dir, Dir, plain(d.Command))
	return b.String()
}
