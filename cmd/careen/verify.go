package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

type verifyOptions struct {
	build   buildFlags
	project string
	format  string
	output  string
}

func newVerifyCommand(a *app) *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify OLD NEW",
		Short: "Does the image NEW behave like OLD",
		Long: `Compares two images: configuration, files, libraries, a run of both, the project's
tests. OLD and NEW are each a Dockerfile, built with the project's directory as
context, or the directory of an OCI image layout. careen.yaml in the project says
how the images are run and what both must answer alike.

Exit code 0: the same as far as checked; 1: different; 2: could not be judged.`,
		Example: "  careen verify Dockerfile.old Dockerfile\n  careen verify --project ~/src/service layout-old layout-new -f json",
		Args:    cobra.ExactArgs(2),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.verify(cmd, args[0], args[1], o) },
	}
	o.build.addTo(cmd)
	if err := cmd.Flags().MarkHidden("file"); err != nil {
		panic(err) // the flag is defined one line above
	}
	cmd.Flags().StringVar(&o.project, "project", ".", "directory of the project: build context and careen.yaml")
	cmd.Flags().StringVarP(&o.format, "format", "f", "text", "text or json")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write the result to a file instead of standard output")
	return cmd
}

func (a *app) verify(cmd *cobra.Command, older, newer string, o *verifyOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	p, err := a.loadProject(o.project, &o.build, 0)
	if err != nil {
		return err
	}
	j, err := a.begin(cmd.Context(), p, &o.build)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	parity, err := careen.Verify(cmd.Context(), careen.VerifyOptions{
		Project: p, Engine: j.engine, Old: older, New: newer, Secrets: j.secrets, Say: j.show.say, Events: j.show.event,
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

func writeParity(w io.Writer, parity diag.Parity, format string, color bool) error {
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(parity)
	}
	return report.Parity(w, parity, report.Style{Color: color})
}
