package verify

import (
	"context"
	"path"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// closure is level 2: whatever is left in the new image still finds what it needs,
// judged without running anything. What the old image lacks already is no
// difference.
func (c *comparison) closure(ctx context.Context, s *sheet) error {
	c.start(s)
	c.linked(s)
	c.opened(s)
	c.danglingLinks(s)
	c.certificates(ctx, s)
	c.places(s)
	c.accountsKept(s)
	if err := c.scripts(ctx, s); err != nil {
		return err
	}
	if err := c.imports(ctx, s); err != nil {
		return err
	}
	if err := c.loads(ctx, s); err != nil {
		return err
	}
	return c.childProcesses(ctx, s)
}

// start compares the files that the command and the health check execute.
func (c *comparison) start(s *sheet) {
	s.checked("entrypoint")
	older, newer := c.old.tree.ResolveCommand(c.old.config.Config), c.new.tree.ResolveCommand(c.new.config.Config)
	if older.Path != "" && newer.Path == "" {
		s.differs(diag.Difference{Check: "entrypoint", Path: older.Path, Label: "B12", Reason: "the program that the image starts is not in the new image"})
	}
	h := activeHealthcheck(c.old.config)
	if h == nil || h.Test[0] != "CMD" || len(h.Test) < 2 {
		return
	}
	s.checked("healthcheck")
	if c.old.hasCommand(h.Test[1]) && !c.new.hasCommand(h.Test[1]) {
		s.differs(diag.Difference{Check: "healthcheck", Path: h.Test[1], Label: "B13", Reason: "the program of the health check is not in the new image"})
	}
}

// linked checks that every ELF file finds its dynamic linker, its libraries and
// their symbol versions, and every script its interpreter.
func (c *comparison) linked(s *sheet) {
	s.checked("elf", "shebang")
	already := map[image.Missing]bool{}
	for _, m := range c.old.needs().Missing {
		already[m] = true
	}
	lacking := map[string]int{}
	for _, m := range c.new.needs().Missing {
		if already[m] || noise(m.From) != "" {
			continue
		}
		if c.ofBase(m.From) {
			lacking[m.What]++
			continue
		}
		if c.ofPackage(m) {
			s.note("%s of package %s asks for %s, which the package does without", m.From, c.new.db.Owner(m.From), m.What)
			continue
		}
		if m.Kind == image.Unreadable {
			s.unjudged("elf", "%s: %s", m.From, m.What)
			continue
		}
		s.differs(diag.Difference{Check: "elf-" + m.Kind, Path: m.From, New: m.What, Label: missingLabel(c, m),
			Reason: missingReason(m)})
	}
	for _, what := range sortedKeys(lacking) {
		s.note("%d files that came with the new base ask for %s, which that base lacks", lacking[what], what)
	}
}

// ofBase tells whether a script came with the new base as it is: then its makers left
// out what runs it, and it can only matter to who calls it. A program or library is
// never excused: what it needs may have been taken away above the base.
func (c *comparison) ofBase(file string) bool {
	n := c.new.tree.Resolve(file)
	return n != nil && n.ELF == nil && c.new.base != nil && c.new.fromBase(n) && c.new.mentions(file) == "" && !c.entry(file)
}

// ofPackage tells whether a script or a library belongs to a package that is installed as
// it was and does not depend on what is missing (it only recommended that), and nothing
// of the project names it.
func (c *comparison) ofPackage(m image.Missing) bool {
	base := path.Base(m.From)
	owner := c.new.db.Owner(m.From)
	if owner == "" || c.old.db.Owner(m.From) != owner || c.entry(m.From) {
		return false
	}
	if len(base) < minNeedle || c.new.mentions(m.From) != "" || c.new.mentions(base) != "" {
		return false
	}
	return m.Kind == image.MissingInterpreter && !c.new.isELF(m.From) || m.Kind == image.MissingLibrary && c.onlyRecommended(owner, m)
}

// onlyRecommended tells whether all that a package depends on is installed, in either
// image, without the package that had the library.
func (c *comparison) onlyRecommended(owner string, m image.Missing) bool {
	needs := c.old.db.Needs(owner)
	for _, library := range c.old.called(m.What) {
		if p := c.old.db.Owner(library.Path); p == "" || needs[p] || c.new.db.Package(p) != nil {
			return false
		}
	}
	for name := range needs {
		if c.new.db.Package(name) == nil {
			return false
		}
	}
	return len(c.old.called(m.What)) > 0
}

// entry tells whether the image starts the file.
func (c *comparison) entry(file string) bool {
	return c.new.tree.ResolveCommand(c.new.config.Config).Path == file
}

// loadable lists every ELF file and every executable script.
func (s *side) loadable() []string {
	var list []string
	s.tree.Walk(func(n *image.Node) bool {
		if n.ELF != nil || n.Shebang != "" && n.Executable() {
			list = append(list, n.Path)
		}
		return true
	})
	return list
}

func missingReason(m image.Missing) string {
	switch m.Kind {
	case image.MissingInterpreter:
		return m.From + " is run by " + m.What + ", which is not in the new image"
	case image.MissingVersion:
		return m.From + " wants " + m.What + ", which no library in the new image defines"
	case image.MissingArchitecture:
		return m.From + " wants " + m.What + ", which is there for another machine only"
	}
	return m.From + " needs " + m.What + ", which is not in the new image"
}

func missingLabel(c *comparison, m image.Missing) string {
	n := c.new.tree.Resolve(m.From)
	switch {
	case m.Kind == image.MissingVersion, m.Kind == image.MissingInterpreter && n != nil && n.ELF != nil:
		return "B3"
	case m.Kind == image.MissingInterpreter:
		return "B5"
	case m.Kind == image.MissingArchitecture:
		return "B20"
	}
	return "B1"
}

// danglingLinks finds links that lead nowhere in the new image and did lead
// somewhere in the old one.
func (c *comparison) danglingLinks(s *sheet) {
	s.checked("links")
	c.new.tree.Walk(func(n *image.Node) bool {
		if !n.IsLink() || c.new.tree.Resolve(n.Path) != nil || noise(n.Path) != "" {
			return true
		}
		if c.new.base != nil && c.new.fromBase(n) || c.new.db.Owner(n.Path) != "" {
			return true
		}
		if target := c.old.tree.Resolve(n.Path); target != nil && noise(target.Path) == "" {
			s.differs(diag.Difference{Check: "links", Path: n.Path, Old: target.Path, New: n.Link, Label: "B10", Reason: "the link leads nowhere in the new image"})
		}
		return true
	})
}
