package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/careenhq/careen"
)

// docs/rules.md is rendered from the rules: go test ./cmd/careen -run RulesPage -u
func TestRulesPage(t *testing.T) {
	var page bytes.Buffer
	page.WriteString("# Rules\n\nRendered from the rules themselves by `go test ./cmd/careen -run RulesPage -u`.\n")
	for _, r := range careen.Rules() {
		d := r.Doc
		fmt.Fprintf(&page, "\n## %s\n\n%s. Severity %s, fix %s, since %s.\n\n%s\n\nBefore:\n\n```dockerfile\n%s\n```\n\nAfter:\n\n```dockerfile\n%s\n```\n",
			r.ID, d.Title, r.Severity, fixOf(r), d.Since, d.Text, d.Before, d.After)
	}
	const name = "../../docs/rules.md"
	if *updateScripts {
		if err := os.WriteFile(name, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, page.Bytes()) {
		t.Errorf("%s is not what the rules say; run: go test ./cmd/careen -run RulesPage -u", name)
	}
}
