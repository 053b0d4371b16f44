package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
)

func newCIAttachCommand(a *app) *cobra.Command {
	results := ""
	cmd := &cobra.Command{
		Use:   "attach IMAGE",
		Short: "Keep what was measured of an image beside it in the registry",
		Long: `Stores results.json as an artifact that refers to an image in a registry (OCI 1.1
referrers, or the tag that stands in for them). A gate elsewhere takes it as its
baseline: careen ci check --baseline oci://IMAGE. Of several the last one counts.

The credentials are those of docker's configuration.`,
		Example: "  careen ci attach registry.example/app:main --results results.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if results == "" {
				return errors.New("ci attach needs --results: `careen bench . -f json -o results.json` writes one")
			}
			ref, err := careen.AttachResults(cmd.Context(), args[0], results)
			if err == nil {
				fmt.Fprintln(a.stdout, ref)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&results, "results", "", "what was measured: results.json (required)")
	return cmd
}
