package verify

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// loads checks that the modules which the project's own sources load by name are in the
// new image, and what those load in turn. Of the project's sources every import counts,
// also one within a function; of installed modules those that are made whenever the
// module is loaded. What the old image lacks is no difference.
func (c *comparison) loads(ctx context.Context, s *sheet) error {
	for _, t := range tongues {
		if !c.touched(t) {
			continue
		}
		s.checked(t.name + " modules")
		if err := c.follow(ctx, s, t); err != nil {
			return err
		}
	}
	return c.phpExtensions(ctx, s)
}

// touched tells whether anything is gone that the language could load.
func (c *comparison) touched(t tongue) bool {
	return slices.ContainsFunc(c.changes, func(change image.Change) bool {
		return change.Kind == image.Removed && !change.Old.IsDir() && slices.Contains(t.extensions, path.Ext(change.Path))
	})
}

// libraryPlaces are where installers of the languages put modules; an interpreter's own
// are there too.
var libraryPlaces = []string{"/site-packages/", "/dist-packages/", "/lib/python", "/gems/", "/lib/ruby/", "/vendor/bundle/", "/lib/perl5/", "/share/perl", "/lib64/perl5/"}

// wrote tells whether a source is the project's own work, not a module that it
// installed.
func (s *side) wrote(n *image.Node) bool {
	return s.own(n) && !slices.ContainsFunc(libraryPlaces, func(p string) bool { return strings.Contains(n.Path, p) })
}

// maxDepth bounds how long a chain of modules is followed.
const maxDepth = 12

// follow reads sources of the new image, then what they load, and so on.
func (c *comparison) follow(ctx context.Context, s *sheet, t tongue) error {
	seen := map[*image.Node]bool{}
	said := map[string]bool{}
	next := map[*image.Node]bool{}
	c.new.tree.Walk(func(n *image.Node) bool {
		if c.new.wrote(n) && t.isSource(n) && moduleOf(n.Path) == "" && noise(n.Path) == "" && !forDevelopers(n.Path) {
			next[n] = true
		}
		return true
	})
	for range maxDepth {
		batch := next
		next = map[*image.Node]bool{}
		if len(batch) == 0 {
			return nil
		}
		err := c.new.tree.ReadMany(ctx, func(n *image.Node) bool { return batch[n] }, func(n *image.Node, r io.Reader) error {
			seen[n] = true
			text, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			for _, module := range t.wanted(string(text), !c.new.wrote(n)) {
				for _, m := range c.loaded(s, t, said, module, n) {
					if !seen[m] && t.isSource(m) {
						next[m] = true
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// loaded are the files of a module in the new image. It reports one that only the old
// image has.
func (c *comparison) loaded(s *sheet, t tongue, said map[string]bool, module string, from *image.Node) []*image.Node {
	found := t.find(c.new, module, from.Path)
	if found != nil || said[module] {
		return found
	}
	older := t.find(c.old, module, from.Path)
	if older == nil {
		return nil
	}
	said[module] = true
	label := "B2"
	if !c.new.wrote(from) {
		label = "C7"
	}
	s.differs(diag.Difference{Check: t.name + " modules", Path: from.Path, Old: older[len(older)-1].Path, Label: label,
		Reason: fmt.Sprintf("%s loads %s, which is not in the new image", from.Path, module)})
	return nil
}
