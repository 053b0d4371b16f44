package main

import "github.com/spf13/cobra"

func newCICommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ci",
		Short:   "What careen does for CI: workflow files, and the gate on sizes and times",
		Example: "  careen ci init --provider github\n  careen ci check --results results.json",
	}
	cmd.AddCommand(newCIInitCommand(a), newCICheckCommand(a), newCIAttachCommand(a))
	return cmd
}
