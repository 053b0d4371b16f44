package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
)

// auditOptions are the flags of `careen audit`.
type auditOptions struct {
	format string
	output string
}

func newAuditCommand(a *app) *cobra.Command {
	o := &auditOptions{}
	cmd := &cobra.Command{
		Use:   "audit [PATH…]",
		Short: "Say what makes images slow and large, without building",
		Long: `Looks at Dockerfiles and their build contexts. PATH is a directory, which is
searched for Dockerfile, Containerfile, Dockerfile.* and *.Dockerfile, a Dockerfile,
or - for one on standard input. Nothing is built and no network is asked.

Where ` + careen.EvidenceDir + `/baseline.json exists (careen bench --save), findings are
priced with what the steps were measured to cost.

A comment above an instruction switches a rule off: # careen ignore=RULE reason, or
for the whole file # careen global ignore=RULE. Those of hadolint, tally and
BuildKit (# check=skip=) count too.

The JSON form is described in docs/audit.md.`,
		Example: "  careen audit\n  careen audit services/*/Dockerfile\n  careen audit -f json . > findings.json",
		RunE:    func(_ *cobra.Command, args []string) error { return a.audit(args, o) },
	}
	cmd.Flags().StringVarP(&o.format, "format", "f", "text", "text or json")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write the result to a file instead of standard output")
	return cmd
}

func (a *app) auditOptions(paths []string) careen.AuditOptions {
	return careen.AuditOptions{Paths: paths, Config: a.config, Getenv: a.getenv, Stdin: a.stdin}
}

func (a *app) audit(paths []string, o *auditOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	found, err := careen.Audit(a.auditOptions(paths))
	if err != nil {
		return err
	}
	err = a.writeTo(o.output, func(w io.Writer) error {
		if o.format == "json" {
			return writeJSON(w, found)
		}
		return writeAudit(w, found)
	})
	switch {
	case err != nil:
		return err
	case len(found.Problems) > 0:
		return errReported
	case len(found.Findings) > 0:
		return errFindings
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
