package optimize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/span"
)

// Files are the project's files that careen may rewrite, by slash-separated path
// relative to the project's directory. A missing key is a file that does not exist.
type Files map[string][]byte

// With gives the files after a change; f stays as it is.
func (f Files) With(c diag.Change) (Files, error) {
	next := maps.Clone(f)
	for _, fe := range c.Files {
		text, err := span.Apply(next[fe.File], fe.Edits)
		if err != nil {
			return nil, fmt.Errorf("change %s: %s: %w", c.ID, fe.File, err)
		}
		next[fe.File] = text
	}
	return next, nil
}

// Key identifies the contents: equal files have equal keys.
func (f Files) Key() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(f[name]))
		sum.Write(f[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Changed lists the files that differ from old, sorted.
func (f Files) Changed(old Files) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		before, was := old[name]
		if !was || string(before) != string(f[name]) {
			names = append(names, name)
		}
	}
	return names
}

// Patch is a unified diff from old to f over every file.
func (f Files) Patch(old Files) string {
	var patch string
	for _, name := range f.Changed(old) {
		patch += string(diff.Diff("a/"+name, old[name], "b/"+name, f[name]))
	}
	return patch
}
