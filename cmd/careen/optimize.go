package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/history"
	"github.com/careenhq/careen/internal/report"
)

type optimizeOptions struct {
	build       buildFlags
	runs        int
	write       bool
	force       bool
	noAttribute bool
	scenarios   []string
	format      string
	output      string
	evidence    bool
}

func newOptimizeCommand(a *app) *cobra.Command {
	var o optimizeOptions
	cmd := &cobra.Command{
		Use:   "optimize [PATH]",
		Short: "Measure, rewrite, rebuild, prove, attribute, report",
		Long: `Build the project as it is, plan changes, build the candidate, compare how both
images behave, drop any change that breaks something, and measure what each kept
change brought. Prints the result and a diff; writes nothing without --write.

--write puts the new Dockerfile and .dockerignore in place and the evidence under
docs/proposals/docker-image-speed. It refuses over uncommitted edits of those files
unless --force is given.`,
		Example: `  careen optimize                        this directory, diff only
  careen optimize --write ~/src/service  apply the changes and write the evidence
  careen optimize -f json . > results.json
  careen optimize --builder unix:///run/buildkit/buildkitd.sock .`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runOptimize(cmd, a, &o, strings.Join(args, "")) },
	}
	o.build.addTo(cmd)
	flags := cmd.Flags()
	flags.IntVar(&o.runs, "runs", 0, "measured builds of each kind (default 3)")
	flags.StringSliceVar(&o.scenarios, "scenario", nil, "measure only these: cold, no-change, source-edit, manifest-edit")
	flags.BoolVar(&o.write, "write", false, "write the changed files and the evidence into the project")
	flags.BoolVar(&o.force, "force", false, "with --write: overwrite uncommitted edits")
	flags.BoolVar(&o.evidence, "evidence", false, "write the evidence pages only, not the changed files")
	flags.BoolVar(&o.noAttribute, "no-attribution", false, "do not isolate what each change brought (saves one build per change)")
	flags.StringVarP(&o.format, "format", "f", "text", "text or json")
	flags.StringVarP(&o.output, "output", "o", "", "write the report to a file instead of standard output")
	return cmd
}

func runOptimize(cmd *cobra.Command, a *app, o *optimizeOptions, path string) error {
	ctx := cmd.Context()
	if err := checkFormat(o.format); err != nil {
		return err
	}
	p, err := a.loadProject(path, &o.build, o.runs)
	if err != nil {
		return err
	}
	if o.write && !o.force {
		if err := refuseDirty(ctx, p.Dir, p.Rel, p.IgnorePath); err != nil {
			return err
		}
	}
	j, err := a.begin(ctx, p, &o.build)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	out, err := careen.Optimize(ctx, careen.OptimizeOptions{
		Project: p, Engine: j.engine, Secrets: j.secrets, Command: commandLine(cmd, path), Attribute: !o.noAttribute, Scenarios: o.scenarios, Say: j.show.say, Events: j.show.event,
	})
	j.show.close()
	if err != nil {
		return err
	}
	if err := o.writeFiles(p.Dir, out); err != nil {
		return err
	}
	return o.report(a, out.Document)
}

// refuseDirty keeps uncommitted edits of files that are about to be written.
func refuseDirty(ctx context.Context, dir string, files ...string) error {
	var named []string
	for _, f := range files {
		if f != "" {
			named = append(named, f)
		}
	}
	dirty, err := history.Dirty(ctx, dir, named...)
	if errors.Is(err, history.ErrNoRepository) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(dirty) > 0 {
		return fmt.Errorf("%s: uncommitted edits; commit them, or pass --force to overwrite", strings.Join(dirty, ", "))
	}
	return nil
}

// writeFiles writes the changed files and the evidence into the project.
func (o *optimizeOptions) writeFiles(dir string, out *careen.Optimized) error {
	doc := &out.Document
	if !o.write && !o.evidence {
		return nil
	}
	files := map[string][]byte{}
	if o.write {
		maps.Copy(files, out.Files)
	}
	if doc.Baseline != nil {
		doc.Files = slices.Sorted(maps.Keys(files))
		pages, err := report.Evidence(*doc, func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))) })
		if err != nil {
			return fmt.Errorf("evidence: %w", err)
		}
		for _, page := range pages {
			files[page.Path] = page.Contents
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeAtomic(filepath.Join(dir, filepath.FromSlash(name)), files[name]); err != nil {
			return err
		}
	}
	doc.Files = slices.Sorted(maps.Keys(files))
	return nil
}

func (o *optimizeOptions) report(a *app, doc diag.Document) error {
	err := a.writeTo(o.output, func(w io.Writer) error {
		if o.format == "json" {
			return report.JSON(w, doc)
		}
		return report.Text(w, doc, report.Style{Color: o.output == "" && a.colored()})
	})
	if err != nil {
		return err
	}
	switch doc.Outcome {
	case diag.Improved, diag.Unchanged:
		return nil
	}
	return errReported
}
