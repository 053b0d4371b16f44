package span_test

import (
	"math/rand/v2"
	"testing"

	"github.com/careenhq/careen/span"
)

// anyMap builds a map of random runs over a file of distinct bytes, in file
// order, with text of its own in between, and gives the logical text.
func anyMap(r *rand.Rand, file []byte) (span.Map, []byte) {
	var m span.Map
	var text []byte
	for at := 0; at < len(file); {
		end := at + r.IntN(len(file)-at) + 1
		switch r.IntN(3) {
		case 0: // left out
		case 1:
			m.Append(span.Span{Start: at, End: end})
			text = append(text, file[at:end]...)
		case 2:
			m.Append(span.Span{Start: at, End: end})
			m.Skip(1)
			text = append(append(text, file[at:end]...), 0)
		}
		at = end
	}
	return m, text
}

// distinct is a file in which no byte occurs twice, and none is 0.
func distinct() []byte {
	file := make([]byte, 200)
	for k := range file {
		file[k] = byte(k + 1)
	}
	return file
}

// TestMapLaw holds that every byte of the text leads to where it stands and back.
func TestMapLaw(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	file := distinct()
	for range 1000 {
		m, text := anyMap(r, file)
		checkMap(t, m, text, file)
	}
}

func checkMap(t *testing.T, m span.Map, text, file []byte) {
	t.Helper()
	if m.Len() != len(text) {
		t.Fatalf("length %d, want %d", m.Len(), len(text))
	}
	for k, c := range text {
		if c == 0 {
			continue
		}
		at := m.Offset(k)
		if file[at] != c {
			t.Fatalf("byte %d of the text is said to stand at %d", k, at)
		}
		if back, ok := m.Logical(at); !ok || back != k {
			t.Fatalf("byte %d of the file leads to %d (%v), want %d", at, back, ok, k)
		}
		if s := m.Span(k, k+1); s != (span.Span{Start: at, End: at + 1}) {
			t.Fatalf("byte %d of the text has the span %v, want %d", k, s, at)
		}
	}
	var again []byte
	for _, s := range m.Runs() {
		again = append(again, file[s.Start:s.End]...)
	}
	if want := without0(text); string(again) != string(want) {
		t.Fatalf("the runs give %v, want %v", again, want)
	}
}

func without0(text []byte) []byte {
	var out []byte
	for _, c := range text {
		if c != 0 {
			out = append(out, c)
		}
	}
	return out
}

// TestSliceLaw holds that the map of a part is the part of the map.
func TestSliceLaw(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	file := distinct()
	for range 1000 {
		m, text := anyMap(r, file)
		lo := r.IntN(len(text) + 1)
		hi := lo + r.IntN(len(text)-lo+1)
		checkMap(t, m.Slice(lo, hi), text[lo:hi], file)
	}
}

// TestMapEnds holds what lies at and behind the end of a text.
func TestMapEnds(t *testing.T) {
	var empty span.Map
	if empty.Len() != 0 || empty.Offset(0) != 0 || empty.Span(0, 0) != (span.Span{}) {
		t.Error("the zero value is the map of an empty text")
	}
	var m span.Map
	m.Append(span.Span{Start: 3, End: 5})
	m.Append(span.Span{Start: 9, End: 9})
	if m.Len() != 2 || m.Offset(2) != 9 || m.Offset(50) != 9 {
		t.Errorf("behind the text: %d, %d", m.Offset(2), m.Offset(50))
	}
	if at, ok := m.Logical(7); ok || at != 2 {
		t.Errorf("a byte left out leads to %d (%v)", at, ok)
	}
	if at, ok := m.Logical(9); !ok || at != 2 {
		t.Errorf("the end leads to %d (%v)", at, ok)
	}
}
