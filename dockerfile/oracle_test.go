package dockerfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/careenhq/careen/dockerfile"
)

// checkFile holds the laws that every input must satisfy: the print is the input,
// the tokens leave no gap, and BuildKit's parser sees the same file.
func checkFile(t *testing.T, src []byte) {
	t.Helper()
	f := dockerfile.Parse(src)
	if got := f.Print(); !bytes.Equal(got, src) {
		t.Fatalf("print differs:\n got %q\nwant %q", got, src)
	}
	checkOracle(t, f, src)
}

// checkOracle compares the tree with BuildKit's wherever BuildKit accepts the file.
func checkOracle(t *testing.T, f *dockerfile.File, src []byte) {
	t.Helper()
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		if len(f.Problems) == 0 {
			t.Fatalf("BuildKit refuses the file, no problem reported: %v", err)
		}
		return
	}
	if rune(f.Escape) != result.EscapeToken {
		t.Fatalf("escape %q, BuildKit has %q", f.Escape, result.EscapeToken)
	}
	if got, want := describe(f), describeOracle(result.AST); got != want {
		t.Fatalf("instructions differ:\n got %s\nwant %s", got, want)
	}
	stages, global, err := instructions.Parse(result.AST, linter.New(&linter.Config{SkipAll: true}))
	if err == nil && len(stages) == 0 {
		err = errNoStage // said by the next step of a build
	}
	switch {
	case err == nil && len(f.Problems) > 0:
		t.Fatalf("BuildKit accepts the file, reported %v", f.Problems)
	case err != nil && len(f.Problems) == 0:
		t.Fatalf("BuildKit refuses the file, no problem reported: %v", err)
	case err == nil:
		checkViews(t, f, stages, global)
	}
}

var errNoStage = errors.New("no build stage")

// describe writes everything that both parsers know of each instruction.
func describe(f *dockerfile.File) string {
	var b strings.Builder
	for _, i := range f.Instructions {
		first, last := i.LineRange()
		describeInstruction(&b, i, first, last)
	}
	return b.String()
}

func describeInstruction(b *strings.Builder, i *dockerfile.Instruction, first, last int) {
	line, _ := i.Line()
	var flags []string
	for _, fl := range i.Flags {
		s := "--" + fl.Name
		if fl.HasValue {
			s += "=" + fl.Value
		}
		flags = append(flags, s)
	}
	var elements []string
	array, isArray := i.JSON()
	elements = append(elements, array...)
	fmt.Fprintf(b, "%s %d-%d flags=%q json=%v%q line=%q\n", upper(i.Name), first, last, flags, isArray, elements, line)
	if i.Trigger != nil {
		describeInstruction(b, i.Trigger, 0, 0)
	}
	if i.Stage >= -1 && first > 0 {
		for _, h := range i.Heredocs {
			fmt.Fprintf(b, "  <<%q fd=%d expand=%v chomp=%v %q\n", h.Name, h.FD, h.Expand, h.Chomp, h.Content)
		}
	}
}

func describeOracle(root *parser.Node) string {
	var b strings.Builder
	for _, n := range root.Children {
		describeNode(&b, n)
	}
	return b.String()
}

func describeNode(b *strings.Builder, n *parser.Node) {
	var elements []string
	if n.Attributes["json"] {
		at := n.Next
		if strings.EqualFold(n.Value, "healthcheck") {
			at = n.Next.Next
		}
		for ; at != nil; at = at.Next {
			elements = append(elements, at.Value)
		}
	}
	flags := n.Flags
	if len(flags) == 0 {
		flags = nil
	}
	fmt.Fprintf(b, "%s %d-%d flags=%q json=%v%q line=%q\n",
		upper(n.Value), n.StartLine, n.EndLine, flags, n.Attributes["json"], elements, n.Original)
	if strings.EqualFold(n.Value, "onbuild") && n.Next != nil && len(n.Next.Children) > 0 {
		describeNode(b, n.Next.Children[0])
	}
	for _, h := range n.Heredocs {
		fmt.Fprintf(b, "  <<%q fd=%d expand=%v chomp=%v %q\n", h.Name, h.FileDescriptor, h.Expand, h.Chomp, h.Content)
	}
}

func TestBuildKitFixtures(t *testing.T) {
	checkFile(t, []byte("# syntax=docker/dockerfile:1\nFROM debian:bookworm AS build\n# c\nRUN --mount=type=cache,target=/x apt-get update \\\n # inner\n\n && apt-get install -y gcc\nCOPY <<EOF <<-'X' /a\nhello\nEOF\n\tt\n\tX\nENV a=b c=\"d e\"\r\nCMD [\"a\", \"b\"]"))
}

func FuzzParse(f *testing.F) {
	for _, src := range nasty(f) {
		if len(src) < 4096 {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkFile(t, src) })
}

// upper folds a name as far as Unicode goes, so that the spelling of an unknown
// instruction does not matter.
func upper(name string) string { return strings.ToUpper(strings.ToLower(name)) }
