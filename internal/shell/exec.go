package shell

import "github.com/careenhq/careen/span"

// element makes a frame of an element of the exec form. It must stand in the
// file as it is, between its quotes.
func (s *Script) element(w Word) *frame {
	in := span.Span{Start: w.Span.Start + 1, End: w.Span.End - 1}
	if in.End < in.Start || string(s.file[in.Start:in.End]) != w.Value {
		return nil
	}
	f := &frame{s: s, text: w.Value, forbid: `"\`, depth: 1}
	f.pos.Append(in)
	return f
}
