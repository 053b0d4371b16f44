package span

import "sort"

// A Map leads from offsets in a logical text (lines joined, comments left out,
// pieces put together) back to the file its bytes came from. The zero value is
// the map of an empty text; Append and Skip build it in the order of the text.
type Map struct {
	runs []run
	size int // of the logical text
	end  int // file offset just behind the last logical byte
}

// run says that n logical bytes from at stand in the file from off.
type run struct{ at, off, n int }

// Append maps the next s.Len() bytes of the logical text to s. An empty span only
// moves the end.
func (m *Map) Append(s Span) {
	m.end = s.End
	if s.Empty() {
		return
	}
	if k := len(m.runs) - 1; k >= 0 && m.runs[k].off+m.runs[k].n == s.Start && m.runs[k].at+m.runs[k].n == m.size {
		m.runs[k].n += s.Len()
	} else {
		m.runs = append(m.runs, run{m.size, s.Start, s.Len()})
	}
	m.size += s.Len()
}

// Skip says that the next n bytes of the logical text stand nowhere in the file.
func (m *Map) Skip(n int) { m.size += n }

// Len is the length of the logical text in bytes.
func (m Map) Len() int { return m.size }

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
func (m Map) Span(start, end int) Span {
	from := m.Offset(start)
	if end <= start {
		return Span{from, from}
	}
	return Span{from, max(m.behind(end), from)}
}

// behind is the file offset just behind the logical byte before end.
func (m Map) behind(end int) int {
	k := sort.Search(len(m.runs), func(k int) bool { return m.runs[k].at >= end }) - 1
	if k < 0 {
		return m.Offset(0)
	}
	return m.runs[k].off + min(end-m.runs[k].at, m.runs[k].n)
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

// Runs are the file's spans that make up the logical text, in its order.
func (m Map) Runs() []Span {
	out := make([]Span, len(m.runs))
	for k, r := range m.runs {
		out[k] = Span{r.off, r.off + r.n}
	}
	return out
}

// Slice is the map of the logical text's part [start, end).
func (m Map) Slice(start, end int) Map {
	out := Map{size: end - start, end: m.Span(start, end).End}
	for _, r := range m.runs {
		lo, hi := max(r.at, start), min(r.at+r.n, end)
		if lo < hi {
			out.runs = append(out.runs, run{lo - start, r.off + lo - r.at, hi - lo})
		}
	}
	return out
}
