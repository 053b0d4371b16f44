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
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/report"
)

type verifyOptions struct {
	build   buildFlags
	project string
	before  string
	after   string
	self    bool
	wider   string
	perKind int
	tests   string // file for container-structure-test
	goss    string
	format  string
	output  string
}

// parityFormats are the forms that a comparison can be written in.
var parityFormats = []string{"text", "json", "junit", "markdown"}

func newVerifyCommand(a *app) *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify OLD NEW",
		Short: "Does the image NEW behave like OLD",
		Long: `Compares two images: configuration, files, libraries, a run of both, the project's
tests. OLD and NEW are each

  an OCI layout directory, or an archive of docker save or of an OCI layout
  a registry reference, asked with the credentials of Docker's configuration
  a Dockerfile, built with the directory of --project as context
  a directory with a Dockerfile, built with its own careen.yaml

--before and --after name two Dockerfiles of the project instead. careen.yaml in the
project says how the images are run and what both must answer alike.

--self-test IMAGE tests the comparison itself: it derives variants of the image that are
broken on purpose, one change each, and says how many of them each level finds. What
none of them finds is run under the workload of --wider, a file like careen.yaml; only
what answers all of that like the original is called equivalent. Exit code 1 when one
was missed.

--export-structure-test and --export-goss write what OLD holds as tests of your own:
commands, files with modes and owners, accounts, settings. Values that may be secret
are left out.

Every level says what it covered, what it could not, and how long it took.

Exit code 0: the same as far as checked; 1: different; 2: could not be judged.`,
		Example: "  careen verify image-old.tar registry.example/app:2.0\n  careen verify --before Dockerfile.old --after Dockerfile\n" +
			"  careen verify --project ~/src/service layout-old layout-new -f junit -o parity.xml\n  careen verify --self-test --project ~/src/service ~/src/service",
		Args: func(_ *cobra.Command, args []string) error { return o.images(args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.self {
				return a.selfTest(cmd.Context(), args[0], o)
			}
			return a.verify(cmd.Context(), o)
		},
	}
	o.build.addTo(cmd)
	if err := cmd.Flags().MarkHidden("file"); err != nil {
		panic(err) // the flag is defined one line above
	}
	flags := cmd.Flags()
	flags.StringVar(&o.project, "project", ".", "directory of the project: build context and careen.yaml")
	flags.StringVar(&o.before, "before", "", "Dockerfile of the old image")
	flags.StringVar(&o.after, "after", "", "Dockerfile of the new image")
	flags.StringVar(&o.tests, "export-structure-test", "", "write what OLD holds as a file for container-structure-test")
	flags.StringVar(&o.goss, "export-goss", "", "write what OLD holds as a file for goss and dgoss")
	flags.BoolVar(&o.self, "self-test", false, "test the comparison with broken variants of one image")
	flags.StringVar(&o.wider, "wider", "", "with --self-test: file like careen.yaml whose workload judges what survives")
	flags.IntVar(&o.perKind, "per-kind", 3, "with --self-test: at most so many variants of each kind")
	flags.StringVarP(&o.format, "format", "f", "text", strings.Join(parityFormats, ", "))
	flags.StringVarP(&o.output, "output", "o", "", "write the result to a file instead of standard output")
	return cmd
}

// images takes what is compared from the arguments, or from --before and --after.
func (o *verifyOptions) images(args []string) error {
	named := o.before != "" || o.after != ""
	switch {
	case o.self && (named || len(args) != 1):
		return errors.New("--self-test takes one image")
	case o.self:
		return nil
	case named && len(args) == 0 && o.before != "" && o.after != "":
		return nil
	case named:
		return errors.New("--before and --after go together and take the place of OLD and NEW")
	case len(args) != 2:
		return fmt.Errorf("want OLD and NEW, or --before and --after; got %d arguments", len(args))
	}
	o.before, o.after = args[0], args[1]
	return nil
}

func (a *app) verify(ctx context.Context, o *verifyOptions) error {
	if !slices.Contains(parityFormats, o.format) {
		return fmt.Errorf("--format %q: want %s", o.format, strings.Join(parityFormats, ", "))
	}
	p, err := a.loadSettings(o.project, &o.build)
	if err != nil {
		return err
	}
	j, err := a.begin(ctx, p, &o.build)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	parity, err := careen.Verify(ctx, careen.VerifyOptions{
		Project: p, Engine: j.engine, Old: o.before, New: o.after, Secrets: j.secrets, Say: j.show.say, Events: j.show.event,
		Outline: o.export(),
	})
	j.show.close()
	if err != nil {
		return err
	}
	if err := a.writeTo(o.output, func(w io.Writer) error { return writeParity(w, *parity, o.format, a.colored()) }); err != nil {
		return err
	}
	switch parity.Verdict {
	case diag.Same:
		return nil
	case diag.Different:
		return errFindings
	}
	return errReported
}

// export writes what OLD holds to the files that were asked for; nil when none was.
func (o *verifyOptions) export() func(diag.Structure) error {
	if o.tests == "" && o.goss == "" {
		return nil
	}
	return func(s diag.Structure) error {
		return errors.Join(exportTo(o.tests, s, report.StructureTest), exportTo(o.goss, s, report.Goss))
	}
}

func exportTo(file string, s diag.Structure, write func(io.Writer, diag.Structure) error) error {
	if file == "" {
		return nil
	}
	var text bytes.Buffer
	if err := write(&text, s); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return writeAtomic(file, text.Bytes())
}

// loadSettings loads a project of which no Dockerfile is needed.
func (a *app) loadSettings(dir string, b *buildFlags) (*project.Project, error) {
	buildArgs, err := b.args(a.getenv)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("--project %s: want a directory", dir)
	}
	return project.LoadBare(dir, project.Options{
		Target: b.target, Platform: b.platform, BuildArgs: buildArgs,
		Config: a.config, Mirrors: a.mirrors, Builder: a.builder, Getenv: a.getenv,
	})
}

func writeParity(w io.Writer, parity diag.Parity, format string, color bool) error {
	switch format {
	case "json":
		return writeJSON(w, parity)
	case "junit":
		return report.ParityJUnit(w, parity)
	case "markdown":
		return report.ParityMarkdown(w, parity)
	}
	return report.Parity(w, parity, report.Style{Color: color})
}
