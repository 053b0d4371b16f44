package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

var update = flag.Bool("update", false, "rewrite goldens and the published schema")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run go test -update and read the diff\n%s", file, got)
	}
}

var documents = map[string]func() diag.Document{"improved": improved, "unchanged": unchanged, "fails": fails, "hostile": hostile}

func text(t *testing.T, d diag.Document, s report.Style) string {
	t.Helper()
	var b strings.Builder
	if err := report.Text(&b, d, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// absent is a project without the files that are edited in place.
func absent(string) ([]byte, error) { return nil, fs.ErrNotExist }

func pages(t *testing.T, d diag.Document, read func(string) ([]byte, error)) map[string][]byte {
	t.Helper()
	files, err := report.Evidence(d, read)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		all[f.Path] = f.Contents
	}
	return all
}

func TestText(t *testing.T) {
	for name, d := range documents {
		golden(t, name+".txt", []byte(text(t, d(), report.Style{})))
	}
	golden(t, "improved.color.txt", []byte(text(t, improved(), report.Style{Color: true})))
}

func TestEvidence(t *testing.T) {
	for name, d := range documents {
		for file, contents := range pages(t, d(), absent) {
			golden(t, name+"."+strings.ReplaceAll(strings.TrimPrefix(file, "docs/proposals/"), "/", "."), contents)
		}
	}
}

func TestParity(t *testing.T) {
	for name, d := range documents {
		var b strings.Builder
		if err := report.Parity(&b, d().Parity, report.Style{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".parity.txt", []byte(b.String()))
	}
}

func TestSection(t *testing.T) {
	for name, d := range documents {
		golden(t, name+".section.md", []byte(report.Section(d())))
	}
}

// TestOneNumber holds that every page shows a figure in the same words.
func TestOneNumber(t *testing.T) {
	d := improved()
	all := pages(t, d, func(string) ([]byte, error) { return []byte("# x\n"), nil })
	for _, figure := range []string{"1.10 GB", "20.0 MB", "−98.2 %", "62.0 s ± 1.8 s", "31.0 s ± 0.75 s", "−50.0 %"} {
		for _, where := range []string{report.Dir + "/results.md", "README.md", "docs/proposals/README.md"} {
			if !bytes.Contains(all[where], []byte(figure)) {
				t.Errorf("%s lacks %q", where, figure)
			}
		}
		if !strings.Contains(text(t, d, report.Style{}), figure) {
			t.Errorf("the terminal lacks %q", figure)
		}
	}
	for file, contents := range all {
		if strings.HasSuffix(file, "benchmarks.md") || strings.HasSuffix(file, "results.md") {
			if !bytes.Contains(contents, []byte("the machine was busy")) {
				t.Errorf("%s lost a warning", file)
			}
		}
	}
}

// TestInPlace holds that careen's part of a file is replaced, that the rest stays
// as it is byte for byte, and that writing twice changes nothing.
func TestInPlace(t *testing.T) {
	const begin, end = "<!-- careen: begin -->", "<!-- careen: end -->"
	for name, old := range map[string]string{
		"plain":         "# Title\n\ntext\n",
		"no newline":    "# Title",
		"windows":       "# Title\r\n\r\ntext\r\n",
		"marked":        "# Title\n\n" + begin + "\nold\n" + end + "\n\n## After\n",
		"lost the end":  "# Title\n\n" + begin + "\nkeep me\n",
		"lost both":     "# Title\n" + end + "\nkeep me\n" + begin + "\n",
		"empty section": begin + "\n" + end,
	} {
		for page, d := range map[string]diag.Document{"good": improved(), "hostile": hostile()} {
			reader := func(text []byte) func(string) ([]byte, error) {
				return func(string) ([]byte, error) { return text, nil }
			}
			once := pages(t, d, reader([]byte(old)))["README.md"]
			twice := pages(t, d, reader(once))["README.md"]
			if !bytes.Equal(once, twice) {
				t.Errorf("%s, %s: writing twice changes the file:\n%q\n%q", name, page, once, twice)
			}
			for line := range strings.Lines(strings.ReplaceAll(old, "\nold\n", "\n")) {
				if line = strings.TrimRight(line, "\r\n"); !bytes.Contains(once, []byte(line)) {
					t.Errorf("%s, %s: lost %q", name, page, line)
				}
			}
			if strings.Contains(old, "\r\n") && strings.Count(string(once), "\n") != strings.Count(string(once), "\r\n") {
				t.Errorf("%s, %s: line endings are mixed", name, page)
			}
		}
	}
}

// TestNoReadme holds that a project without a README gets none.
func TestNoReadme(t *testing.T) {
	all := pages(t, improved(), absent)
	if _, ok := all["README.md"]; ok {
		t.Error("a README was made up")
	}
	for _, name := range []string{"baseline.md", "results.md", "benchmarks.md", "baseline.json", "results.json"} {
		if len(all[path.Join(report.Dir, name)]) == 0 {
			t.Errorf("%s is missing", name)
		}
	}
	broken := fmt.Errorf("disk on fire")
	if _, err := report.Evidence(improved(), func(string) ([]byte, error) { return nil, broken }); err == nil {
		t.Error("a file that cannot be read was taken for empty")
	}
}
