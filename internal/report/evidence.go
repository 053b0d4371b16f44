package report

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/careenhq/careen/diag"
)

// Dir is where the evidence lives in a project.
const Dir = "docs/proposals/docker-image-speed"

// Files of the project, beside Dir, that get an entry.
const (
	index  = "docs/proposals/README.md"
	readme = "README.md"
)

// A File is one file to write, by its path relative to the project.
type File struct {
	Path     string
	Contents []byte
}

// Evidence renders everything that is written into the project. read gives the
// present contents of a file that is edited in place: lines that careen did not
// write stay as they are, and rendering twice changes nothing. A project without
// a README.md gets none.
func Evidence(d diag.Document, read func(name string) ([]byte, error)) ([]File, error) {
	files := []File{
		{path.Join(Dir, "baseline.md"), baselinePage(d)},
		{path.Join(Dir, "benchmarks.md"), benchmarksPage(d)},
		{path.Join(Dir, "results.md"), resultsPage(d)},
	}
	for _, j := range []struct {
		name string
		doc  diag.Document
	}{{"baseline.json", baselineOf(d)}, {"results.json", d}} {
		var buf bytes.Buffer
		if err := JSON(&buf, j.doc); err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		files = append(files, File{path.Join(Dir, j.name), buf.Bytes()})
	}
	edited, err := entries(d, read)
	return append(files, edited...), err
}

// baselineOf is the document that a measurement of the original alone would give.
func baselineOf(d diag.Document) diag.Document {
	d.Candidate, d.Changes, d.Criteria, d.Patch, d.Files = nil, nil, nil, "", nil
	d.Parity = diag.Parity{Verdict: diag.Unknown}
	if d.Baseline != nil {
		d.Outcome, d.Reason = diag.Unchanged, "measured before any change"
	}
	var old []diag.Scenario
	for _, s := range d.Scenarios {
		s.New, s.Notable, s.Criterion = nil, false, ""
		old = append(old, s)
	}
	d.Scenarios = old
	return d
}

// entries are the files that are edited in place.
func entries(d diag.Document, read func(name string) ([]byte, error)) ([]File, error) {
	old, err := read(index)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(old) == 0 {
		old = []byte("# Proposals\n")
	}
	files := []File{{index, section(old, indexEntry(d))}}
	old, err = read(readme)
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	return append(files, File{readme, section(old, Section(d))}), nil
}
