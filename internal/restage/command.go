package restage

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/internal/shell"
)

// A start is what has to be there for the container to start.
type start struct {
	programs []string // resolved paths of everything that is executed by name
	scripts  []string // of those, shell scripts of the project
	shell    bool     // a shell is needed
	exec     []string // the exec form that stands in for a plain shell form
	unknown  string   // why the command cannot be followed; empty when it can
}

// resolveStart follows ENTRYPOINT, CMD and HEALTHCHECK to the programs they run,
// through plain shell commands and the project's own scripts.
func resolveStart(f *Facts, t *tree) start {
	var s start
	if len(f.Args) == 0 {
		s.unknown = "the image names no command to run"
		return s
	}
	if f.Shell && len(f.Args) >= 3 {
		if words, plain := shell.PlainCommand(f.Args[2]); plain && !waits(t, f.Args[0]) {
			s.exec = words
			s.add(f, t, words[0], 0)
		} else {
			s.shell = true
			s.addText(f, t, f.Args[2], 0)
		}
	} else {
		s.add(f, t, f.Args[0], 0)
		for i, arg := range f.Args[1:] {
			if rest := f.Args[i+1:]; len(rest) == 3 && path.Base(arg) == "sh" && rest[1] == "-c" {
				s.shell = true
				s.addText(f, t, rest[2], 0) // a shell form behind an entrypoint
				break
			}
			s.addArgument(f, t, arg, i == 0 && passesOn(f, t))
		}
	}
	s.addHealth(f, t)
	return s
}

// waits tells whether a shell stays beside the only command that it is told to run, and
// takes the container's signals itself: dash does, bash and busybox become the command.
// The exec form would be another process tree.
func waits(t *tree, name string) bool { return path.Base(resolve(t, name)) == "dash" }

// addArgument takes an argument that is an executable of the image for something
// that an entrypoint script will execute (the "exec "$@"" custom), or a program that
// does nothing but run another.
func (s *start) addArgument(f *Facts, t *tree, arg string, passed bool) {
	if strings.HasPrefix(arg, "-") || len(s.scripts) == 0 && !runsArguments[path.Base(f.Args[0])] && !passed {
		return
	}
	if p := lookPath(f, t, arg); p != "" {
		s.add(f, t, arg, 0)
	}
}

// passesOn tells whether the entrypoint is a script of the base that executes its
// arguments.
func passesOn(f *Facts, t *tree) bool {
	p := lookPath(f, t, f.Args[0])
	file := t.at(p)
	return file != nil && file.Base && !file.ELF && strings.Contains(f.Read(p), `exec "$@"`)
}

func (s *start) addHealth(f *Facts, t *tree) {
	if len(f.Health) == 0 {
		return
	}
	if f.Health[0] == "CMD-SHELL" && len(f.Health) > 1 {
		s.shell = true
		s.addText(f, t, f.Health[1], 0)
	} else if f.Health[0] == "CMD" && len(f.Health) > 1 {
		s.add(f, t, f.Health[1], 0)
	}
}

// runsArguments are programs that execute their arguments: as the first process of
// the container, as another user, with other settings.
var runsArguments = map[string]bool{
	"tini": true, "dumb-init": true, "catatonit": true, "docker-init": true, "gosu": true, "su-exec": true, "setpriv": true,
	"env": true, "nice": true, "ionice": true, "stdbuf": true,
}

// maxDepth bounds scripts that call scripts.
const maxDepth = 8

func (s *start) add(f *Facts, t *tree, name string, depth int) {
	p := lookPath(f, t, name)
	if p == "" {
		if s.unknown == "" {
			s.unknown = "command " + name + " is not in the image"
		}
		return
	}
	for _, have := range s.programs {
		if have == p {
			return
		}
	}
	s.programs = append(s.programs, p)
	file := t.at(p)
	if file == nil || file.ELF || depth >= maxDepth || file.Package != "" || file.Base {
		return
	}
	text := f.Read(p)
	interpreter, isShell := shebang(text)
	s.scripts = append(s.scripts, p)
	if interpreter != "" {
		s.add(f, t, interpreter, depth+1)
	}
	if isShell {
		s.shell = true
		s.addText(f, t, text, depth+1)
	}
}

// shebang is the interpreter a script names, and whether it is a shell. A script
// without one is run by the shell that finds it.
func shebang(text string) (interpreter string, shell bool) {
	line, _, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(line, "#!") {
		return "", true
	}
	words := strings.Fields(line[2:])
	if len(words) == 0 {
		return "", true
	}
	interpreter = words[0]
	if path.Base(interpreter) == "env" && len(words) > 1 {
		interpreter = words[len(words)-1]
	}
	switch path.Base(interpreter) {
	case "sh", "bash", "dash", "ash", "ksh":
		return interpreter, true
	}
	return interpreter, false
}

// addText adds every command that a piece of shell calls by a literal name.
func (s *start) addText(f *Facts, t *tree, text string, depth int) {
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		s.unknown = "a start script does not parse as shell"
		return
	}
	functions := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		if fn, ok := n.(*syntax.FuncDecl); ok {
			functions[fn.Name.Value] = true
		}
		return true
	})
	syntax.Walk(file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		words := call.Args
		name := f.word(words[0])
		for runsNext[name] && len(words) > 1 {
			words = words[1:]
			name = f.word(words[0])
		}
		if name == "" || functions[name] || shell.Builtin(name) || strings.HasPrefix(name, "-") {
			return true
		}
		if lookPath(f, t, name) != "" {
			s.add(f, t, name, depth)
		}
		return true
	})
}

// word is what a word of shell stands for where that is plain: itself, or one
// variable that the image's environment sets to a single word.
func (f *Facts) word(w *syntax.Word) string {
	parts := w.Parts
	if len(parts) == 1 {
		if quoted, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = quoted.Parts
		}
	}
	if len(parts) != 1 {
		return w.Lit()
	}
	v, ok := parts[0].(*syntax.ParamExp)
	if !ok || v.Param == nil || v.Excl || v.Length || v.Index != nil || v.Slice != nil || v.Repl != nil || v.Exp != nil {
		return w.Lit()
	}
	if value := f.Env(v.Param.Value); !strings.ContainsAny(value, " \t\n*?[") {
		return value
	}
	return ""
}

// runsNext are commands whose next word is the command that counts.
var runsNext = map[string]bool{"exec": true, "command": true, "nohup": true, "time": true}

// lookPath resolves a command name as execvp would, links followed, inside the
// original image; "" when it is not there.
func lookPath(f *Facts, t *tree, name string) string {
	if strings.Contains(name, "/") {
		return resolve(t, absolute(f.Workdir, name))
	}
	for _, dir := range f.Path {
		if p := resolve(t, path.Join(dir, name)); p != "" {
			if file := t.at(p); file != nil && !file.Dir && file.Exec {
				return p
			}
		}
	}
	return ""
}

func absolute(workdir, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join("/", workdir, name)
}

// resolve follows symbolic links in every element of an absolute path inside the
// tree; "" when it leads nowhere.
func resolve(t *tree, name string) string {
	const maxLinks = 40
	links := 0
	done, rest := "/", strings.Split(strings.Trim(path.Clean(name), "/"), "/")
	for len(rest) > 0 {
		next := path.Join(done, rest[0])
		rest = rest[1:]
		file := t.at(next)
		if next == "/" {
			done = next // which not every list of files has
			continue
		}
		if file == nil {
			return ""
		}
		if file.Link == "" {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return ""
		}
		if path.IsAbs(file.Link) {
			done = "/"
		}
		rest = append(strings.Split(strings.Trim(path.Clean(file.Link), "/"), "/"), rest...)
	}
	return done
}

func parent(p string) string { return path.Dir(p) }
