package image

import (
	"maps"
	"strings"
)

// A Change is one path at which two trees differ.
type Change struct {
	Path  string
	Kind  ChangeKind
	What  []Aspect // what differs, for Changed
	Noise Noise    // "" when the difference may matter
	Old   *Node    // nil for Added
	New   *Node    // nil for Removed
}

// ChangeKind tells what became of a path.
type ChangeKind string

// The kinds.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// An Aspect is one property of a file.
type Aspect string

// The aspects. Where the types differ nothing else is compared.
const (
	Type     Aspect = "type"
	Content  Aspect = "content"
	Mode     Aspect = "mode" // setuid, setgid and sticky included
	Owner    Aspect = "owner"
	Target   Aspect = "target" // of a symbolic link
	Xattr    Aspect = "xattr"  // capabilities are one
	Device   Aspect = "device"
	HardLink Aspect = "hard link" // shares its bytes with other names
	Time     Aspect = "time"
)

// Diff lists the differences of two trees, by path in order of Walk. How the
// layers are cut makes no difference.
func Diff(old, new *Tree) []Change {
	d := &differ{old: old, new: new}
	d.pair(old.root, new.root)
	return d.changes
}

type differ struct {
	old, new *Tree
	changes  []Change

	oldLinks, newLinks map[*data][]string // once needed
}

func (d *differ) add(c Change) {
	c.Noise = noise(c)
	d.changes = append(d.changes, c)
}

func (d *differ) pair(old, new *Node) {
	if what := d.compare(old, new); len(what) > 0 {
		d.add(Change{Path: new.Path, Kind: Changed, What: what, Old: old, New: new})
	}
	a, b := old.sorted(), new.sorted()
	for len(a) > 0 || len(b) > 0 {
		switch order := compareFirst(a, b); {
		case order < 0:
			d.whole(a[0], Removed)
			a = a[1:]
		case order > 0:
			d.whole(b[0], Added)
			b = b[1:]
		default:
			d.pair(a[0], b[0])
			a, b = a[1:], b[1:]
		}
	}
}

// compareFirst tells which list has the lower path first; an empty list has none.
func compareFirst(a, b []*Node) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return strings.Compare(a[0].Path, b[0].Path)
}

func (d *differ) whole(n *Node, kind ChangeKind) {
	walk(n, func(x *Node) bool {
		c := Change{Path: x.Path, Kind: kind, Old: x}
		if kind == Added {
			c.Old, c.New = nil, x
		}
		d.add(c)
		return true
	})
}

func (d *differ) compare(old, new *Node) []Aspect {
	if old.Type != new.Type {
		return []Aspect{Type}
	}
	var what []Aspect
	note := func(differs bool, a Aspect) {
		if differs {
			what = append(what, a)
		}
	}
	note(old.Size != new.Size || old.Digest != new.Digest, Content)
	note(old.Mode != new.Mode && !old.IsLink(), Mode)
	note(old.UID != new.UID || old.GID != new.GID, Owner)
	note(old.Link != new.Link, Target)
	note(!maps.Equal(old.Xattrs, new.Xattrs), Xattr)
	note(old.Major != new.Major || old.Minor != new.Minor, Device)
	note(d.linkedElsewhere(old, new), HardLink)
	note(!old.ModTime.Equal(new.ModTime), Time)
	return what
}

// linkedElsewhere tells whether a file shares its bytes with other names now. Names
// that only one tree has are a change of their own.
func (d *differ) linkedElsewhere(old, new *Node) bool {
	if old.Names() == 1 && new.Names() == 1 || !old.IsRegular() {
		return false
	}
	if d.oldLinks == nil {
		d.oldLinks, d.newLinks = d.old.linkGroups(), d.new.linkGroups()
	}
	return firstIn(d.oldLinks[old.data], d.new, old.Path) != firstIn(d.newLinks[new.data], d.old, new.Path)
}

// linkGroups lists the names of every file that has more than one.
func (t *Tree) linkGroups() map[*data][]string {
	groups := map[*data][]string{}
	t.Walk(func(n *Node) bool {
		if n.Names() > 1 {
			groups[n.data] = append(groups[n.data], n.Path)
		}
		return true
	})
	return groups
}

// firstIn is the first of a file's names that a tree has; own for a file with one.
func firstIn(names []string, t *Tree, own string) string {
	for _, p := range names {
		if n := t.at(p); n != nil && n.IsRegular() {
			return p
		}
	}
	return own
}
