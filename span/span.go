// Package span names ranges of bytes in a file and edits to them.
//
// The byte offset is the truth: lines and columns are derived from it at the
// edge, where a person or a report format wants them. The package knows nothing
// of Dockerfiles; package dockerfile produces the spans and the edits.
package span

// A Span is the half-open byte range [Start, End) of one file. The zero value is
// the empty range at the file's beginning.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Len is the number of bytes covered.
func (s Span) Len() int { return s.End - s.Start }

// Empty tells whether the span covers no byte.
func (s Span) Empty() bool { return s.End <= s.Start }

// Contains tells whether offset lies inside the span.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset < s.End }

// Covers tells whether t lies wholly inside s.
func (s Span) Covers(t Span) bool { return s.Start <= t.Start && t.End <= s.End }

// Overlaps tells whether the two spans share a byte.
func (s Span) Overlaps(t Span) bool { return s.Start < t.End && t.Start < s.End }

// Text is the part of src that the span covers.
func (s Span) Text(src []byte) string { return string(src[s.Start:s.End]) }
