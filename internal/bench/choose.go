package bench

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/project"
)

// maxEdited is the size up to which a file is edited.
const maxEdited = 4 << 20

// shared lists the regular files that every subject reads, in order of paths.
func shared(all []inputs) []buildctx.Entry {
	var found []buildctx.Entry
	for name, e := range all[0].files {
		in := e.Mode.IsRegular() && e.Size <= maxEdited
		for _, other := range all[1:] {
			_, also := other.files[name]
			in = in && also
		}
		if in {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b buildctx.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return found
}

// chooseSource picks the file that stands for "one source file changed": of the
// files that every subject copies, those in the language that has the most bytes,
// without tests, generated and installed code; of these the one of median size, so
// neither a stub nor the largest thing there is.
func chooseSource(files []buildctx.Entry) (string, bool) {
	byLanguage := map[string][]buildctx.Entry{}
	for _, e := range files {
		if _, manifest := project.ManifestOf(e.Path); manifest || e.Size == 0 || aside(e.Path) {
			continue
		}
		if s, ok := syntaxOf(e.Path); ok && s.language != "" {
			byLanguage[s.language] = append(byLanguage[s.language], e)
		}
	}
	best, most := "", int64(-1)
	for language, entries := range byLanguage {
		var bytes int64
		for _, e := range entries {
			bytes += e.Size
		}
		if bytes > most || bytes == most && language < best {
			best, most = language, bytes
		}
	}
	entries := byLanguage[best]
	if len(entries) == 0 {
		return "", false
	}
	slices.SortStableFunc(entries, func(a, b buildctx.Entry) int { return cmp.Compare(a.Size, b.Size) })
	return entries[len(entries)/2].Path, true
}

// asideDirs hold code that nobody edits to change the program.
var asideDirs = map[string]bool{
	"node_modules": true, "vendor": true, "third_party": true, ".venv": true, "venv": true, "site-packages": true,
	"test": true, "tests": true, "__tests__": true, "testdata": true, "spec": true, "e2e": true, "fixtures": true,
	"docs": true, "doc": true, "examples": true, "dist": true, "migrations": true, ".git": true, ".github": true,
	"generated": true, "gen": true,
}

var asideParts = []string{
	"_test.", ".test.", ".spec.", "test_", ".min.", ".d.ts", ".pb.", "_pb2", ".config.", "conftest.", "generated",
}

// aside tells whether a file is beside the program: a test, generated, installed, or
// settings of a tool.
func aside(name string) bool {
	for _, dir := range strings.Split(path.Dir(name), "/") {
		if asideDirs[dir] {
			return true
		}
	}
	base := strings.ToLower(path.Base(name))
	if strings.HasPrefix(base, ".") {
		return true
	}
	for _, part := range asideParts {
		if strings.Contains(base, part) {
			return true
		}
	}
	return false
}

// buildSystems are manifests of builds rather than of dependencies: second choice.
var buildSystems = map[string]bool{"cmake": true, "meson": true, "autotools": true, "make": true}

// chooseManifest picks the dependency manifest that is edited: one that every
// subject copies and that can be edited harmlessly, dependencies before build
// systems, the nearest to the root first, beside a lockfile before alone.
func chooseManifest(files []buildctx.Entry) (string, bool) {
	locked := map[string]bool{}
	var found []project.Manifest
	for _, e := range files {
		m, ok := project.ManifestOf(e.Path)
		switch {
		case !ok || aside(m.Path):
		case m.Lock:
			locked[path.Dir(m.Path)] = true
		default:
			if _, editable := syntaxOf(m.Path); editable {
				found = append(found, m)
			}
		}
	}
	if len(found) == 0 {
		return "", false
	}
	rank := func(m project.Manifest) int {
		r := 4 * strings.Count(m.Path, "/")
		if !locked[path.Dir(m.Path)] {
			r++
		}
		if buildSystems[m.Kind] {
			r += 1000
		}
		return r
	}
	slices.SortStableFunc(found, func(a, b project.Manifest) int { return cmp.Compare(rank(a), rank(b)) })
	return found[0].Path, true
}
