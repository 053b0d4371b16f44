package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/rule"
)

// ruleForm is the JSON form of a rule.
type ruleForm struct {
	ID       string             `json:"id"`
	Title    string             `json:"title"`
	Severity diag.Severity      `json:"severity"`
	Fix      diag.Applicability `json:"fix"`
	Aliases  []string           `json:"aliases"`
	Text     string             `json:"text"`
	Before   string             `json:"before"`
	After    string             `json:"after"`
	Since    string             `json:"since"`
}

func formOf(r *rule.Rule) ruleForm {
	return ruleForm{
		ID: r.ID, Title: r.Doc.Title, Severity: r.Severity, Fix: fixOf(r), Aliases: append([]string{}, r.Aliases...),
		Text: r.Doc.Text, Before: r.Doc.Before, After: r.Doc.After, Since: r.Doc.Since,
	}
}

func fixOf(r *rule.Rule) diag.Applicability {
	if r.Fix == "" {
		return diag.Manual
	}
	return r.Fix
}

func newRulesCommand(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules of careen audit",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.listRules(format) },
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	return cmd
}

func (a *app) listRules(format string) error {
	switch format {
	case "json":
		var forms []ruleForm
		for _, r := range careen.Rules() {
			forms = append(forms, formOf(r))
		}
		return writeJSON(a.stdout, forms)
	case "text":
	default:
		return fmt.Errorf("--format %s: want text or json", format)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tFIX\tSEVERITY\tABOUT")
	for _, r := range careen.Rules() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, fixOf(r), r.Severity, r.Doc.Title)
	}
	return w.Flush()
}
