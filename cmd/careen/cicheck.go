package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

// gateFormats are the forms that a verdict can be written in.
var gateFormats = []string{"text", "json", "junit", "sarif", "markdown"}

type checkOptions struct {
	results  string
	baseline string
	comment  string
	evidence string
	allow    string
	format   string
	output   string
}

func newCICheckCommand(a *app) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "check [PATH]",
		Short: "Hold a build against its limits and the target branch",
		Long: `Judges what was measured of this build: the size of the image, and the times of its
builds. --results is what bench or optimize wrote with -f json. It holds both builds
when they were measured in turns (bench TARGET --against .); else --baseline names the
document of the target branch, the directory of an artifact that holds one, or as
oci://IMAGE the image in a registry that ` + "`careen ci attach`" + ` put one beside.

Sizes are judged as they are. A time is judged only when both builds were measured in
turns on one machine, at least five times: it fails when the whole 95 % interval of
the slowdown lies above the limit, so noise alone does not fail a build.

Limits stand below gate: in careen.yaml; without any, an image may grow by 5 % and
a build get slower by 10 %. A regression is allowed by --allow-regression or
$CAREEN_ALLOW_REGRESSION, which a workflow sets from a label.

On GitHub the verdict is also written to the step summary, and annotations beside the
lines to blame.

Exit code 0: passed; 1: a limit is broken; 2: no verdict.`,
		Example: `  careen bench ../main --against . --runs 5 -f json -o results.json && careen ci check --results results.json
  careen ci check --results results.json --baseline artifact/ --comment comment.md
  careen ci check --results results.json --baseline oci://registry.example/app:main
  careen ci check --results results.json -f junit -o gate.xml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ciCheck(cmd.Context(), strings.Join(args, ""), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.results, "results", "", "what was measured of this build: results.json (required)")
	flags.StringVar(&o.baseline, "baseline", "", "what was measured of the target branch: a file, a directory that holds one, or oci://IMAGE")
	flags.StringVar(&o.comment, "comment", "", "write the body of a pull-request comment to this file")
	flags.StringVar(&o.evidence, "evidence", "", "URL of the full record, for the comment (default: the run, on GitHub)")
	flags.StringVar(&o.allow, "allow-regression", "", "pass in spite of a regression, and say who or what allows it (also $CAREEN_ALLOW_REGRESSION)")
	flags.StringVarP(&o.format, "format", "f", "text", strings.Join(gateFormats, ", "))
	flags.StringVarP(&o.output, "output", "o", "", "write the verdict to a file instead of standard output")
	return cmd
}

func (a *app) ciCheck(ctx context.Context, path string, o *checkOptions) error {
	if !slices.Contains(gateFormats, o.format) {
		return fmt.Errorf("--format %q: want %s", o.format, strings.Join(gateFormats, ", "))
	}
	if o.results == "" {
		return errors.New("ci check needs --results: `careen bench TARGET --against . --runs 5 -f json -o results.json` writes one")
	}
	p, err := a.loadProject(path, &buildFlags{}, 0)
	if err != nil {
		return err
	}
	g, err := careen.CheckGate(ctx, careen.GateOptions{
		Project: p, Results: o.results, Baseline: o.baseline, Allowed: o.allowed(a.getenv), Evidence: o.link(a.getenv),
	})
	if err != nil {
		return err
	}
	if err := a.tellGate(*g, p.Rel, o); err != nil {
		return err
	}
	return gateError(*g)
}

// allowed is who allows a regression: the flag, or the environment with anything
// but what means no there.
func (o *checkOptions) allowed(getenv func(string) string) string {
	if o.allow != "" {
		return o.allow
	}
	switch getenv("CAREEN_ALLOW_REGRESSION") {
	case "", "0", "false":
		return ""
	}
	return "$CAREEN_ALLOW_REGRESSION"
}

// link is where the evidence is: as given, or the run that GitHub's runner tells of.
func (o *checkOptions) link(getenv func(string) string) string {
	server, repository, run := getenv("GITHUB_SERVER_URL"), getenv("GITHUB_REPOSITORY"), getenv("GITHUB_RUN_ID")
	if o.evidence != "" || server == "" || repository == "" || run == "" {
		return o.evidence
	}
	return server + "/" + repository + "/actions/runs/" + run
}

// tellGate writes the verdict wherever it was asked for.
func (a *app) tellGate(g diag.Gate, dockerfile string, o *checkOptions) error {
	if err := a.writeTo(o.output, func(w io.Writer) error { return a.writeGate(w, g, dockerfile, o) }); err != nil {
		return err
	}
	if o.comment != "" {
		var body bytes.Buffer
		if err := report.GateMarkdown(&body, g); err != nil {
			return fmt.Errorf("comment: %w", err)
		}
		if err := writeAtomic(o.comment, body.Bytes()); err != nil {
			return err
		}
	}
	if a.getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	// The runner reads its commands from either stream; standard output may be a document.
	if err := report.GateAnnotations(a.stderr, g, dockerfile); err != nil {
		return fmt.Errorf("annotations: %w", err)
	}
	return appendSummary(a.getenv("GITHUB_STEP_SUMMARY"), g)
}

func appendSummary(file string, g diag.Gate) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	return errors.Join(report.GateMarkdown(f, g), f.Close())
}

func (a *app) writeGate(w io.Writer, g diag.Gate, dockerfile string, o *checkOptions) error {
	switch o.format {
	case "json":
		return writeJSON(w, g)
	case "junit":
		return report.GateJUnit(w, g)
	case "sarif":
		return report.GateSARIF(w, g, dockerfile)
	case "markdown":
		return report.GateMarkdown(w, g)
	}
	return report.Gate(w, g, report.Style{Color: o.output == "" && a.colored()})
}

// gateError is the exit code of a verdict: a limit that is broken weighs more than
// one that could not be judged.
func gateError(g diag.Gate) error {
	if g.Passed {
		return nil
	}
	if slices.ContainsFunc(g.Checks, func(c diag.GateCheck) bool { return c.State == diag.GateFailed }) {
		return errFindings
	}
	return errReported
}
