package verify

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/shell"
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
// all the shell does.
func plainCommand(argv []string) ([]string, bool) {
	if !isShellForm(argv) {
		return nil, false
	}
	return shell.PlainCommand(argv[2])
}
