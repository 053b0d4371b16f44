package checks

import (
	"path"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/rule"
)

// names is what the Dockerfiles of a context ask for: sources of COPY, ADD and
// bind mounts, and the text of their commands.
type names struct {
	sources  []string // clean, relative to the context; may hold wildcards
	commands string
}

// namedPaths reads the pass's Dockerfile and the others in the context's root,
// which share its ignore file.
func namedPaths(p *rule.Pass) []*names {
	own := &names{}
	own.read(p.File)
	if p.Project.IgnorePath != "" && p.Project.IgnorePath != buildctx.IgnoreName {
		return []*names{own}
	}
	return []*names{own, rule.OfContext(p, func() *names { return neighbours(p.Project.Context) })}
}

// asked tells whether any of them asks for a path.
func asked(list []*names, name string) bool {
	for _, n := range list {
		if n.asks(name) {
			return true
		}
	}
	return false
}

// maxNeighbours bounds how many Dockerfiles of one directory are read for each
// other's sake.
const maxNeighbours = 16

func neighbours(c *buildctx.Context) *names {
	n, read := &names{}, 0
	for _, e := range c.Entries() {
		name := strings.ToLower(e.Path)
		if strings.Contains(name, "/") || !e.Mode.IsRegular() || !strings.Contains(name, "dockerfile") || read == maxNeighbours {
			continue
		}
		if src, err := c.Read(e.Path, maxHead); err == nil {
			n.read(dockerfile.Parse(src))
			read++
		}
	}
	return n
}

func (n *names) read(f *dockerfile.File) {
	for _, i := range f.Instructions {
		if c, ok := i.Copy(); ok && c.From == "" {
			for _, src := range c.Sources {
				n.sources = append(n.sources, path.Clean("/" + src.Value)[1:])
			}
		}
		if r, ok := i.Run(); ok {
			for _, m := range r.Mounts {
				if m.Type == "bind" && m.From == "" {
					n.sources = append(n.sources, path.Clean("/" + m.Source)[1:])
				}
			}
		}
		if cmd, ok := i.Command(); ok {
			n.commands += cmd.Text + "\n"
			for _, a := range cmd.Args {
				n.commands += a.Value + "\n"
			}
		}
	}
}

// copies tells whether a path, or something inside it, is a source. One above it
// does not count.
func (n *names) copies(name string) bool {
	for _, src := range n.sources {
		if src == name || strings.HasPrefix(src, name+"/") {
			return true
		}
		if ok, err := path.Match(src, name); err == nil && ok && src != "*" {
			return true
		}
		if strings.Contains(src, "$") {
			return true // nobody knows
		}
	}
	return false
}

// asks tells whether a path is a source, or its name stands in a command.
func (n *names) asks(name string) bool {
	if n.copies(name) {
		return true
	}
	base := path.Base(name)
	if base == ".git" || base == "node_modules" || len(base) < 3 {
		return false
	}
	for at := strings.Index(n.commands, base); at >= 0; {
		if word(n.commands, at, at+len(base)) {
			return true
		}
		next := strings.Index(n.commands[at+1:], base)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return false
}

// word tells whether text[lo:hi] stands alone as a name in a path or a command:
// "dist" in "cp dist/a" but not in "apt-get dist-upgrade".
func word(text string, lo, hi int) bool {
	const part = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	return (lo == 0 || !strings.Contains(part, text[lo-1:lo])) && (hi == len(text) || !strings.Contains(part, text[hi:hi+1])) &&
		!(lo > 0 && text[lo-1] == '/' && strings.HasPrefix(absoluteHead(text[:lo]), "/usr"))
}

// absoluteHead is the beginning of the path that ends at the end of text.
func absoluteHead(text string) string {
	return text[strings.LastIndexAny(text, " \t\n\"'=:,")+1:]
}
