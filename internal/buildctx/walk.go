package buildctx

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
)

// maxEntries bounds the work on a context that is no project, such as "/".
const maxEntries = 500_000

// walker fills in a context. It decides like the file sync of BuildKit
// (tonistiigi/fsutil, filter.go): a path is matched together with what was found
// out about its parents, and a directory that is kept back is entered only when
// an exception could match inside it.
type walker struct {
	c          *Context
	exceptions []string // exceptions as path prefixes
	anywhere   bool     // some exception has a wildcard and could match anywhere
	culprit    culprit
}

func (c *Context) read() {
	w := &walker{c: c}
	if c.matcher != nil {
		w.culprit = newCulprit(c.ignore.Rules)
		for _, p := range c.matcher.Patterns() {
			w.exception(p)
		}
	}
	w.dir("", patternmatcher.MatchInfo{})
	c.index = make(map[string]int, len(c.entries))
	for i, e := range c.entries {
		c.index[e.Path] = i
	}
}

func (w *walker) exception(p *patternmatcher.Pattern) {
	if !p.Exclusion() {
		return
	}
	prefix := strings.TrimSuffix(p.String(), string(filepath.Separator)+"**")
	prefix = strings.TrimSuffix(prefix, string(filepath.Separator)+"*")
	wildcards := `*[]?^\`
	if filepath.Separator == '\\' {
		wildcards = `*[]?^`
	}
	w.anywhere = w.anywhere || strings.ContainsAny(prefix, wildcards)
	w.exceptions = append(w.exceptions, filepath.ToSlash(prefix)+"/")
}

// dir reads one directory and tells whether anything in it is sent.
func (w *walker) dir(rel string, parent patternmatcher.MatchInfo) (sent bool) {
	list, err := os.ReadDir(filepath.Join(w.c.dir, filepath.FromSlash(rel)))
	if err != nil {
		w.problem(rel, err)
	}
	for _, d := range list {
		if len(w.c.entries) >= maxEntries {
			w.c.partial = true
			return sent
		}
		sent = w.entry(path.Join(rel, d.Name()), d, parent) || sent
	}
	return sent
}

func (w *walker) entry(rel string, d fs.DirEntry, parent patternmatcher.MatchInfo) (sent bool) {
	excluded, match := w.match(rel, parent)
	e := Entry{Path: rel, Mode: d.Type(), Sent: !excluded}
	if excluded {
		e.By = w.culprit.of(rel)
	}
	info, err := d.Info()
	if err != nil {
		w.problem(rel, err)
		return false
	}
	e.Mode = info.Mode()
	if e.Mode.IsRegular() {
		e.Size = info.Size()
	}
	at := len(w.c.entries)
	w.c.entries = append(w.c.entries, e)
	if d.IsDir() && (!excluded || w.reaches(rel)) && w.dir(rel, match) {
		w.c.entries[at].Sent, w.c.entries[at].By = true, Rule{}
	}
	return w.c.entries[at].Sent
}

func (w *walker) match(rel string, parent patternmatcher.MatchInfo) (bool, patternmatcher.MatchInfo) {
	if w.c.matcher == nil {
		return false, parent
	}
	excluded, match, err := w.c.matcher.MatchesUsingParentResults(rel, parent)
	if err != nil {
		w.problem(rel, err)
	}
	return excluded, match
}

// reaches tells whether an exception could match inside the directory.
func (w *walker) reaches(rel string) bool {
	if w.anywhere {
		return true
	}
	for _, e := range w.exceptions {
		if strings.HasPrefix(e, rel+"/") {
			return true
		}
	}
	return false
}

func (w *walker) problem(rel string, err error) {
	w.c.problems = append(w.c.problems, Problem{Path: rel, Err: err})
}
