package checks

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
)

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// Every rule has a unique name, complete documentation with examples that parse,
// a fixture with a finding, one without, and a fixed file if it has a fix.
func TestRulesAreComplete(t *testing.T) {
	seen := map[string]string{}
	for _, r := range All() {
		t.Run(r.ID, func(t *testing.T) {
			if !kebab.MatchString(r.ID) {
				t.Errorf("ID is not kebab-case")
			}
			for _, name := range append([]string{r.ID}, r.Aliases...) {
				name = strings.ToLower(name)
				if other := seen[name]; other != "" && name == r.ID {
					t.Errorf("%s is already used by %s", name, other)
				}
				seen[name] = r.ID
			}
			d := r.Doc
			if d.Title == "" || len(d.Title) > 60 || strings.HasSuffix(d.Title, ".") || d.Text == "" || d.Since == "" {
				t.Errorf("documentation is incomplete: %+v", d)
			}
			switch r.Severity {
			case diag.Error, diag.Warning, diag.Info:
			default:
				t.Errorf("severity %q", r.Severity)
			}
			for _, example := range []string{d.Before, d.After} {
				if example == "" {
					t.Error("an example is missing")
				}
				if problems := dockerfile.Parse([]byte(withBase(example))).Problems; len(problems) > 0 {
					t.Errorf("example does not parse: %v\n%s", problems, example)
				}
			}
			checkCases(t, r.ID, r.Fix == diag.Safe || r.Fix == diag.Proven)
		})
	}
}

// withBase makes an excerpt a whole file.
func withBase(excerpt string) string {
	if strings.Contains(excerpt, "FROM ") {
		return excerpt
	}
	return "FROM debian:bookworm\n" + excerpt
}

func checkCases(t *testing.T, id string, fixes bool) {
	names, _ := filepath.Glob(filepath.Join("testdata", id, "*.txtar"))
	found, clean, fixed := 0, 0, 0
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		wants := 0
		for _, f := range ar.Files {
			if f.Name == "Dockerfile" {
				wants = strings.Count(string(f.Data), "# want: ")
			}
			if strings.HasSuffix(f.Name, ".fixed") {
				fixed++
			}
		}
		if wants > 0 {
			found++
		} else {
			clean++
		}
	}
	if found == 0 || clean == 0 || fixes && fixed == 0 {
		t.Errorf("fixtures: %d with findings, %d without, %d fixed files", found, clean, fixed)
	}
}
