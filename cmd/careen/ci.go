package main

import "github.com/spf13/cobra"

func newCICommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ci",
		Short:   "What careen does inside CI: the gate on sizes and times",
		Example: "  careen ci check --results results.json",
	}
	cmd.AddCommand(newCICheckCommand(a))
	return cmd
}
