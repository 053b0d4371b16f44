package restage

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
)

// abandoned are the source roots that nothing names once the image runs: no program
// starts in them, the working directory lies elsewhere, and neither the settings nor
// what is kept outside of them holds their path. A relative name cannot reach them.
func (n *needs) abandoned(f *Facts, t *tree, roots []string) []string {
	var gone []string
	for _, root := range roots {
		if !commonDirs[root] && f.Sources != nil && !n.startsIn(root) && !reachable(f, root) && !namedInSettings(f, root) &&
			!namedInSources(f, root) && !n.namedByKept(f, t, root) {
			gone = append(gone, root)
		}
	}
	return gone
}

// reachable tells whether a relative path may lead into a directory: from the
// working directory, or from the home of an account.
func reachable(f *Facts, root string) bool {
	workdir := path.Clean("/" + f.Workdir)
	return rootOf([]string{workdir, "/root", "/home"}, root) != "" || rootOf([]string{root}, workdir) != ""
}

// namedInSettings tells whether the image's configuration holds the path of a
// directory or of one of the project's that it lies in.
func namedInSettings(f *Facts, root string) bool {
	words := slices.Concat(f.Args, f.Health, f.Volumes, f.Path, f.Environ)
	for dir := root; !commonDirs[dir]; dir = parent(dir) {
		if slices.ContainsFunc(words, func(w string) bool { return mentionsPath([]byte(w), dir, nil) }) {
			return true
		}
	}
	return false
}

// namedInSources tells whether a source holds the path of a directory as a string of
// its own or the beginning of one; what is appended to another string is not its path.
func namedInSources(f *Facts, root string) bool {
	literal := regexp.MustCompile("(^|[^+\\s])\\s*[\"'`]" + regexp.QuoteMeta(root) + "[\"'`/]")
	return slices.ContainsFunc(f.Sources, literal.MatchString)
}

// namedByKept tells whether a file that stays outside of a directory holds its path,
// or cannot be read. Compilers write the names of the sources into programs: those
// do not count.
func (n *needs) namedByKept(f *Facts, t *tree, root string) bool {
	for file := range n.keep {
		if rootOf([]string{root}, file) == "" && t.at(file).names(f, root) {
			return true
		}
	}
	return false
}

func (file *File) names(f *Facts, root string) bool {
	if file.Link != "" {
		return rootOf([]string{root}, absolute(parent(file.Path), file.Link)) != ""
	}
	content := f.Bytes(file.Path)
	return content == nil && file.Size > 0 || mentionsPath(content, root, file)
}

// mentionsPath tells whether a text holds a path that is not the tail of a longer
// one. In a program (file is ELF) the names of sources below it are passed over.
func mentionsPath(text []byte, p string, file *File) bool {
	for rest := text; ; {
		i := bytes.Index(rest, []byte(p))
		if i < 0 {
			return false
		}
		before, after := rest[:i], rest[i+len(p):]
		rest = after
		if len(before) > 0 && nameByte(before[len(before)-1]) || len(after) > 0 && after[0] != '/' && nameByte(after[0]) {
			continue
		}
		if file == nil || !file.ELF || !sourceName(after) {
			return true
		}
	}
}

func nameByte(b byte) bool {
	return b == '_' || b == '-' || b == '.' || b == '~' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// sourceName tells whether a text goes on, as a path that ends there, to the name of
// a source file.
func sourceName(text []byte) bool {
	text = text[:min(len(text), 512)]
	end := bytes.IndexFunc(text, func(r rune) bool {
		return r >= 0x80 || !nameByte(byte(r)) && !strings.ContainsRune("/+@", r)
	})
	return end > 0 && sourceExts[path.Ext(string(text[:end]))] == compiled
}
