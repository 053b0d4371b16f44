package dockerfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/careenhq/careen/dockerfile"
)

// checkViews compares what both sides make of the instructions: stages, bases,
// copies, variables. Heredoc sources are left out: checkOracle compares those.
func checkViews(t *testing.T, f *dockerfile.File, stages []instructions.Stage, global []instructions.ArgCommand) {
	t.Helper()
	var got, want strings.Builder
	for _, i := range f.Global {
		describeView(&got, i)
	}
	for _, a := range global {
		describeCommand(&want, &a)
	}
	for _, s := range f.Stages {
		base := s.Base()
		fmt.Fprintf(&got, "FROM %q as %q on %q\n", base.Image.Value, s.Name, base.Platform)
		for _, i := range s.Instructions {
			describeView(&got, i)
		}
	}
	for _, s := range stages {
		fmt.Fprintf(&want, "FROM %q as %q on %q\n", s.BaseName, s.Name, s.Platform)
		for _, c := range s.Commands {
			describeCommand(&want, c)
		}
	}
	if got.String() != want.String() {
		t.Fatalf("views differ:\n got %s\nwant %s", got.String(), want.String())
	}
}

func describeView(b *strings.Builder, i *dockerfile.Instruction) {
	fmt.Fprintln(b, i.Name)
	if c, ok := i.Copy(); ok {
		describeCopy(b, values(c.Sources), c.Dest.Value, c.From, c.Chown, c.Chmod, c.Link)
	}
	if i.Name == "ENV" || i.Name == "ARG" || i.Name == "LABEL" {
		for _, kv := range i.KeyValues() {
			fmt.Fprintf(b, "  %q=%q\n", kv.Key, kv.Value)
		}
	}
}

func describeCommand(b *strings.Builder, c instructions.Command) {
	fmt.Fprintln(b, strings.ToUpper(c.Name()))
	switch c := c.(type) {
	case *instructions.CopyCommand:
		describeCopy(b, c.SourcePaths, c.DestPath, c.From, c.Chown, c.Chmod, c.Link)
	case *instructions.AddCommand:
		describeCopy(b, c.SourcePaths, c.DestPath, "", c.Chown, c.Chmod, c.Link)
	case *instructions.EnvCommand:
		describePairs(b, c.Env)
	case *instructions.LabelCommand:
		describePairs(b, c.Labels)
	case *instructions.ArgCommand:
		for _, a := range c.Args {
			fmt.Fprintf(b, "  %q=%q\n", a.Key, a.ValueString())
		}
	}
}

func describePairs(b *strings.Builder, pairs instructions.KeyValuePairs) {
	for _, kv := range pairs {
		fmt.Fprintf(b, "  %q=%q\n", kv.Key, kv.Value)
	}
}

func describeCopy(b *strings.Builder, sources []string, dest, from, chown, chmod string, link bool) {
	if len(sources) == 0 {
		sources = nil
	}
	fmt.Fprintf(b, "  %q to %q from %q chown %q chmod %q link %v\n", sources, dest, from, chown, chmod, link)
}

func values(words []dockerfile.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.Value)
	}
	return out
}
