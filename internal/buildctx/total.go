package buildctx

import (
	"cmp"
	"slices"
	"strings"
)

// A Total sums up what is sent of one top-level file or directory.
type Total struct {
	Name  string // first element of the path
	Dir   bool
	Files int   // regular files sent
	Bytes int64 // their size
}

// Totals sums the sent files by top-level name, largest first.
func (c *Context) Totals() []Total {
	var totals []Total
	for _, e := range c.Entries() {
		top, _, below := strings.Cut(e.Path, "/")
		if !below {
			totals = append(totals, Total{Name: top, Dir: e.Mode.IsDir()})
		}
		if e.Sent && e.Mode.IsRegular() {
			// Entries come in tree order, so the newest total is this entry's.
			t := &totals[len(totals)-1]
			t.Files++
			t.Bytes += e.Size
		}
	}
	totals = slices.DeleteFunc(totals, func(t Total) bool { return t.Files == 0 })
	slices.SortStableFunc(totals, func(a, b Total) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return totals
}
