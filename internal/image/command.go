package image

import (
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// An Entry is what an image starts.
type Entry struct {
	Args  []string // ENTRYPOINT and CMD together
	Shell string   // path of the shell that Args[0] is when it runs a command line; "" otherwise
	Path  string   // file that does the work, "" when it cannot be told
	Why   string   // why Path is not known; "" when it is
}

// ResolveCommand finds the file that ENTRYPOINT and CMD execute, through PATH and,
// where a shell is given one simple command, through the shell.
func (t *Tree) ResolveCommand(config v1.Config) Entry {
	env := map[string]string{}
	for _, kv := range config.Env {
		key, value, _ := strings.Cut(kv, "=")
		env[key] = value
	}
	e := Entry{Args: append(append([]string(nil), config.Entrypoint...), config.Cmd...)}
	if len(e.Args) == 0 {
		e.Why = "the image has neither ENTRYPOINT nor CMD"
		return e
	}
	found := t.Command(e.Args[0], config.WorkingDir, env)
	if found == "" {
		e.Why = e.Args[0] + " is not in the image"
		return e
	}
	if len(e.Args) < 3 || e.Args[1] != "-c" || !shells[path.Base(e.Args[0])] {
		e.Path = found
		return e
	}
	e.Shell = found
	word, why := firstCommand(e.Args[2])
	if word != "" {
		if e.Path = t.Command(word, config.WorkingDir, env); e.Path == "" {
			why = word + " is not in the image"
		}
	}
	e.Why = why
	return e
}

var shells = map[string]bool{"sh": true, "bash": true, "dash": true, "ash": true, "zsh": true, "ksh": true, "busybox": true}

// firstCommand is the program of a command line that is one simple command,
// perhaps behind "exec" and assignments. Anything else is left to a real shell
// parser, and unknown here.
func firstCommand(line string) (word, why string) {
	if strings.ContainsAny(line, "|&;<>()`#\n") {
		return "", "the command line is more than one simple command"
	}
	for _, w := range strings.Fields(line) {
		switch {
		case strings.ContainsAny(w, `$"'\*?[~{!`):
			return "", "the shell works out which program it is"
		case w == "exec", strings.Contains(w, "="):
			continue
		case strings.HasPrefix(w, "-"):
			return "", "exec has options"
		}
		return w, ""
	}
	return "", "the command line is empty"
}
