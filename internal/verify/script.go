package verify

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/internal/shell"
)

// shells are the interpreters whose scripts are read as shell.
var shells = set("sh", "bash", "dash", "ash", "ksh")

// calledCommands lists the programs that a shell script calls by a literal name, in
// order of first use. A call whose name is computed is not among them, nor are
// builtins and the script's own functions. A script that does not parse gives what
// was read up to there, and false.
func calledCommands(script string) ([]string, bool) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		// What can be read of it is read all the same.
		recovering := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.RecoverErrors(20))
		if file, _ = recovering.Parse(strings.NewReader(script), ""); file == nil {
			return nil, false
		}
	}
	own := map[string]bool{}
	var names []string
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil {
				own[n.Name.Value] = true
			}
		case *syntax.CallExpr:
			names = append(names, calledBy(n)...)
		}
		return true
	})
	var called []string
	for _, name := range names {
		if !own[name] && !shell.Builtin(name) && !slices.Contains(called, name) {
			called = append(called, name)
		}
	}
	return called, err == nil
}

// calledBy gives the program of a simple command, and the one that it in turn is
// told to run when it is a known wrapper.
func calledBy(call *syntax.CallExpr) []string {
	var words []string
	for _, word := range call.Args {
		text, ok := shell.Literal(word)
		if !ok {
			text = ""
		}
		words = append(words, text)
	}
	var names []string
	for len(words) > 0 && words[0] != "" {
		names = append(names, words[0])
		words = wrapped(words)
	}
	return names
}

// wrapped gives the command that a wrapper was told to run, or nothing.
func wrapped(words []string) []string {
	rest := words[1:]
	switch path.Base(words[0]) {
	case "exec", "command", "nohup", "setsid", "tini", "dumb-init", "catatonit", "nice", "time", "stdbuf", "xargs", "sudo":
		return afterFlags(rest)
	case "env":
		return afterFlags(rest)
	case "gosu", "su-exec", "chroot", "timeout", "setpriv", "runuser":
		if rest = afterFlags(rest); len(rest) > 0 {
			return rest[1:]
		}
	}
	return nil
}

// afterFlags drops leading options and assignments. The argument of an option that
// takes one apart cannot be told from a command, so after such an option the word
// is given up.
func afterFlags(words []string) []string {
	for i, word := range words {
		switch {
		case word == "--":
			return words[i+1:]
		case strings.HasPrefix(word, "-"):
			if i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") && len(word) == 2 {
				return nil
			}
		case strings.Contains(word, "="):
		default:
			return words[i:]
		}
	}
	return nil
}

// shebang splits the first line of a script into its interpreter and argument.
func shebang(head []byte) (interpreter, argument string, ok bool) {
	line, _, _ := strings.Cut(string(head), "\n")
	rest, ok := strings.CutPrefix(line, "#!")
	if !ok {
		return "", "", false
	}
	rest = strings.TrimSpace(rest)
	interpreter, argument, _ = strings.Cut(rest, " ")
	if tab := strings.IndexByte(interpreter, '\t'); tab >= 0 {
		interpreter, argument = interpreter[:tab], interpreter[tab+1:]+argument
	}
	return interpreter, strings.TrimSpace(argument), interpreter != ""
}

// envTarget is the program that `#!/usr/bin/env …` looks up in PATH.
func envTarget(interpreter, argument string) string {
	if path.Base(interpreter) != "env" {
		return ""
	}
	words := strings.Fields(strings.TrimPrefix(argument, "-S"))
	for _, w := range words {
		if !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") {
			return w
		}
	}
	return ""
}
