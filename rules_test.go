package careen

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
)

func writeProject(t *testing.T, files map[string]string) *project.Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Load(dir, project.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every rule is proposed on one side of the runtime stage or the other.
func TestEveryRuleIsProposedOnce(t *testing.T) {
	var ids, all []string
	for _, r := range slices.Concat(beforeStages(), afterStages()) {
		ids = append(ids, r.ID)
	}
	for _, r := range Rules() {
		all = append(all, r.ID)
	}
	slices.Sort(ids)
	slices.Sort(all)
	if !slices.Equal(ids, all) {
		t.Errorf("proposed %v, rules %v", ids, all)
	}
}

// Changes follow one another: each is made to the text that the last one left, a
// refused one is left out, and the ignore file that one makes is seen by the next.
func TestProposalsPlayThrough(t *testing.T) {
	p := writeProject(t, map[string]string{
		"Dockerfile":              "FROM node:20 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\nFROM node:20-slim\nCOPY --from=build /app /app\n",
		"package.json":            "{}",
		"node_modules/a/index.js": "1",
	})
	play := func(refused ...string) ([]string, rule.Files) {
		files := rule.FilesOf(p)
		var ids []string
		for _, r := range beforeStages() {
			changes, err := proposals(p, &rule.Evidence{}, r, files, func(id string) bool { return slices.Contains(refused, id) })
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if c.Applicability == diag.Manual || c.Title == "" || len(c.Title) >= 60 || c.Why == "" {
					t.Errorf("change %+v", c)
				}
				if files, err = files.With(c); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, c.ID)
			}
		}
		return ids, files
	}
	ids, files := play()
	if !slices.Contains(ids, "dockerignore") || !slices.Contains(ids, "source-before-dependencies:npm") {
		t.Errorf("changes %v", ids)
	}
	if _, ok := files[".dockerignore"]; !ok {
		t.Error("no .dockerignore was made")
	}
	// node_modules of the context would win over what was installed, so the change of
	// order keeps it out by itself.
	ids, files = play("dockerignore")
	if slices.Contains(ids, "dockerignore") || !slices.Contains(ids, "source-before-dependencies:npm") {
		t.Errorf("changes with dockerignore refused: %v", ids)
	}
	if got := string(files[".dockerignore"]); got != "# installed by the build\nnode_modules\n" {
		t.Errorf("ignore file %q", got)
	}
}

// Several places that one rule mends are one change.
func TestProposalsMergePlaces(t *testing.T) {
	p := writeProject(t, map[string]string{
		"Dockerfile": "FROM nginx:1.27\nADD a.txt /\n# between\nADD b.txt /\n", "a.txt": "a", "b.txt": "b",
	})
	for _, r := range Rules() {
		if r.ID != "add-or-copy" {
			continue
		}
		changes, err := proposals(p, &rule.Evidence{}, r, rule.FilesOf(p), func(string) bool { return false })
		if err != nil || len(changes) != 1 {
			t.Fatalf("changes %v, %v", changes, err)
		}
		after, err := rule.FilesOf(p).With(changes[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := string(after["Dockerfile"]); got != "FROM nginx:1.27\nCOPY a.txt /\n# between\nCOPY b.txt /\n" {
			t.Errorf("got %q", got)
		}
	}
}
