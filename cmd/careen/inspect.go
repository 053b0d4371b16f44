package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/cmd/careen/browse"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/provenance"
	"github.com/careenhq/careen/internal/report"
)

// inspectOptions are the flags of `careen inspect`.
type inspectOptions struct {
	build  buildFlags
	base   string
	format string
	output string
	ui     bool
}

// gcPercent trades a little time for memory: each layer packed with zstd takes a
// window of several megabytes, and many layers are read.
const gcPercent = 40

func newInspectCommand(a *app) *cobra.Command {
	o := &inspectOptions{}
	cmd := &cobra.Command{
		Use:   "inspect [IMAGE|PATH] [IMAGE|PATH]",
		Short: "Say where an image's bytes come from",
		Long: `Sums the bytes of an image by cause, by layer and by directory, and says what could
be saved. Two images are set side by side. Each is one of

  an OCI layout directory, or an archive of docker save or of an OCI layout
  a registry reference, asked with the credentials of Docker's configuration
  a directory with a Dockerfile, or a Dockerfile: it is built first, and layers are
  named by the lines that wrote them

Causes: the base, packages, toolchain, development packages, files as they are in the
build context, the app, caches, documentation and locales, .git, copies made by chmod
and chown, what is rewritten or deleted by a later layer, and the tars' own headers.
Every byte of every layer is in exactly one.

Reclaimable bytes are those that no container sees; avoidable ones are seen, but more
than once. Nothing is unpacked to disk, and no image is run.

The JSON form is described in docs/inspect.md.`,
		Example: "  careen inspect .\n  careen inspect --ui debian:bookworm\n  careen inspect old.tar registry.example/app:2.0 -f json\n" +
			"  careen inspect --base python:3.13-slim registry.example/app:2.0",
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return a.inspect(cmd.Context(), args, o)
		},
	}
	o.build.addTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.base, "base", "", "image that the image was built on, when there is no build to tell")
	flags.BoolVar(&o.ui, "ui", false, "walk the tree in the terminal")
	flags.StringVarP(&o.format, "format", "f", "text", "text or json")
	flags.StringVarP(&o.output, "output", "o", "", "write the result to a file instead of standard output")
	return cmd
}

func (a *app) inspect(ctx context.Context, names []string, o *inspectOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	terminal, shown := a.stdout.(*os.File)
	shown = shown && term.IsTerminal(int(terminal.Fd()))
	switch {
	case o.ui && len(names) > 1:
		return errors.New("--ui shows one image")
	case o.ui && !shown:
		return errors.New("--ui needs a terminal on standard output; without it the result is text or json")
	}
	debug.SetGCPercent(gcPercent)
	var maps []*provenance.Map
	for _, name := range names {
		m, err := a.inspectOne(ctx, name, o)
		if err != nil {
			return err
		}
		maps = append(maps, m)
	}
	if o.ui {
		return browse.Run(ctx, maps[0], a.stdin, terminal)
	}
	return a.writeTo(o.output, func(w io.Writer) error { return a.writeInspection(w, maps, o.format) })
}

// inspectOne opens an engine only for what has to be built.
func (a *app) inspectOne(ctx context.Context, name string, o *inspectOptions) (*provenance.Map, error) {
	if careen.Built(name) {
		p, err := a.loadProject(name, &o.build, 0)
		if err != nil {
			return nil, err
		}
		return a.inspectProject(ctx, name, p, o)
	}
	s, err := project.LoadBare(".", project.Options{Platform: o.build.platform, Config: a.config, Mirrors: a.mirrors, Getenv: a.getenv})
	if err != nil {
		return nil, err
	}
	show := a.progress(ctx)
	defer show.close()
	return careen.Inspect(ctx, careen.InspectOptions{
		Name: name, Base: o.base, Platform: s.Settings.Platform, Mirrors: s.Settings.Mirrors, Say: show.say,
	})
}

func (a *app) inspectProject(ctx context.Context, name string, p *project.Project, o *inspectOptions) (*provenance.Map, error) {
	j, err := a.begin(ctx, p, &o.build)
	if err != nil {
		return nil, err
	}
	defer j.engine.Close()
	defer j.show.close()
	return careen.Inspect(ctx, careen.InspectOptions{
		Name: name, Base: o.base, Platform: p.Settings.Platform, Mirrors: p.Settings.Mirrors,
		Project: p, Engine: j.engine, Secrets: j.secrets, Say: j.show.say, Events: j.show.event,
	})
}

func (a *app) writeInspection(w io.Writer, maps []*provenance.Map, format string) error {
	style := report.Style{Color: a.colored()}
	switch {
	case len(maps) == 2 && format == "json":
		return writeJSON(w, provenance.Compare(maps[0], maps[1]))
	case len(maps) == 2:
		return report.InspectionCompared(w, provenance.Compare(maps[0], maps[1]), style)
	case format == "json":
		return writeJSON(w, maps[0].Report)
	}
	return report.Inspection(w, maps[0].Report, style)
}
