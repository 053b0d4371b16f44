package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/rule"
)

func newExplainCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "explain RULE",
		Short:   "Say what a rule is about and what its fix does",
		Example: "  careen explain source-before-dependencies\n  careen explain DL3020",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.explain(args[0]) },
	}
}

// explain also takes the names that other tools have for a rule; one such name
// may mean several.
func (a *app) explain(name string) error {
	found := false
	for _, r := range careen.Rules() {
		if !r.AnswersTo(name) {
			continue
		}
		if found {
			fmt.Fprintln(a.stdout)
		}
		found = true
		if err := writeRule(a.stdout, r); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("no rule %q; careen rules lists them", name)
	}
	return nil
}

func writeRule(w io.Writer, r *rule.Rule) error {
	d := r.Doc
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n\n", r.ID, d.Title, d.Text)
	fmt.Fprintf(&b, "Before:\n%s\n\nAfter:\n%s\n\n", indented(d.Before), indented(d.After))
	fmt.Fprintf(&b, "Severity %s, fix %s, since %s", r.Severity, fixOf(r), d.Since)
	if len(r.Aliases) > 0 {
		fmt.Fprintf(&b, ", also switched off as %s", strings.Join(r.Aliases, ", "))
	}
	fmt.Fprintf(&b, "\nSwitch it off for one instruction: # careen ignore=%s reason\n", r.ID)
	_, err := io.WriteString(w, b.String())
	return err
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ")
}
