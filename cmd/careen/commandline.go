package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// unrecorded are flags whose values stay out of what is written down: a build
// argument may be a password.
var unrecorded = map[string]bool{"build-arg": true, "secret": true}

// commandLine is the command as evidence records it: the verb, the path, and the
// flags that were given.
func commandLine(cmd *cobra.Command, path string) string {
	words := []string{cmd.CommandPath()}
	if path != "" {
		words = append(words, path)
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		word := "--" + f.Name
		switch {
		case unrecorded[f.Name]:
			word += "=…"
		case f.Value.Type() != "bool":
			word += "=" + strings.Trim(f.Value.String(), "[]")
		}
		words = append(words, word)
	})
	return strings.Join(words, " ")
}
