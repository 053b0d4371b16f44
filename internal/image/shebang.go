package image

import (
	"path"
	"strings"
)

// DefaultPath is where execvp and shells search when PATH is not set in the image,
// as container runtimes set it.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// script starts the interpreter of a "#!" line, and behind env(1) the program that
// it looks up.
func (c *closer) script(n *Node) {
	words := strings.Fields(n.Shebang)
	if len(words) == 0 {
		return
	}
	if !c.start(words[0]) {
		c.miss(n.Path, words[0], MissingInterpreter)
		return
	}
	program := envProgram(words)
	if program == "" {
		return
	}
	found := c.t.Command(program, "/", c.env)
	if found == "" || !c.start(found) {
		c.miss(n.Path, program, MissingInterpreter)
	}
}

// envProgram is the program that "#!/usr/bin/env [-S] [NAME=VALUE…] program" runs;
// "" for other interpreters.
func envProgram(words []string) string {
	if path.Base(words[0]) != "env" {
		return ""
	}
	for _, w := range words[1:] {
		if strings.HasPrefix(w, "-") || strings.Contains(w, "=") {
			continue
		}
		return w
	}
	return ""
}

// Command is the path of the program that a command name means: looked up in
// PATH when it has no slash, relative to dir when it has. "" when none is there.
func (t *Tree) Command(name, dir string, env map[string]string) string {
	if name == "" {
		return ""
	}
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join("/", dir, name)
		}
		if n := t.Resolve(name); n != nil && n.IsRegular() {
			return name
		}
		return ""
	}
	search, ok := env["PATH"]
	if !ok {
		search = DefaultPath
	}
	for d := range strings.SplitSeq(search, ":") {
		p := path.Join("/", d, name)
		if !path.IsAbs(d) {
			p = path.Join("/", dir, d, name)
		}
		if n := t.Resolve(p); n != nil && n.Executable() {
			return p
		}
	}
	return ""
}
