package span

import (
	"fmt"
	"sort"
	"strings"
)

// An Edit replaces the bytes of its span with New. An empty span inserts.
type Edit struct {
	Span
	New string `json:"new"`
}

// Insert is an edit that adds text at offset.
func Insert(offset int, text string) Edit { return Edit{Span{offset, offset}, text} }

// Delete is an edit that removes the bytes of s.
func Delete(s Span) Edit { return Edit{Span: s} }

// Replace is an edit that puts text where s was.
func Replace(s Span, text string) Edit { return Edit{s, text} }

// Apply gives src with all edits made. Edits may come in any order; insertions
// at one offset keep the order they were given in. Edits that overlap, or leave
// the file, are refused and nothing is applied.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	sorted := append([]Edit(nil), edits...)
	sort.SliceStable(sorted, func(i, j int) bool {
		if sorted[i].Start != sorted[j].Start {
			return sorted[i].Start < sorted[j].Start
		}
		return sorted[i].End < sorted[j].End
	})
	var out strings.Builder
	at := 0
	for _, e := range sorted {
		if e.Start < 0 || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("edit [%d,%d) leaves the file of %d bytes", e.Start, e.End, len(src))
		}
		if e.Start < at {
			return nil, fmt.Errorf("edits overlap at byte %d", e.Start)
		}
		out.Write(src[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(src[at:])
	return []byte(out.String()), nil
}
