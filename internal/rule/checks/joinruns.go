package checks

import (
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

// joinRuns makes one RUN of two that follow each other, the second behind the
// first with &&. It is nil where the result might not run the same commands, in
// the same order, under the same conditions: then the layers' boundary would not
// be all that goes. Comments between the two stay where they are.
func joinRuns(p *rule.Pass, first, second *dockerfile.Instruction) []span.Edit {
	if !follows(p, first, second) || !joinable(p, first) || !joinable(p, second) || !sameFlags(first, second) {
		return nil
	}
	if !leavesNothing(script(p, first)) || !oneChain(script(p, second)) {
		return nil
	}
	src := p.File.Source
	head := span.Span{Start: second.Keyword.Start, End: second.Args.Start}
	if strings.Contains(head.Text(src), "#") {
		return nil // a comment between the keyword and the first command
	}
	esc := string(p.File.Escape)
	edits := []span.Edit{span.Insert(first.Args.End, " "+esc)}
	for at := first.Span.End; at < second.Span.Start; {
		line := lineFrom(src, at)
		if at > first.Span.End && strings.TrimSpace(line.Text(src)) == "" && line.End <= second.Span.Start {
			edits = append(edits, span.Delete(line)) // a blank line inside an instruction is not for long
		}
		at = line.End
	}
	return append(edits, span.Replace(head, "    && "))
}

func lineFrom(src []byte, at int) span.Span {
	if n := strings.IndexByte(string(src[at:]), '\n'); n >= 0 {
		return span.Span{Start: at, End: at + n + 1}
	}
	return span.Span{Start: at, End: len(src)}
}

// follows tells whether the second instruction follows the first directly.
func follows(p *rule.Pass, first, second *dockerfile.Instruction) bool {
	if first.Stage < 0 || first.Stage != second.Stage {
		return false
	}
	list := p.File.Stages[first.Stage].Instructions
	for k := 1; k < len(list); k++ {
		if list[k] == second {
			return list[k-1] == first
		}
	}
	return false
}

// joinable tells whether a RUN is shell text without heredocs that ends where its
// last command ends: no comment and no separator stands behind it.
func joinable(p *rule.Pass, i *dockerfile.Instruction) bool {
	run, ok := i.Run()
	if !ok || run.Form != dockerfile.ShellForm || len(i.Heredocs) > 0 || i.Dangling {
		return false
	}
	sc := script(p, i)
	if sc == nil || sc.Err != nil || len(sc.Commands) == 0 {
		return false
	}
	end := 0
	for _, c := range sc.Commands {
		if c.Nest&^shell.InPipe == 0 || c.Nest == shell.InBranch && c.Join == shell.Or {
			end = max(end, c.Span.End)
		}
	}
	return end == i.Args.End
}

func sameFlags(a, b *dockerfile.Instruction) bool {
	if len(a.Flags) != len(b.Flags) {
		return false
	}
	for k := range a.Flags {
		if a.Flags[k].Name != b.Flags[k].Name || a.Flags[k].Value != b.Flags[k].Value {
			return false
		}
	}
	return true
}

// leavesNothing tells whether the shell is after the commands as it was before:
// same directory, variables and options but for -e and -x.
func leavesNothing(sc *shell.Script) bool {
	for _, c := range sc.Commands {
		if c.Nest&(shell.InSubshell|shell.InSubstitution|shell.InPipe) != 0 {
			continue
		}
		if c.Nest&(shell.InFunction|shell.InBackground) != 0 || len(c.Words) == 0 {
			return false
		}
		switch c.Name {
		case "", "cd", "pushd", "popd", "export", "alias", "umask", "shopt", ".", "source", "exec", "exit", "return", "trap", "eval",
			"readonly", "declare", "typeset", "local", "unset", "read", "ulimit", "wait", "break", "continue", "shift", "hash":
			return false
		case "set":
			for _, arg := range c.Args {
				if strings.Trim(arg.Value, "-ex") != "" {
					return false
				}
			}
		}
	}
	return true
}

// oneChain tells whether the text is commands joined by && and pipes alone, so
// that putting "x &&" before it makes it depend on x as a whole.
func oneChain(sc *shell.Script) bool {
	for _, c := range sc.Commands {
		if c.Nest&^shell.InPipe != 0 || c.Join == shell.Next || c.Join == shell.Or || !c.Shares(sc.Commands[0]) {
			return false
		}
	}
	return true
}
