package dockerfile

import (
	"sort"
	"strings"

	"github.com/careenhq/careen/span"
)

// A Map leads from offsets in a logical text (an instruction with its
// continuations joined, or a script assembled from heredocs) back to offsets in
// the file. The zero value maps nothing.
type Map struct {
	runs []run
	size int // of the logical text
	end  int // file offset just behind the last logical byte
}

// run says that n logical bytes from at stand in the file from off.
type run struct{ at, off, n int }

// Offset is the file offset of the logical byte at i. An offset at or past the
// end gives the place just behind the last byte. A byte that stands nowhere in
// the file gives the place of the next one that does.
func (m Map) Offset(i int) int {
	k := sort.Search(len(m.runs), func(k int) bool { return m.runs[k].at+m.runs[k].n > i })
	if k == len(m.runs) {
		return m.end
	}
	return m.runs[k].off + max(i-m.runs[k].at, 0)
}

// Span is the part of the file that the logical range [start, end) came from,
// with whatever the logical text leaves out in between.
func (m Map) Span(start, end int) span.Span {
	if end <= start {
		at := m.Offset(start)
		return span.Span{Start: at, End: at}
	}
	from := m.Offset(start)
	return span.Span{Start: from, End: max(m.Offset(end-1)+1, from)}
}

// Logical is the logical offset of a file offset; ok is false where the file's
// byte is left out of the logical text.
func (m Map) Logical(offset int) (at int, ok bool) {
	for _, r := range m.runs {
		if r.off <= offset && offset < r.off+r.n {
			return r.at + offset - r.off, true
		}
	}
	return m.size, offset == m.end
}

// Contiguous tells whether the logical range stands in the file without gaps.
func (m Map) Contiguous(start, end int) bool {
	return m.Span(start, end).Len() == end-start
}

// Len is the length of the logical text in bytes.
func (m Map) Len() int { return m.size }

// slice is the map of the logical text's part [start, end).
func (m Map) slice(start, end int) Map {
	out := Map{size: end - start, end: m.Span(start, end).End}
	for _, r := range m.runs {
		lo, hi := max(r.at, start), min(r.at+r.n, end)
		if lo < hi {
			out.runs = append(out.runs, run{lo - start, r.off + lo - r.at, hi - lo})
		}
	}
	return out
}

// A joiner assembles a logical text from pieces of a file. While the text is one
// piece of the file, nothing is copied.
type joiner struct {
	file   string
	pos    Map
	buf    strings.Builder
	copied bool // buf holds the text
}

// add appends the file's bytes [start, end).
func (j *joiner) add(start, end int) {
	j.pos.end = end
	if start == end {
		return
	}
	if k := len(j.pos.runs) - 1; k >= 0 && j.pos.runs[k].off+j.pos.runs[k].n == start && j.pos.runs[k].at+j.pos.runs[k].n == j.pos.size {
		j.pos.runs[k].n += end - start
	} else {
		j.copy(k < 0)
		j.pos.runs = append(j.pos.runs, run{j.pos.size, start, end - start})
	}
	if j.copied {
		j.buf.WriteString(j.file[start:end])
	}
	j.pos.size += end - start
}

// literal appends text that stands nowhere in the file.
func (j *joiner) literal(s string) {
	j.copy(false)
	j.buf.WriteString(s)
	j.pos.size += len(s)
}

// copy moves the text into the buffer. The first piece alone needs none.
func (j *joiner) copy(first bool) {
	if j.copied || first {
		return
	}
	j.buf.WriteString(j.text())
	j.copied = true
}

func (j *joiner) text() string {
	if j.copied || len(j.pos.runs) == 0 {
		return j.buf.String()
	}
	r := j.pos.runs[0]
	return j.file[r.off : r.off+r.n]
}
