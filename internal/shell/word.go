package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// word reads a word of the grammar.
func (f *frame) word(w *syntax.Word) Word {
	lo, hi := int(w.Pos().Offset()), f.trim(int(w.End().Offset()))
	out := Word{Span: f.span(lo, hi), lo: lo, hi: hi}
	var b strings.Builder
	if out.Literal = literal(&b, w.Parts, &out.Glob); out.Literal {
		out.Value = b.String()
	} else {
		out.Value = f.text[lo:hi]
	}
	return out
}

// literal writes what the shell makes of the parts; false where it computes.
func literal(b *strings.Builder, parts []syntax.WordPart, glob *bool) bool {
	for k, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			if k == 0 && strings.HasPrefix(p.Value, "~") {
				return false
			}
			unescape(b, p.Value, glob)
		case *syntax.SglQuoted:
			if p.Dollar {
				return false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			if p.Dollar || !quoted(b, p.Parts) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// unescape removes the backslashes of text outside quotes.
func unescape(b *strings.Builder, s string, glob *bool) {
	for k := 0; k < len(s); k++ {
		switch c := s[k]; {
		case c == '\\' && k+1 < len(s):
			k++
			if s[k] != '\n' {
				b.WriteByte(s[k])
			}
			continue
		case c == '*', c == '?', c == '[' && strings.IndexByte(s[k:], ']') > 0, c == '{' && strings.IndexByte(s[k:], '}') > 0:
			*glob = true
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
}

// quoted writes the inside of double quotes.
func quoted(b *strings.Builder, parts []syntax.WordPart) bool {
	for _, part := range parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			return false
		}
		s := lit.Value
		for k := 0; k < len(s); k++ {
			if s[k] == '\\' && k+1 < len(s) && strings.IndexByte("$`\"\\\n", s[k+1]) >= 0 {
				k++
				if s[k] == '\n' {
					continue
				}
			}
			b.WriteByte(s[k])
		}
	}
	return true
}

// pure tells whether the word's value stands in the file byte for byte, between
// plain quotes or none; the range is the value's.
func (f *frame) pure(w Word) (lo, hi int, quote string, ok bool) {
	lo, hi = w.lo, w.hi
	text := f.text[lo:hi]
	if len(text) >= 2 && (text[0] == '\'' || text[0] == '"') && text[len(text)-1] == text[0] {
		lo, hi, quote = lo+1, hi-1, text[:1]
	}
	return lo, hi, quote, w.Literal && f.text[lo:hi] == w.Value
}
