package main

import (
	"testing"

	"github.com/spf13/cobra"
)

func TestCommandLine(t *testing.T) {
	root := &cobra.Command{Use: "careen"}
	var got string
	verb := &cobra.Command{Use: "bench [PATH]", RunE: func(cmd *cobra.Command, args []string) error {
		got = commandLine(cmd, args[0])
		return nil
	}}
	verb.Flags().Bool("save", false, "")
	verb.Flags().Int("runs", 0, "")
	verb.Flags().StringSlice("scenario", nil, "")
	verb.Flags().StringArray("build-arg", nil, "")
	root.AddCommand(verb)
	root.SetArgs([]string{"bench", "dir", "--runs", "5", "--save", "--scenario", "cold,no-change", "--build-arg", "TOKEN=hunter2"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	if want := "careen bench dir --build-arg=… --runs=5 --save --scenario=cold,no-change"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
