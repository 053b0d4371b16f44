package image

import (
	"cmp"
	"slices"
)

// Waste is bytes that the image carries and no container can see. Each byte is
// counted once, by what took its last name away.
type Waste struct {
	Deleted   int64 // removed by a later layer
	Rewritten int64 // written again with other content
	Copied    int64 // written again with the same content: chmod, chown, touch
}

// Total is what could be saved by writing every file once.
func (w Waste) Total() int64 { return w.Deleted + w.Rewritten + w.Copied }

// A Cause says why bytes are hidden.
type Cause string

// The causes of waste.
const (
	Deleted   Cause = "deleted"
	Rewritten Cause = "rewritten"
	Copied    Cause = "copied"
)

// Hidden is a file that an earlier layer holds and no container can see.
type Hidden struct {
	Path  string
	Size  int64
	Layer int // position of the layer that carries the bytes
	By    int // position of the layer that hid them; the same for a name twice in one layer
	Cause Cause
}

// hide notes a file that lost its last name to what replaces it, or to nothing.
func (t *Tree) hide(n, by *Node, layer int) {
	h := Hidden{Path: n.Path, Size: n.Size, Layer: n.data.layer, By: layer}
	switch {
	case by == nil:
		h.Cause = Deleted
		t.Waste.Deleted += n.Size
	case by.IsRegular() && by.Digest == n.Digest && by.Size == n.Size:
		h.Cause = Copied
		t.Waste.Copied += n.Size
	default:
		h.Cause = Rewritten
		t.Waste.Rewritten += n.Size
	}
	t.Hidden = append(t.Hidden, h)
}

// A Duplicate is content that the merged tree holds more than once, hard links
// apart.
type Duplicate struct {
	Size  int64
	Paths []string // sorted
}

// Avoidable is what one copy would save.
func (d Duplicate) Avoidable() int64 { return d.Size * int64(len(d.Paths)-1) }

// Duplicates lists the content held more than once, most avoidable bytes first.
// These bytes are visible, so they are no part of Waste.
func (t *Tree) Duplicates() []Duplicate {
	byDigest := map[[32]byte][]*Node{}
	t.Walk(func(n *Node) bool {
		if n.IsRegular() && n.Size > 0 && n.HardTo == "" {
			byDigest[n.Digest] = append(byDigest[n.Digest], n)
		}
		return true
	})
	var all []Duplicate
	for _, nodes := range byDigest {
		if len(nodes) < 2 {
			continue
		}
		d := Duplicate{Size: nodes[0].Size}
		for _, n := range nodes {
			d.Paths = append(d.Paths, n.Path)
		}
		slices.Sort(d.Paths)
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Duplicate) int {
		return cmp.Or(cmp.Compare(b.Avoidable(), a.Avoidable()), cmp.Compare(a.Paths[0], b.Paths[0]))
	})
	return all
}
