package shell_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

// files are command lines as people write them, and as they could.
var files = []string{
	"FROM x\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
	"FROM x\nRUN apt-get update \\\n  && apt-get install -y \\\n    curl \\\n    # why\n    git \\\n  # clean\n  && rm -rf /x # done\nRUN ls\n",
	"FROM x\nRUN apt-get update && \\\n # c1\n # c2\n    apt-get install -y curl && \\\n # c3\n\n    rm x\n",
	"FROM x\nRUN set -eux; \\\n\tapt-get update; \\\n# c\n\tapt-get install -y curl; \\\n\trm x\n",
	"FROM x\nRUN set -ex; a && b; c\n",
	"FROM x\nRUN a\\\n&&b\\\n&&c\nRUN d",
	"FROM x\nRUN a && \\\n # last\n b \\\n # over\n\nCMD c\n",
	"FROM x\nRUN a; b; c;\nCMD [\"x\", \"y z\"]\n",
	"# escape=`\r\nFROM x\r\nRUN apk add `\r\n   # c\r\n  curl && `\r\n  b `\r\n  && c\r\n",
	"FROM x\nRUN <<EOF\nset -e\n# one\na\n\nb x \\\n  y\n# two\nc && d\nEOF\nRUN e\n",
	"FROM x\nRUN <<-'EOF' \n\ta && \\\n\t  b\n\tEOF\n",
	"FROM x\nRUN cat <<EOF > /x && b && c\ntext\nEOF\nRUN d\n",
	"FROM x\nRUN sh -c 'a && b; c' && d\n",
	"FROM x\nRUN bash -ec \"a; b x\"\n",
	"FROM x\nRUN [\"sh\", \"-c\", \"a && b \\\n && c\"]\n",
	"FROM x\nRUN if a; then b; c; else d; fi && e || true\n",
	"FROM x\nRUN (a && b) && { c; d; } | e > /dev/null 2>&1 && f &\n",
	"FROM x\nRUN for i in 1 2; do a $i; b; done; c\n",
	"FROM x\nRUN sudo a 'b c' \"d\" e\\ f $(g; h) && time i\n",
	"FROM x\nRUN a 'b \\\n # in a string\n c' && d\n",
	"FROM x\nONBUILD RUN a && b\n",
	"FROM x\nHEALTHCHECK --interval=3s CMD a && b\n",
	"FROM x\nRUN a \\\n # c\n && b # said\nRUN x\n",
	"FROM x\nRUN a \\\n # c\n && b \\\n",
	"FROM x\nRUN --mount=type=cache,target=/c a \\\n\n\n && b\n",
	"FROM x\nRUN f() { a; b; }; f && g\n",
	"FROM x\nRUN a\t&&\tb\t;\tc\t\\\n\t;\td\n",
}

// scripts parses every command line of a file.
func scripts(f *dockerfile.File) (list []*shell.Script, commands []dockerfile.Command) {
	for _, i := range f.Instructions {
		if i.Trigger != nil {
			i = i.Trigger
		}
		c, ok := i.Command()
		if !ok || i.Name == "SHELL" {
			continue
		}
		list, commands = append(list, shell.Parse(c, nil)), append(commands, c)
	}
	return list, commands
}

// words is what each command of a file says.
func words(f *dockerfile.File) (out []string) {
	list, _ := scripts(f)
	for _, sc := range list {
		for _, c := range sc.Commands {
			out = append(out, said(c))
		}
		out = append(out, "end")
	}
	return out
}

func said(c *shell.Command) string {
	var b strings.Builder
	for _, w := range c.Words {
		fmt.Fprintf(&b, "%q ", w.Value)
	}
	for _, r := range c.Redirs {
		fmt.Fprintf(&b, "%s%s%q ", r.FD, r.Op, r.Target.Value)
	}
	return c.Name + ": " + b.String()
}

func TestLaws(t *testing.T) {
	for k, src := range files {
		t.Run(fmt.Sprint(k), func(t *testing.T) { laws(t, src, true) })
	}
}

func FuzzLaws(f *testing.F) {
	for _, src := range files {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) { laws(t, src, false) })
}

// laws holds what must be true of every file. loud asks sh as well, and expects
// edits to exist where the text is simple.
func laws(t *testing.T, src string, loud bool) {
	t.Helper()
	f := dockerfile.Parse([]byte(src))
	if len(f.Problems) > 0 || strings.Contains(src, "\x00") {
		return
	}
	list, commands := scripts(f)
	at := 0
	for k, sc := range list {
		lawOfSpans(t, f, commands[k], sc)
		for n, c := range sc.Commands {
			e := edited{t, f, sc, c, at + n, loud}
			e.insert()
			e.replace()
			e.remove()
			e.delete()
			e.append()
		}
		at += len(sc.Commands) + 1
	}
}

// lawOfSpans: what stands at a literal word's span means the word's value, by the
// expansion of mvdan.cc/sh.
func lawOfSpans(t *testing.T, f *dockerfile.File, c dockerfile.Command, sc *shell.Script) {
	t.Helper()
	text, pos := c.Script()
	for _, cmd := range sc.Commands {
		if cmd.Nest&shell.InText != 0 || c.Form == dockerfile.ExecForm {
			continue
		}
		for _, w := range cmd.Words {
			lo, ok := pos.Logical(w.Span.Start)
			hi, _ := pos.Logical(w.Span.End - 1)
			if !ok || lo > hi {
				t.Fatalf("word %q stands nowhere: %v", w.Value, w.Span)
			}
			piece := text[lo : hi+1]
			if !w.Literal {
				if piece != w.Value {
					t.Fatalf("word %q, in the file %q", w.Value, piece)
				}
				continue
			}
			if w.Glob {
				continue
			}
			if got, err := literal(piece); err != nil || got != w.Value {
				t.Fatalf("word %q, in the file %q which means %q (%v)", w.Value, piece, got, err)
			}
		}
	}
}

// literal is what the shell makes of a piece of text. File names stay patterns.
func literal(piece string) (string, error) {
	p := syntax.NewParser(syntax.Variant(syntax.LangBash))
	var list []*syntax.Word
	for w, err := range p.WordsSeq(strings.NewReader(piece)) {
		if err != nil {
			return "", err
		}
		list = append(list, w)
	}
	got, err := expand.Fields(&expand.Config{}, list...)
	return strings.Join(got, " "), err
}

// edited is a command about to be edited.
type edited struct {
	t    *testing.T
	f    *dockerfile.File
	sc   *shell.Script
	c    *shell.Command
	at   int // among all words of the file
	loud bool
}

// apply makes the edits, checks that the file is as well-formed as before and
// keeps its comments, and gives what its commands say.
func (e edited) apply(what string, edits []span.Edit) (*dockerfile.File, []string) {
	e.t.Helper()
	src, err := span.Apply(e.f.Source, edits)
	if err != nil {
		e.t.Fatalf("%s %q: %v", what, said(e.c), err)
	}
	g := dockerfile.Parse(src)
	if len(g.Problems) > 0 {
		e.t.Fatalf("%s %q in\n%s\ngives\n%s\nwhich has %v", what, said(e.c), e.f.Source, src, g.Problems)
	}
	if _, err := parser.Parse(bytes.NewReader(src)); err != nil {
		e.t.Fatalf("%s %q in\n%s\ngives\n%s\nwhich BuildKit refuses: %v", what, said(e.c), e.f.Source, src, err)
	}
	if got, want := comments(g), comments(e.f); !slices.Equal(got, want) {
		e.t.Fatalf("%s %q in\n%s\ngives\n%s\ncomments %q, were %q", what, said(e.c), e.f.Source, src, got, want)
	}
	if len(g.Instructions) != len(e.f.Instructions) {
		e.t.Fatalf("%s %q in\n%s\ngives\n%s\nwith %d instructions", what, said(e.c), e.f.Source, src, len(g.Instructions))
	}
	e.sh(what, g)
	return g, words(g)
}

func comments(f *dockerfile.File) (out []string) {
	for _, c := range f.Comments {
		out = append(out, c.Text)
	}
	return out
}

// sh has the shell itself read every script, where it read the original.
func (e edited) sh(what string, g *dockerfile.File) {
	e.t.Helper()
	if !e.loud {
		return
	}
	_, commands := scripts(g)
	for _, c := range commands {
		text, _ := c.Script()
		if out, err := exec.Command("sh", "-n", "-c", text).CombinedOutput(); err != nil {
			e.t.Fatalf("%s %q gives\n%s\nwhich sh refuses: %s", what, said(e.c), g.Source, out)
		}
	}
}

func (e edited) expect(what string, edits []span.Edit, want []string) {
	e.t.Helper()
	g, got := e.apply(what, edits)
	if !slices.Equal(got, want) {
		e.t.Fatalf("%s %q in\n%s\ngives\n%s\nwhich says %q, want %q", what, said(e.c), e.f.Source, g.Source, got, want)
	}
}

// plainExpectation is false for commands whose words stand inside another word,
// which would change with them.
func (e edited) plainExpectation() bool { return e.c.Nest&(shell.InSubstitution) == 0 }

func (e edited) insert() {
	e.t.Helper()
	for k, w := range e.c.Words {
		edits := e.c.Insert(w, "--careen")
		if edits == nil && (strings.ContainsAny(string(e.f.Source), "<>") || strings.HasSuffix(w.Value, `\`)) {
			continue
		}
		if edits == nil {
			e.t.Fatalf("nothing can be inserted behind %q", w.Value)
		}
		if !e.plainExpectation() {
			continue
		}
		changed := *e.c
		changed.Words = slices.Insert(slices.Clone(e.c.Words), k+1, shell.Word{Value: "--careen"})
		e.wordsChanged("insert", edits, &changed)
	}
}

func (e edited) replace() {
	e.t.Helper()
	for k, w := range e.c.Words {
		if edits := e.c.Replace(w, "careen"); edits != nil && e.plainExpectation() && k > 0 {
			changed := *e.c
			changed.Words = slices.Clone(e.c.Words)
			changed.Words[k].Value = "careen"
			e.wordsChanged("replace", edits, &changed)
		}
	}
}

func (e edited) remove() {
	e.t.Helper()
	for k, w := range e.c.Words {
		if edits := e.c.Remove(w); edits != nil && e.plainExpectation() {
			changed := *e.c
			changed.Words = slices.Delete(slices.Clone(e.c.Words), k, k+1)
			e.wordsChanged("remove", edits, &changed)
		}
	}
}

// wordsChanged expects the command alone to have changed. Words that wrap
// commands, and those of wrappers, may mean something else afterwards.
func (e edited) wordsChanged(what string, edits []span.Edit, c *shell.Command) {
	e.t.Helper()
	_, got := e.apply(what, edits)
	if len(e.c.Wrappers) > 0 || substitutes(e.c) || len(shellWords(e.c)) > 0 {
		return
	}
	want := words(e.f)
	want[e.at] = said(c)
	if !slices.Equal(got, want) {
		e.t.Fatalf("%s in %q of\n%s\nsays %q, want %q", what, said(e.c), e.f.Source, got, want)
	}
}

func substitutes(c *shell.Command) bool {
	return slices.ContainsFunc(c.Words, func(w shell.Word) bool { return strings.ContainsAny(w.Value, "`({") && !w.Literal })
}

// shellWords are the words that could make a wrapper or a shell of the command.
func shellWords(c *shell.Command) (out []string) {
	for _, w := range c.Words[:min(1, len(c.Words))] {
		switch w.Value[strings.LastIndexByte(w.Value, '/')+1:] {
		case "sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "sudo", "doas", "env", "exec", "command", "builtin", "nohup", "time",
			"eatmydata", "setsid", "fakeroot", "catchsegv", "nice", "ionice", "timeout", "gosu", "su-exec", "setuser", "chpst", "xargs",
			"tini", "dumb-init", "set":
			out = append(out, w.Value)
		}
	}
	return out
}

func (e edited) delete() {
	e.t.Helper()
	edits := e.c.Delete()
	if edits == nil || !e.plainExpectation() || substitutes(e.c) {
		return
	}
	want := words(e.f)
	e.expect("delete", edits, slices.Delete(want, e.at, e.at+1))
}

// append adds a command; nothing else may change, not even whose failure counts.
func (e edited) append() {
	e.t.Helper()
	edits := e.c.Append("careen x")
	if edits == nil || !e.plainExpectation() {
		return
	}
	g, got := e.apply("append", edits)
	added := `careen: "careen" "x" `
	k := slices.Index(got, added)
	if k < e.at+1 || !slices.Equal(slices.Delete(slices.Clone(got), k, k+1), words(e.f)) {
		e.t.Fatalf("append to %q in\n%s\ngives\n%s\nwhich says %q", said(e.c), e.f.Source, g.Source, got)
	}
	if before, after := fatal(e.f, ""), fatal(g, "careen"); !slices.Equal(before, after) {
		e.t.Fatalf("append to %q in\n%s\ngives\n%s\nfailures counted: %v, were %v", said(e.c), e.f.Source, g.Source, after, before)
	}
}

// fatal tells of each command whether its failure counts.
func fatal(f *dockerfile.File, but string) (out []bool) {
	list, _ := scripts(f)
	for _, sc := range list {
		for _, c := range sc.Commands {
			if c.Name != but || but == "" {
				out = append(out, c.Fatal)
			}
		}
	}
	return out
}
