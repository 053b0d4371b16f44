package mutant

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// libraries removes and spoils what programs load: the dynamic linker, libraries of
// the programs that are started, and modules that are opened by name.
func (b *breeder) libraries() {
	var roots []string
	if p := b.tree.ResolveCommand(b.config).Path; p != "" {
		roots = append(roots, p)
		if n := b.tree.Resolve(p); n != nil {
			for _, i := range b.interpreter(n) {
				roots = append(roots, i.Path)
			}
		}
	}
	for _, n := range b.brought() {
		if n.ELF != nil {
			roots = append(roots, n.Path)
		}
	}
	var loaded []*image.Node
	for _, p := range b.tree.Closure(roots, b.env).Paths {
		n := b.tree.Lookup(p)
		switch {
		case n == nil || n.IsLink() || n.ELF == nil || slices.Contains(roots, p):
		case strings.HasPrefix(path.Base(p), "ld-"):
			b.removed("dynamic linker", "B3", n)
		default:
			loaded = append(loaded, n)
		}
	}
	for _, n := range spread(loaded, b.most) {
		b.removed("library", "B1", n)
		b.rewritten("library emptied", "B1", n, nil)
	}
	for _, n := range spread(loaded, b.most) {
		for _, l := range b.linksTo(n) {
			b.add("link to library removed", l.Path, "B10", image.Edit{Remove: []string{l.Path}})
		}
	}
	b.opened()
}

// linksTo lists the links in a file's directory that lead to it.
func (b *breeder) linksTo(n *image.Node) []*image.Node {
	var links []*image.Node
	dir := b.tree.Lookup(path.Dir(n.Path))
	if dir == nil {
		return nil
	}
	for _, c := range b.tree.Children(dir) {
		if c.IsLink() && b.tree.Resolve(c.Path) == n && strings.Contains(c.Name(), ".so.") {
			links = append(links, c)
		}
	}
	return links
}

// opened removes what programs open by name while they run.
func (b *breeder) opened() {
	in := func(part string) []*image.Node {
		var found []*image.Node
		b.tree.Walk(func(n *image.Node) bool {
			if n.ELF != nil && strings.Contains(n.Path, part) {
				found = append(found, n)
			}
			return true
		})
		return found
	}
	for _, part := range []string{"/ossl-modules/", "/libnss_dns", "/libnss_files", "/engines-"} {
		for _, n := range spread(in(part), 1) {
			b.removed("opened module", "B1", n)
		}
	}
}
