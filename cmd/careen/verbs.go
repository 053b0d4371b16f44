package main

import "github.com/spf13/cobra"

// verbs lists every verb, in the order of the help text.
func verbs(a *app) []*cobra.Command {
	return []*cobra.Command{
		newOptimizeCommand(a),
		newAuditCommand(a),
		newFixCommand(a),
		newRulesCommand(a),
		newExplainCommand(a),
		newBenchCommand(a),
		newVerifyCommand(a),
		newInspectCommand(a),
		newReproCommand(a),
		newCICommand(a),
		newCacheCommand(a),
	}
}
