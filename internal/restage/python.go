package restage

import "regexp"

// python covers the official image and Debian's interpreter. Virtual environments
// are directories of the project like any other; their interpreter is a link to the
// one that made them, so the base must have it at the same place.
var python = language{
	name:         "Python",
	what:         "the interpreter, the installed modules and the application",
	interpreters: regexp.MustCompile(`^(python|pypy)[0-9.]*$`),
	modules:      regexp.MustCompile(`^/usr/local/lib/python[0-9.]+/(site|dist)-packages/`),
}
