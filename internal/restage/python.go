package restage

import (
	"path"
	"regexp"
	"strings"
)

// python covers the official image and Debian's interpreter. Virtual environments
// are directories of the project like any other; their interpreter is a link to the
// one that made them, so the base must have it at the same place.
var python = language{
	name:         "Python",
	what:         "the interpreter, the installed modules and the application",
	interpreters: regexp.MustCompile(`^(python|pypy)[0-9.]*$`),
	loads: loaded(regexp.MustCompile(`(?m)^[ \t]*(?:import|from)[ \t]+(\w+)`),
		func(name string) string { return "/dist-packages/" + name + "/__init__.py" },
		func(name string) string { return "/dist-packages/" + name + ".py" }),
	modules: regexp.MustCompile(`^/usr/local/lib/python[0-9.]+/(site|dist)-packages/`),
}

// bytecode says why a compiled module is not needed: a step of the build loaded a
// module of the base, and the interpreter kept the compiled form beside it.
func bytecode(t *tree, file string) string {
	dir, name := path.Split(file)
	if path.Base(dir) != "__pycache__" || path.Ext(name) != ".pyc" {
		return ""
	}
	module, _, _ := strings.Cut(name, ".")
	if source := t.at(path.Join(path.Dir(path.Clean(dir)), module+".py")); source == nil || own(source) {
		return ""
	}
	return "compiled form of a module of the base"
}
