package span_test

import (
	"bytes"
	"testing"

	"github.com/careenhq/careen/span"
)

func checkIndex(t *testing.T, src []byte) {
	t.Helper()
	ix := span.NewIndex(src)
	for at := 0; at <= len(src); at++ {
		p := ix.Position(at)
		line := ix.Line(p.Line)
		if line.Start+p.Column-1 != at {
			t.Fatalf("%q: byte %d is %+v, whose line begins at %d", src, at, p, line.Start)
		}
		if want := bytes.Count(src[:at], []byte("\n")) + 1; p.Line != want {
			t.Fatalf("%q: byte %d is on line %d, want %d", src, at, p.Line, want)
		}
	}
	var joined []byte
	for n := 1; n <= ix.Lines(); n++ {
		joined = append(joined, ix.Line(n).Text(src)...)
	}
	if !bytes.Equal(joined, src) {
		t.Fatalf("%q: its %d lines are %q", src, ix.Lines(), joined)
	}
}

func TestIndex(t *testing.T) {
	for _, src := range []string{"", "\n", "a", "a\n", "a\nb", "a\r\nb\r\n", "\n\n\n", "\xff\n\x00"} {
		checkIndex(t, []byte(src))
	}
}

func TestIndexOutside(t *testing.T) {
	ix := span.NewIndex([]byte("a\nbc"))
	if got, want := ix.Position(-3), (span.Position{Line: 1, Column: 1}); got != want {
		t.Errorf("before the file: %+v", got)
	}
	if got, want := ix.Position(99), (span.Position{Line: 2, Column: 3}); got != want {
		t.Errorf("behind the file: %+v", got)
	}
	if got := ix.Line(0); got != (span.Span{}) {
		t.Errorf("line 0: %+v", got)
	}
	if got, want := ix.Line(7), (span.Span{Start: 4, End: 4}); got != want {
		t.Errorf("line 7: %+v", got)
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("a\r\n\nb"))
	f.Fuzz(func(t *testing.T, src []byte) { checkIndex(t, src) })
}

func TestSpan(t *testing.T) {
	a := span.Span{Start: 2, End: 5}
	for _, c := range []struct {
		b                span.Span
		covers, overlaps bool
	}{
		{span.Span{Start: 2, End: 5}, true, true}, {span.Span{Start: 3, End: 4}, true, true}, {span.Span{Start: 4, End: 6}, false, true},
		{span.Span{Start: 5, End: 6}, false, false}, {span.Span{Start: 0, End: 2}, false, false}, {span.Span{Start: 0, End: 9}, false, true},
	} {
		if a.Covers(c.b) != c.covers || a.Overlaps(c.b) != c.overlaps || c.b.Overlaps(a) != c.overlaps {
			t.Errorf("%v and %v: covers %v, overlaps %v", a, c.b, a.Covers(c.b), a.Overlaps(c.b))
		}
	}
	if a.Contains(5) || !a.Contains(2) || a.Len() != 3 || a.Empty() || !(span.Span{Start: 3, End: 3}).Empty() {
		t.Error("a span holds its first byte and not its end")
	}
}
