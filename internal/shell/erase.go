package shell

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/careenhq/careen/span"
)

// eraseFrom deletes what stands from the end of one part of the text to the end of
// another.
func (f *frame) eraseFrom(end, last int) []span.Edit {
	return f.erase(span.Span{Start: f.behind(end), End: f.behind(last)})
}

// eraseUpTo deletes what stands from the beginning of one part of the text to the
// beginning of another.
func (f *frame) eraseUpTo(begin, until int) []span.Edit {
	return f.erase(span.Span{Start: f.at(begin), End: f.at(until)})
}

// erase deletes the bytes of cut and keeps every comment line among them. It is
// nil where that cannot be done.
func (f *frame) erase(cut span.Span) []span.Edit {
	if before := f.s.beforeBlanks(cut.Start); before > 0 && f.s.file[before-1] == f.s.escape {
		return nil // an escaped blank would become a continuation
	}
	if r, _ := utf8.DecodeLastRune(f.s.file[:cut.Start]); unicode.IsSpace(r) && !strings.ContainsRune(" \t\n", r) {
		return nil // a blank that is part of a word for the shell, not for BuildKit
	}
	comments := f.s.commentLines(cut)
	switch {
	case len(comments) == 0:
		return []span.Edit{span.Delete(cut)}
	case f.s.raw || f.depth > 0:
		return nil // comments of the shell's own, or of a text inside quotes
	}
	return f.s.eraseAround(cut, comments, f.behind(len(f.text)))
}

// eraseAround deletes cut but for the comment lines in it. end is where the whole
// text ends.
func (s *Script) eraseAround(cut span.Span, comments []span.Span, end int) []span.Edit {
	head := span.Span{Start: cut.Start, End: s.continuation(comments[0].Start)}
	tail := span.Span{Start: comments[len(comments)-1].End, End: cut.End}
	if head.End < head.Start {
		return nil
	}
	switch rest := s.line(cut.End); {
	case cut.End >= end && strings.TrimSpace(rest.Text(s.file)) != "":
		return nil
	case cut.End >= end: // the comment lines would be the last: no continuation before them
		head.End = s.lineEnd(comments[0].Start)
		head.Start = s.beforeBlanks(head.Start)
	case s.onlyContinuation(rest):
		tail.End = rest.End
	default:
		tail.Start += indentation(s.file[tail.Start:tail.End])
		if strings.HasPrefix(strings.TrimLeft(rest.Text(s.file), " \t"), "#") {
			return nil // the shell's comment would become BuildKit's
		}
	}
	edits := []span.Edit{span.Replace(head, s.blankBefore(head.End))}
	for k := 1; k < len(comments); k++ {
		between := span.Span{Start: comments[k-1].End, End: comments[k].Start}
		if !between.Empty() {
			edits = append(edits, span.Delete(between))
		}
	}
	return append(edits, span.Delete(tail))
}

// blankBefore is what keeps words apart that only the deleted lines kept apart: a
// continuation without a blank before it does not.
func (s *Script) blankBefore(continuation int) string {
	if s.file[continuation] == s.escape {
		return " "
	}
	return ""
}

// commentLines are the whole lines inside at that BuildKit takes for comments,
// newlines included. The line that at begins on is not one of them.
func (s *Script) commentLines(at span.Span) []span.Span {
	var out []span.Span
	pos := at.Start
	for {
		n := bytes.IndexByte(s.file[pos:at.End], '\n')
		if n < 0 {
			return out
		}
		pos += n + 1
		line := s.line(pos)
		if strings.HasPrefix(strings.TrimLeft(string(s.file[pos:line.End]), " \t\v\f\r"), "#") && line.End <= at.End {
			out = append(out, line)
		}
	}
}

// line is the rest of the line from offset on, newline included.
func (s *Script) line(offset int) span.Span {
	if n := bytes.IndexByte(s.file[offset:], '\n'); n >= 0 {
		return span.Span{Start: offset, End: offset + n + 1}
	}
	return span.Span{Start: offset, End: len(s.file)}
}

// continuation is the offset of the escape character, with the blanks before it,
// that ends the last line with text before offset, which begins a line.
func (s *Script) continuation(offset int) int {
	end := len(bytes.TrimRight(s.file[:offset], " \t\r\n"))
	if end == 0 || s.file[end-1] != s.escape {
		return -1
	}
	return s.beforeBlanks(end - 1)
}

// lineEnd is where the text of the last line with text before offset ends, its
// continuation included.
func (s *Script) lineEnd(offset int) int {
	return len(bytes.TrimRight(s.file[:offset], " \t\r\n"))
}

// beforeBlanks moves an offset to before the blanks in front of it.
func (s *Script) beforeBlanks(offset int) int {
	for offset > 0 && (s.file[offset-1] == ' ' || s.file[offset-1] == '\t') {
		offset--
	}
	return offset
}

// onlyContinuation tells whether nothing but a continuation is left of a line.
func (s *Script) onlyContinuation(rest span.Span) bool {
	text := strings.Trim(rest.Text(s.file), " \t\r\n")
	return text == string(s.escape)
}

func indentation(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " \t")) }
