package verify

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/diag"
)

// commands compares ENTRYPOINT and CMD. They are compared apart, because what a
// person appends to `docker run` replaces CMD alone.
func (c *comparison) commands(s *sheet) {
	s.checked("entrypoint", "cmd")
	older, newer := c.old.config.Config, c.new.config.Config
	c.command(s, "entrypoint", older.Entrypoint, newer.Entrypoint)
	c.command(s, "cmd", older.Cmd, newer.Cmd)
}

func (c *comparison) command(s *sheet, check string, older, newer []string) {
	if slices.Equal(older, newer) {
		return
	}
	if plain, ok := plainCommand(older); ok && slices.Equal(plain, newer) {
		s.note("%s %q became %q: the shell only started that command, without expanding anything; it is now process 1 itself",
			strings.ToUpper(check), older, newer)
		return
	}
	d := diag.Difference{Check: check, Old: strings.Join(older, " "), New: strings.Join(newer, " "),
		Label: "B7", Reason: "the command is another one"}
	if isShellForm(older) != isShellForm(newer) {
		d.Label = "B8"
		d.Reason = "shell form and exec form are not provably the same command here"
	}
	s.differs(d)
}

// isShellForm tells whether a command runs through a shell, as the shell form of
// an instruction does.
func isShellForm(argv []string) bool {
	return len(argv) == 3 && argv[1] == "-c" && (argv[0] == "/bin/sh" || argv[0] == "/bin/bash" || argv[0] == "sh" || argv[0] == "bash")
}

// plainCommand gives the words that a shell-form command would start, when that is
// all the shell does: one simple command (`exec` before it is fine) whose words are
// literal, with no expansion, redirection or assignment, and which is no builtin.
func plainCommand(argv []string) ([]string, bool) {
	if !isShellForm(argv) {
		return nil, false
	}
	call, ok := onlyCall(argv[2])
	if !ok {
		return nil, false
	}
	var words []string
	for _, word := range call.Args {
		text, ok := literal(word)
		if !ok {
			return nil, false
		}
		words = append(words, text)
	}
	if len(words) > 1 && words[0] == "exec" && !strings.HasPrefix(words[1], "-") {
		words = words[1:]
	}
	if len(words) == 0 || isBuiltin(words[0]) || strings.ContainsAny(words[0], "=") {
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

// literal gives the text of a word that the shell would pass on as it stands. A
// backslash, tilde, brace or pattern character outside quotes makes it none.
func literal(word *syntax.Word) (string, bool) {
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

func isBuiltin(name string) bool {
	return slices.Contains(strings.Fields(builtins), name)
}
