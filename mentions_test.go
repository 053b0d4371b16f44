package careen

import "testing"

// TestMentions holds that a directory which settings or sources name is told from one
// that only tools and prose do.
func TestMentions(t *testing.T) {
	p := writeProject(t, map[string]string{
		"Dockerfile": "FROM scratch\nCOPY . .\n", "main.go": "package main\n\nvar dir = \"web/pages\"\n",
		"config/app.yaml": "title: about the tests we had\nhelp: ./docs\nlist:\n  - examples/one\n", "app.ini": "[a]\nspec = \"spec\"\n",
		"package.json": `{"scripts": {"x": "e2e"}}`, ".github/workflows/a.yml": "path: coverage\n",
		"docs/results.json": `{"file": "Dockerfile"}`,
	})
	m := newMentions(p)
	for word, want := range map[string]bool{"pages": true, "docs": true, "examples": true, "spec": true, "tests": false, "e2e": false, "coverage": false, "Dockerfile": false} {
		if got := m.of(word); got != want {
			t.Errorf("%s: %v", word, got)
		}
	}
}
