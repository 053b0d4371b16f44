package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/repro"
)

// reproOptions are the flags of `careen repro`.
type reproOptions struct {
	build    buildFlags
	fix      bool
	write    bool
	force    bool
	evidence bool
	epoch    string
	format   string
	output   string
}

func newReproCommand(a *app) *cobra.Command {
	o := &reproOptions{}
	cmd := &cobra.Command{
		Use:   "repro [PATH]",
		Short: "Build twice under other conditions: are the images the same bytes",
		Long: `Builds a project twice with no cache, under another host name, number of processors,
context directory and checkout, and compares the images byte by byte. For each file that
differs it names the bytes, the cause, the line of the Dockerfile and the change that
removes it; it says which conditions could not be varied and what is not pinned.

--fix makes the changes and proves them by building twice again; --write also puts the
Dockerfile in place. Exit code 0: the same bytes twice; 1: not.`,
		Example: "  careen repro .\n  careen repro --fix services/api\n  careen repro --write --evidence .",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.repro(cmd, strings.Join(args, ""), o) },
	}
	o.build.addTo(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&o.fix, "fix", false, "make the changes and prove them by building twice again; prints a diff")
	flags.BoolVar(&o.write, "write", false, "with the proof of --fix, write the Dockerfile")
	flags.BoolVar(&o.force, "force", false, "with --write: overwrite uncommitted edits")
	flags.BoolVar(&o.evidence, "evidence", false, "also write "+path.Join(careen.EvidenceDir, reproPage)+", with what the changes cost")
	flags.StringVar(&o.epoch, "epoch", "", "SOURCE_DATE_EPOCH that the project is built with, in seconds (default $SOURCE_DATE_EPOCH)")
	flags.StringVarP(&o.format, "format", "f", "text", "text, json or markdown")
	flags.StringVarP(&o.output, "output", "o", "", "write the result to a file instead of standard output")
	return cmd
}

// reproPage is the evidence page below careen.EvidenceDir.
const reproPage = "reproducibility.md"

func (a *app) repro(cmd *cobra.Command, where string, o *reproOptions) error {
	given, err := o.given(a.getenv)
	if err != nil {
		return err
	}
	if o.format != "text" && o.format != "json" && o.format != "markdown" {
		return fmt.Errorf("--format %q: want text, json or markdown", o.format)
	}
	p, err := a.loadProject(where, &o.build, 0)
	if err != nil {
		return err
	}
	if o.write && !o.force {
		if err := refuseDirty(cmd.Context(), p.Dir, p.Rel); err != nil {
			return err
		}
	}
	j, err := a.begin(cmd.Context(), p, &o.build)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	res, err := careen.Repro(cmd.Context(), careen.ReproOptions{
		Project: p, Engine: j.engine, Secrets: j.secrets, Given: given, Fix: o.fix || o.write, Costs: o.evidence,
		Say: j.show.say, Events: j.show.event,
	})
	j.show.close()
	if err != nil {
		return err
	}
	if err := o.put(p, res); err != nil {
		return err
	}
	if err := a.writeTo(o.output, func(w io.Writer) error { return writeRepro(w, res, o.format) }); err != nil {
		return err
	}
	if !res.Same() || res.Parity != nil && res.Parity.Verdict == diag.Different {
		return errFindings
	}
	return nil
}

// given is the date that the project is built with already.
func (o *reproOptions) given(getenv func(string) string) (*time.Time, error) {
	text := o.epoch
	if text == "" {
		text = getenv("SOURCE_DATE_EPOCH")
	}
	if text == "" {
		return nil, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return nil, fmt.Errorf("SOURCE_DATE_EPOCH %q: want seconds since 1970", text)
	}
	at := time.Unix(seconds, 0)
	return &at, nil
}

// put writes the Dockerfile whose images were proven the same twice and like the
// original, and the page.
func (o *reproOptions) put(p *project.Project, res *repro.Result) error {
	if o.write && res.Same() && res.Parity != nil && res.Parity.Verdict == diag.Same {
		if err := writeAtomic(p.DockerfilePath(), res.Text); err != nil {
			return err
		}
	}
	if !o.evidence {
		return nil
	}
	var page bytes.Buffer
	if err := repro.Markdown(&page, res); err != nil {
		return err
	}
	return writeAtomic(filepath.Join(p.Dir, filepath.FromSlash(careen.EvidenceDir), reproPage), page.Bytes())
}

func writeRepro(w io.Writer, res *repro.Result, format string) error {
	switch format {
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(res)
	case "markdown":
		return repro.Markdown(w, res)
	}
	return repro.Text(w, res)
}
