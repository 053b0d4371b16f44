package span

import "sort"

// A Position is a place as people count it: line and column start at 1 and the
// column counts bytes. Report formats that want UTF-16 columns convert it.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// An Index maps byte offsets of one file to lines and back.
type Index struct {
	starts []int
	size   int
}

// NewIndex records where the lines of src begin. A line ends after its '\n'.
func NewIndex(src []byte) *Index {
	ix := &Index{starts: []int{0}, size: len(src)}
	for i, b := range src {
		if b == '\n' {
			ix.starts = append(ix.starts, i+1)
		}
	}
	return ix
}

// Position is the line and column of a byte offset. Offsets outside the file are
// moved to its nearer end.
func (ix *Index) Position(offset int) Position {
	offset = min(max(offset, 0), ix.size)
	line := sort.SearchInts(ix.starts, offset+1)
	return Position{Line: line, Column: offset - ix.starts[line-1] + 1}
}

// Lines is the number of lines; a final newline does not start another one.
func (ix *Index) Lines() int {
	n := len(ix.starts)
	if n > 1 && ix.starts[n-1] == ix.size {
		return n - 1
	}
	return n
}

// Line is the span of the numbered line (from 1), its newline included.
// Numbers outside the file give an empty span at its nearer end.
func (ix *Index) Line(n int) Span {
	switch {
	case n < 1:
		return Span{}
	case n > len(ix.starts):
		return Span{ix.size, ix.size}
	case n == len(ix.starts):
		return Span{ix.starts[n-1], ix.size}
	}
	return Span{ix.starts[n-1], ix.starts[n]}
}
