package buildctx

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxLinks is how many links one path may go through, as in Linux.
const maxLinks = 40

// Match lists what COPY reads for one source: the sent entries that pattern
// names and, for a directory, everything sent below it. Wildcards are those of
// path.Match and do not cross a slash; links in the fixed part and in what
// matched are followed inside the context. A source that names nothing gives nil.
func (c *Context) Match(pattern string) []Entry {
	fixed, wild := splitWildcards(path.Join("/", filepath.ToSlash(pattern)))
	base, ok := c.follow(fixed)
	if !ok {
		return nil
	}
	if wild == "" {
		return c.tree(base)
	}
	var found []Entry
	for _, name := range c.glob(base, wild) {
		if target, ok := c.follow(name); ok {
			found = append(found, c.tree(target)...)
		}
	}
	return found
}

// glob lists the sent paths below base that match; a matching directory is
// listed and nothing inside it.
func (c *Context) glob(base, pattern string) []string {
	var names []string
	inside := ""
	for _, e := range c.tree(base) {
		rel := strings.TrimPrefix(e.Path, base+"/")
		if base == "" {
			rel = e.Path
		}
		if e.Path == base || inside != "" && strings.HasPrefix(e.Path, inside) {
			continue
		}
		if ok, err := path.Match(pattern, rel); err != nil || !ok {
			continue
		}
		names = append(names, e.Path)
		if e.Mode.IsDir() {
			inside = e.Path + "/"
		}
	}
	return names
}

// tree lists the sent entries at name and below; "" is the whole context.
func (c *Context) tree(name string) []Entry {
	entries := c.Entries()
	if name != "" {
		at, ok := c.index[name]
		if !ok {
			return nil
		}
		entries = entries[at:]
	}
	var found []Entry
	for _, e := range entries {
		if name != "" && e.Path != name && !strings.HasPrefix(e.Path, name+"/") {
			break
		}
		if e.Sent {
			found = append(found, e)
		}
	}
	return found
}

// follow resolves the links of a path inside the context: absolute targets start
// at the context, and ".." does not climb above it. It gives "" for the context
// itself and false for a path that is not sent.
func (c *Context) follow(name string) (string, bool) {
	done, links := "", 0
	rest := strings.Trim(path.Clean("/"+name), "/")
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, "/")
		next := path.Join(done, part)
		e, ok := c.Lookup(next)
		if !ok || !e.Sent {
			return "", false
		}
		if e.Mode.Type() != fs.ModeSymlink {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", false
		}
		target, err := os.Readlink(filepath.Join(c.dir, filepath.FromSlash(next)))
		if err != nil {
			return "", false
		}
		target = filepath.ToSlash(target)
		if !path.IsAbs(target) {
			target = path.Join("/", done, target)
		}
		rest = strings.Trim(path.Join(path.Clean(target), rest), "/")
		done = ""
	}
	return done, true
}

// splitWildcards cuts a clean path before its first element with a wildcard.
func splitWildcards(p string) (fixed, wild string) {
	parts := strings.Split(strings.Trim(p, "/"), "/")
	for i, part := range parts {
		if hasWildcard(part) {
			return path.Join(parts[:i]...), path.Join(parts[i:]...)
		}
	}
	return path.Join(parts...), ""
}

// hasWildcard skips escaped characters.
func hasWildcard(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}
