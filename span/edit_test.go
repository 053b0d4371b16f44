package span_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/careenhq/careen/span"
)

func TestApply(t *testing.T) {
	const src = "0123456789"
	for name, c := range map[string]struct {
		edits []span.Edit
		want  string // "" means refused
	}{
		"none":               {nil, src},
		"any order":          {[]span.Edit{span.Delete(span.Span{Start: 8, End: 9}), span.Replace(span.Span{Start: 1, End: 3}, "x")}, "0x345679"},
		"insertions in turn": {[]span.Edit{span.Insert(5, "a"), span.Insert(5, "b")}, "01234ab56789"},
		"before a deletion":  {[]span.Edit{span.Delete(span.Span{Start: 5, End: 10}), span.Insert(5, "a")}, "01234a"},
		"side by side":       {[]span.Edit{span.Delete(span.Span{Start: 0, End: 5}), span.Delete(span.Span{Start: 5, End: 9})}, "9"},
		"both ends":          {[]span.Edit{span.Insert(0, "<"), span.Insert(10, ">")}, "<" + src + ">"},
		"overlap":            {[]span.Edit{span.Delete(span.Span{Start: 0, End: 5}), span.Delete(span.Span{Start: 4, End: 9})}, ""},
		"inside another":     {[]span.Edit{span.Delete(span.Span{Start: 0, End: 5}), span.Insert(3, "a")}, ""},
		"past the end":       {[]span.Edit{span.Insert(11, "a")}, ""},
		"before the start":   {[]span.Edit{span.Insert(-1, "a")}, ""},
		"backwards":          {[]span.Edit{span.Delete(span.Span{Start: 5, End: 4})}, ""},
	} {
		got, err := span.Apply([]byte(src), c.edits)
		if (err != nil) != (c.want == "") || string(got) != c.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
	}
}

// TestApplyLaw holds, for edits that do not touch, that each replacement stands
// in the outcome and every byte outside them is kept, in order.
func TestApplyLaw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		src := make([]byte, r.IntN(60))
		for k := range src {
			src[k] = byte('a' + r.IntN(26))
		}
		var edits []span.Edit
		var want bytes.Buffer
		for at := 0; at < len(src); {
			keep := at + r.IntN(len(src)-at) + 1
			want.Write(src[at:keep])
			end := keep + r.IntN(len(src)-keep+1)
			text := "<" + string(src[keep:end]) + ">"
			edits = append(edits, span.Replace(span.Span{Start: keep, End: end}, text))
			want.WriteString(text)
			if at = end; end == keep {
				want.Write(src[at:])
				break
			}
		}
		r.Shuffle(len(edits), func(i, j int) { edits[i], edits[j] = edits[j], edits[i] })
		original := bytes.Clone(src)
		got, err := span.Apply(src, edits)
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("%q with %v: %q (%v), want %q", src, edits, got, err, want.Bytes())
		}
		if !bytes.Equal(src, original) {
			t.Fatal("the source was changed")
		}
	}
}
