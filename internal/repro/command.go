package repro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

// A rewrite gives a command the arguments that make its output one; nil when it has
// them, or when that cannot be done without doubt.
type rewrite func(cause string, c *shell.Command) (edits []span.Edit, title string)

var rewrites = map[string]rewrite{
	"go": rewriteGo, "gzip": rewriteGzip, "tar": rewriteTar, "ar": rewriteAr, "gcc-ar": rewriteAr, "date": rewriteDate, "find": rewriteFind,
}

// commands rewrites the named commands behind an instruction.
func (p *planner) commands(d Difference, in *dockerfile.Instruction, names ...string) bool {
	made := false
	for _, run := range p.runs(in) {
		script := p.script(run)
		for k, c := range script {
			if !slices.Contains(names, c.Name) || c.Name == "find" && sortedNext(script[k+1:]) {
				continue
			}
			edits, title := rewrites[c.Name](d.Cause, c)
			if edits == nil {
				continue
			}
			made = true
			if c.Name == "date" {
				p.needDate(d, []*dockerfile.Instruction{run})
			}
			key := fmt.Sprint("command", c.Span.Start, title)
			if p.done[key] {
				continue
			}
			p.done[key] = true
			p.edits = append(p.edits, edits...)
			p.change(d, run, title)
		}
	}
	return made
}

// sortedNext tells whether the output goes into sort already.
func sortedNext(following []*shell.Command) bool {
	return len(following) > 0 && following[0].Join == shell.Pipe && following[0].Name == "sort"
}

func hasPrefix(c *shell.Command, flag string) bool {
	return slices.ContainsFunc(c.Texts(), func(arg string) bool { return strings.HasPrefix(arg, flag) })
}

// programWord is the word that names the program.
func programWord(c *shell.Command) (shell.Word, bool) {
	at := len(c.Words) - len(c.Args) - 1
	if at < 0 {
		return shell.Word{}, false
	}
	return c.Words[at], true
}

// rewriteGo: neither flag changes what the program does; -buildvcs=false takes the
// commit out of what the program can say of itself.
func rewriteGo(cause string, c *shell.Command) ([]span.Edit, string) {
	flag := "-trimpath"
	if cause == GoVCS {
		flag = "-buildvcs=false"
	}
	name, _, _ := strings.Cut(flag, "=")
	if len(c.Args) == 0 || hasPrefix(c, name) {
		return nil, ""
	}
	switch c.Args[0].Value {
	case "build", "install", "test":
		return c.Insert(c.Args[0], flag), "go " + c.Args[0].Value + " " + flag
	}
	return nil, ""
}

func rewriteGzip(_ string, c *shell.Command) ([]span.Edit, string) {
	word, ok := programWord(c)
	if !ok || c.Has("-d") || c.Has("--no-name") || slices.ContainsFunc(c.Texts(), func(arg string) bool {
		return strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.ContainsAny(arg, "nd")
	}) {
		return nil, ""
	}
	return c.Insert(word, "-n"), "gzip -n"
}

// tarFlags are GNU tar's.
var tarFlags = []string{"--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"}

// rewriteTar is for archives that are made. Members lose their times and owners:
// what the archive is unpacked for has to pass without.
func rewriteTar(_ string, c *shell.Command) ([]span.Edit, string) {
	if len(c.Args) == 0 || hasPrefix(c, "--sort") || hasPrefix(c, "--mtime") {
		return nil, ""
	}
	first := c.Args[0].Value
	bundle := strings.TrimPrefix(first, "-")
	if !strings.HasPrefix(first, "--") && strings.Contains(bundle, "c") || c.Has("--create") || c.Has("-c") {
		return c.Insert(c.Args[len(c.Args)-1], tarFlags...), "tar " + strings.Join(tarFlags, " ")
	}
	return nil, ""
}

// rewriteAr: D leaves times and owners out, which linkers do not read.
func rewriteAr(_ string, c *shell.Command) ([]span.Edit, string) {
	if len(c.Args) == 0 || !c.Args[0].Literal || strings.ContainsAny(c.Args[0].Value, "D") || !strings.ContainsAny(c.Args[0].Value, "rq") {
		return nil, ""
	}
	keys := strings.ReplaceAll(c.Args[0].Value, "U", "") + "D"
	return c.Replace(c.Args[0], keys), "ar " + keys
}

// dateFlags make date(1) tell the build's one date, and the clock's where a build
// is given none.
var dateFlags = []string{"-u", "-d", "@${SOURCE_DATE_EPOCH:-$(date +%s)}"}

func rewriteDate(_ string, c *shell.Command) ([]span.Edit, string) {
	word, ok := programWord(c)
	if !ok || hasPrefix(c, "-d") || hasPrefix(c, "--date") || hasPrefix(c, "-r") || hasPrefix(c, "-s") || hasPrefix(c, "@") || fallback(c) {
		return nil, ""
	}
	return c.Insert(word, dateFlags...), "date of SOURCE_DATE_EPOCH"
}

// fallback tells the clock that dateFlags themselves ask.
func fallback(c *shell.Command) bool {
	return len(c.Args) == 1 && c.Args[0].Value == "+%s" && c.Nest&shell.InSubstitution != 0
}

// rewriteFind sorts what find lists for others.
func rewriteFind(_ string, c *shell.Command) ([]span.Edit, string) {
	if hasPrefix(c, "-exec") || hasPrefix(c, "-delete") || hasPrefix(c, "-print0") || len(c.Args) == 0 || c.Nest&^(shell.InPipe|shell.InText) != 0 {
		return nil, ""
	}
	if c.Nest&shell.InText != 0 {
		return nil, ""
	}
	last := c.Args[len(c.Args)-1]
	return c.Insert(last, "| LC_ALL=C sort"), "find … | LC_ALL=C sort"
}
