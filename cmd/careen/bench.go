package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

// benchOptions are the flags of `careen bench`.
type benchOptions struct {
	build     buildFlags
	runs      int
	scenarios []string
	against   string
	format    string
	output    string
	save      bool
	runners   careen.RunnerOptions
}

func newBenchCommand(a *app) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [PATH]",
		Short: "Measure builds: cold, no change, one source file, the manifest",
		Long: `Measures how long a project's builds take and what the image weighs.

  cold           no layer cache, empty cache mounts; base images are present
  no-change      the same build once more
  source-edit    one source file changed: a comment added, in a copy of the context
  manifest-edit  the dependency manifest changed, its dependencies not
  ci             only when named: fresh CI runners, which hold nothing, after a change of
                 one source file, with each form of a cache in a registry; image and
                 cache are pushed; --link shapes the way there

With --against, a second Dockerfile is measured in alternation with the first, or
the project as it stands in another directory: a checkout of another branch.
Times are medians; "no difference" is an answer. Files of the project stay as
they are; --save writes ` + careen.EvidenceDir + `/baseline.json.`,
		Example: "  careen bench . --runs 5\n  careen bench . --against Dockerfile.new --scenario cold\n  careen bench ../main --against . --runs 5 -f json -o results.json\n" +
			"  careen bench . --scenario ci --link 100mbit,30ms\n  careen bench . --scenario ci --cache-form max/zstd --cache-ref registry.example/app/cache",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.bench(cmd, strings.Join(args, ""), o)
		},
	}
	o.build.addTo(cmd)
	flags := cmd.Flags()
	flags.IntVar(&o.runs, "runs", 0, "measured builds of each kind (default 3)")
	flags.StringSliceVar(&o.scenarios, "scenario", nil, "only these: cold, no-change, source-edit, manifest-edit, ci")
	flags.StringVar(&o.runners.Link, "link", "", "of scenario ci: bandwidth and round trip to the registry and mirrors, 100mbit,30ms")
	flags.StringVar(&o.runners.CacheRef, "cache-ref", "", "of scenario ci: repository to keep caches and images in (default a registry of careen's own)")
	flags.StringSliceVar(&o.runners.Forms, "cache-form", nil, "of scenario ci: only these, of "+strings.Join(careen.CacheForms(), ", "))
	flags.StringVar(&o.against, "against", "", "another Dockerfile, or a directory with one, to compare with")
	flags.StringVarP(&o.format, "format", "f", "text", "text or json")
	flags.StringVarP(&o.output, "output", "o", "", "write the result to a file instead of standard output")
	flags.BoolVar(&o.save, "save", false, "also write baseline.json into the project")
	return cmd
}

func (a *app) bench(cmd *cobra.Command, path string, o *benchOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	if o.runs < 0 || o.runs > 100 {
		return fmt.Errorf("--runs %d: want a number from 1 to 100", o.runs)
	}
	p, err := a.loadProject(path, &o.build, o.runs)
	if err != nil {
		return err
	}
	j, err := a.begin(cmd.Context(), p, &o.build)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	doc, err := careen.Bench(cmd.Context(), careen.BenchOptions{
		Project: p, Engine: j.engine, Secrets: j.secrets, Against: o.against, Scenarios: o.scenarios, Save: o.save, Runners: o.runners,
		Command: commandLine(cmd, path), Say: j.show.say, Events: j.show.event,
	})
	j.show.close()
	if err != nil {
		return err
	}
	return a.writeTo(o.output, func(w io.Writer) error { return writeBench(w, doc, o.format) })
}

func writeBench(w io.Writer, doc *diag.Document, format string) error {
	if format == "json" {
		return report.JSON(w, *doc)
	}
	return benchTable(w, doc)
}
