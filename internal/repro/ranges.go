package repro

// A Range is the bytes from Start up to, not including, End.
type Range struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// Ranges nearer to each other than joined bytes are one; maxRanges of a file are
// listed.
const (
	joined    = 8
	maxRanges = 16
)

// ranges are the bytes of a that b does not have, and how many ranges more there
// are. Where the lengths differ all between the common beginning and the common end
// is one range.
func ranges(a, b []byte) ([]Range, int) {
	if len(a) != len(b) {
		start, end := 0, 0
		for n := min(len(a), len(b)); start < n && a[start] == b[start]; {
			start++
		}
		for n := min(len(a), len(b)) - start; end < n && a[len(a)-1-end] == b[len(b)-1-end]; {
			end++
		}
		return []Range{{int64(start), int64(len(a) - end)}}, 0
	}
	var list []Range
	more := 0
	last := -joined
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		switch {
		case i-last < joined && more == 0:
			list[len(list)-1].End = int64(i) + 1
		case i-last < joined:
		case len(list) < maxRanges:
			list = append(list, Range{int64(i), int64(i) + 1})
		default:
			more++
		}
		last = i
	}
	return list, more
}
