package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// PlainCommand gives the words that a shell command line would start, when that is
// all the shell does: one simple command (`exec` before it is fine) whose words are
// literal, with no expansion, redirection or assignment, and which is no builtin.
// Such a line means the same without a shell.
func PlainCommand(script string) ([]string, bool) {
	call, ok := onlyCall(script)
	if !ok {
		return nil, false
	}
	var words []string
	for _, word := range call.Args {
		text, ok := Literal(word)
		if !ok {
			return nil, false
		}
		words = append(words, text)
	}
	if len(words) > 1 && words[0] == "exec" && !strings.HasPrefix(words[1], "-") {
		words = words[1:]
	}
	if len(words) == 0 || Builtin(words[0]) || strings.ContainsAny(words[0], "=") {
		return nil, false
	}
	return words, true
}

// onlyCall parses a script that is one simple command.
func onlyCall(script string) (*syntax.CallExpr, bool) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), "")
	if err != nil || len(file.Stmts) != 1 {
		return nil, false
	}
	stmt := file.Stmts[0]
	if stmt.Negated || stmt.Background || stmt.Coprocess || len(stmt.Redirs) > 0 {
		return nil, false
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(call.Args) == 0 {
		return nil, false
	}
	return call, true
}

// Literal gives the text of a word that the shell would pass on as it stands. A
// backslash, tilde, brace or pattern character outside quotes makes it none.
func Literal(word *syntax.Word) (string, bool) {
	var text strings.Builder
	for _, part := range word.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(p.Value, `\*?[]{}~`) {
				return "", false
			}
			text.WriteString(p.Value)
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			text.WriteString(p.Value)
		case *syntax.DblQuoted:
			inner, ok := quotedLiteral(p)
			if !ok {
				return "", false
			}
			text.WriteString(inner)
		default:
			return "", false
		}
	}
	return text.String(), true
}

func quotedLiteral(quoted *syntax.DblQuoted) (string, bool) {
	var text strings.Builder
	for _, part := range quoted.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok || quoted.Dollar || strings.Contains(lit.Value, `\`) {
			return "", false
		}
		text.WriteString(lit.Value)
	}
	return text.String(), true
}

// builtins are the commands that a POSIX shell, dash or bash may run by itself
// (POSIX 2.14 and 1.6; bash 5 and dash 0.5 manuals). Reserved words never parse
// as a simple command.
const builtins = ` . : [ alias bg bind break builtin caller cd chdir command compgen complete continue declare dirs
 disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile
 newgrp popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type
 typeset ulimit umask unalias unset wait `

// Builtin tells whether a shell may run the command by itself.
func Builtin(name string) bool {
	return slices.Contains(strings.Fields(builtins), name)
}
