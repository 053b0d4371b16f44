package restage

import "regexp"

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
