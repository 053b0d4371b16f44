package restage

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// mimeTypes is the system's table of content types by file ending, which the mime
// package of Go reads beside its own.
const mimeTypes = "/etc/mime.types"

// builtinTypes are the endings that Go's own table knows (mime/type.go), which counts
// where the system's is gone.
var builtinTypes = []string{"avif", "css", "gif", "htm", "html", "jpeg", "jpg", "js", "json", "mjs", "pdf", "png", "svg", "wasm", "webp", "xml"}

// contentTypes brings the table along where a program reads it and a kept file has a
// content type by it alone: without it, an icon or a calendar is served as another.
func (s *Spec) contentTypes(f *Facts, t *tree, n *needs) {
	if t.at(mimeTypes) == nil || slices.ContainsFunc(s.Packages, func(p Package) bool { return p.Name == t.at(mimeTypes).Package }) {
		return
	}
	listed := typedEndings(string(f.Bytes(mimeTypes)))
	typed := false
	for p := range n.keep {
		ending := strings.ToLower(strings.TrimPrefix(path.Ext(p), "."))
		typed = typed || listed[ending] && !slices.Contains(builtinTypes, ending) && !t.at(p).Exec
	}
	if !typed || !bytes.Contains(f.Bytes(n.main(t)), []byte(mimeTypes)) {
		return
	}
	s.Copies = append(s.Copies, Copy{Paths: []string{mimeTypes}, Why: "Content types of the files that are served."})
}

// typedEndings are the endings that a mime.types file lists.
func typedEndings(text string) map[string]bool {
	endings := map[string]bool{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 1 {
			for _, ending := range words[1:] {
				endings[ending] = true
			}
		}
	}
	return endings
}
