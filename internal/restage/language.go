package restage

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// A language is what restaging knows of an interpreter.
type language struct {
	name         string
	what         string                     // that runs, for the comment above the stage
	interpreters *regexp.Regexp             // names of its programs
	complete     []string                   // packages without which its standard library has gaps
	loads        func(text string) []string // ends of the paths of modules that a source loads by name
	libraries    *regexp.Regexp             // matches a directory below which modules are looked up; nil: the ends tell
	modules      *regexp.Regexp             // matches a directory that its installers fill, as a prefix of a path
}

// languages are tried in order. The last has no interpreter of its own: shell
// scripts, and packaged servers with files of the project.
func languages() []*language {
	return []*language{&python, &php, &ruby, &perl, &shellScripts}
}

// speaks is the language of the program that the container starts.
func speaks(f *Facts, s *start) *language {
	names := slices.Clone(s.programs)
	names = append(names, f.Args...)
	all := languages()
	for _, l := range all {
		if l.interpreters != nil && slices.ContainsFunc(names, func(p string) bool { return l.interpreters.MatchString(path.Base(p)) }) {
			return l
		}
	}
	return all[len(all)-1]
}

// loaded matches what sources load, and turns each match into ends of paths.
func loaded(expression *regexp.Regexp, ends ...func(module string) string) func(string) []string {
	return func(text string) []string {
		var paths []string
		for _, match := range expression.FindAllStringSubmatch(text, -1) {
			for _, end := range ends {
				paths = append(paths, end(match[1]))
			}
		}
		return paths
	}
}

// finds tells whether a file is the module that a source loads by the end of its path.
func (l *language) finds(file, end string) bool {
	dir, ok := strings.CutSuffix(file, end)
	return ok && (l.libraries == nil || l.libraries.MatchString(dir))
}

// moduleDir is the directory of installed modules that a file lies in, "" for none.
func moduleDir(file string) string {
	for _, l := range languages() {
		if l.modules == nil {
			continue
		}
		if at := l.modules.FindStringIndex(file); at != nil && at[1] < len(file) {
			return strings.TrimSuffix(file[:at[1]], "/")
		}
	}
	return ""
}

// installedModule tells whether a language's installer wrote the file, although it
// lies where packages write.
func installedModule(file string) bool { return moduleDir(file) != "" }
