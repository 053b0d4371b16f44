package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// files is level 1: every path of the old image is still there as it was, or there
// is a reason for what became of it.
func (c *comparison) files(ctx context.Context, s *sheet) error {
	s.checked("removed", "contents", "modes", "owners", "links", "capabilities")
	for _, side := range []*side{c.old, c.new} {
		for _, fault := range side.tree.Faults {
			s.note("the image's layers cannot be unpacked as they say: %s", fault)
		}
	}
	if c.old.db.Unread != "" {
		s.note("packages: %s", c.old.db.Unread)
	}
	c.removed(s)
	c.added(s)
	return c.changed(ctx, s)
}

// removed gives every path that is gone its reason.
func (c *comparison) removed(s *sheet) {
	roll := rollup{}
	var lost []lostFile
	for _, change := range c.changes {
		if change.Kind != image.Removed {
			continue
		}
		reason, missing := c.whyRemoved(change.Old)
		if missing != nil {
			lost = append(lost, *missing)
			continue
		}
		if !change.Old.IsDir() {
			roll.add(reason, change.Old)
		}
	}
	s.removed = roll.list()
	reportLost(s, lost)
}

// A lostFile is a path that is gone without a good reason.
type lostFile struct {
	path   string
	reason string
	label  string
}

// reportLost turns lost files into differences, those of one directory and reason
// together when there are many.
func reportLost(s *sheet, lost []lostFile) {
	type group struct{ dir, reason, label string }
	groups := map[group][]string{}
	for _, l := range lost {
		g := group{path.Dir(l.path), l.reason, l.label}
		groups[g] = append(groups[g], l.path)
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.dir, b.dir), cmp.Compare(a.reason, b.reason))
	})
	for _, g := range keys {
		paths := groups[g]
		d := diag.Difference{Check: "removed", Path: paths[0], Reason: g.reason, Label: g.label}
		if len(paths) > 1 {
			d.Reason += fmt.Sprintf(" (and %d more in %s)", len(paths)-1, g.dir)
		}
		s.differs(d)
	}
}

// rollup counts removed paths by reason.
type rollup map[string]*diag.Removal

func (r rollup) add(reason string, n *image.Node) {
	entry := r[reason]
	if entry == nil {
		entry = &diag.Removal{Reason: reason, Example: n.Path}
		r[reason] = entry
	}
	entry.Paths++
	if n.HardTo == "" {
		entry.Bytes += n.Size
	}
}

// maxReasons is how many lines a person reads before the rest is one line.
const maxReasons = 18

// list is the reasons with most bytes first; the tail is summed up.
func (r rollup) list() []diag.Removal {
	all := slices.SortedFunc(maps.Values(r), func(a, b *diag.Removal) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Reason, b.Reason))
	})
	var out []diag.Removal
	for i, entry := range all {
		if i < maxReasons || len(all) <= maxReasons+1 {
			out = append(out, *entry)
			continue
		}
		if i == maxReasons {
			out = append(out, diag.Removal{Reason: fmt.Sprintf("%d further packages and places", len(all)-i), Example: entry.Example})
		}
		last := &out[len(out)-1]
		last.Paths += entry.Paths
		last.Bytes += entry.Bytes
	}
	return out
}

// added notes what only the new image has; programs that run as their owner apart.
func (c *comparison) added(s *sheet) {
	count := 0
	for _, change := range c.changes {
		if change.Kind != image.Added || change.New.IsDir() {
			continue
		}
		count++
		if change.New.IsRegular() && change.New.Mode&0o6000 != 0 {
			s.note("%s is new and runs with its owner's rights (mode %04o)", change.Path, change.New.Mode)
		}
	}
	if count > 0 {
		s.note("%d paths are new", count)
	}
}
