package restage

import (
	"path"
	"regexp"
	"slices"
)

// uses answers whether anything that is there at run time names a directory of the
// application that by custom only developers read.
type uses struct {
	f     *Facts
	t     *tree
	start *start
	known map[string]bool
	texts []string // settings that steps of the project wrote; nil before they are read
}

// of tells whether a directory is named: by what is started, by a source that loads
// from it or mentions it, or by settings below /etc.
func (u *uses) of(dir string) bool {
	if yes, known := u.known[dir]; known {
		return yes
	}
	if u.known == nil {
		u.known = map[string]bool{}
	}
	name := path.Base(dir)
	word := regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(name) + `($|[^\w-])`)
	u.known[dir] = u.f.Mentions(name) || u.started(dir, word) || u.loaded(name) ||
		slices.ContainsFunc(u.settings(), word.MatchString)
	return u.known[dir]
}

func (u *uses) started(dir string, word *regexp.Regexp) bool {
	return slices.ContainsFunc(u.start.programs, func(p string) bool { return rootOf([]string{dir}, p) != "" }) ||
		slices.ContainsFunc(u.f.Args, word.MatchString) || slices.ContainsFunc(u.f.Health, word.MatchString) ||
		slices.ContainsFunc(u.start.scripts, func(p string) bool { return word.MatchString(u.f.Read(p)) })
}

// loaded tells whether a source loads a module from the directory.
func (u *uses) loaded(name string) bool {
	statement := regexp.MustCompile(`(?m)^[ \t]*(import|from|use|require\w*|include\w*)\b[^\n]*\b` + regexp.QuoteMeta(name) + `\b`)
	return slices.ContainsFunc(u.f.Sources, statement.MatchString)
}

// maxSettings and maxSetting bound what is read: beyond them a directory that only
// settings name is taken for unused, and parity has to see it.
const (
	maxSettings = 50
	maxSetting  = 64 << 10
)

func (u *uses) settings() []string {
	if u.texts != nil {
		return u.texts
	}
	u.texts = []string{}
	for i := range u.t.files {
		file := &u.t.files[i]
		if own(file) && file.Set && !file.Dir && file.Link == "" && file.Size <= maxSetting && rootOf([]string{"/etc"}, file.Path) != "" &&
			len(u.texts) < maxSettings {
			u.texts = append(u.texts, string(u.f.Bytes(file.Path)))
		}
	}
	return u.texts
}
