package shell

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// Insert adds arguments behind a word of the command. In the exec form each text
// is one element; elsewhere the texts are shell words, quoted by the caller where
// they need it. It is nil when the quotes around do not allow the text.
func (c *Command) Insert(after Word, texts ...string) []span.Edit {
	if after.hi == 0 || !c.allows(texts...) || c.frame != nil && (c.frame.escapes(after.hi) || c.frame.redirects(after.hi)) {
		return nil
	}
	var b strings.Builder
	for _, text := range texts {
		if c.frame == nil {
			b.WriteString(`, "` + text + `"`)
		} else {
			b.WriteString(" " + text)
		}
	}
	return []span.Edit{span.Insert(c.behind(after), b.String())}
}

// Replace puts text in the place of a word. It is nil when a comment stands
// inside the word, or the quotes around do not allow the text.
func (c *Command) Replace(w Word, text string) []span.Edit {
	if w.hi == 0 || !c.allows(text) {
		return nil
	}
	if c.frame == nil {
		return []span.Edit{span.Replace(w.Span, `"`+text+`"`)}
	}
	if len(c.frame.s.commentLines(w.Span)) > 0 || c.frame.redirects(w.hi) {
		return nil
	}
	return []span.Edit{span.Replace(w.Span, text)}
}

// Remove deletes an argument with the blanks before it. It is nil for the
// command's name, and where no clean cut is to be had.
func (c *Command) Remove(w Word) []span.Edit {
	if !c.allows() {
		return nil
	}
	for k := 1; k < len(c.Words); k++ {
		if c.Words[k].lo != w.lo || c.Words[k].hi != w.hi {
			continue
		}
		if c.frame == nil {
			return []span.Edit{span.Delete(span.Span{Start: c.Words[k-1].Span.End, End: w.Span.End})}
		}
		if !blank(c.frame.text[c.Words[k-1].hi:w.lo]) || c.frame.redirects(w.hi) {
			return nil // a redirection stands between, or would take the word before for a number
		}
		return c.frame.eraseFrom(c.Words[k-1].hi, w.hi)
	}
	return nil
}

// allows tells whether the texts may stand inside the quotes around the command. In
// the lines of heredocs nothing may: BuildKit looks for their ends first.
func (c *Command) allows(texts ...string) bool {
	forbid := `"\`
	if c.frame != nil {
		if head := c.frame.s.head; head >= 0 && (c.hi > head || c.frame.depth > 0) {
			return false
		}
		forbid = c.frame.forbid
	}
	for _, text := range texts {
		if strings.ContainsAny(text, forbid) || strings.ContainsAny(text, "\r\n") {
			return false
		}
	}
	return true
}

// redirects tells whether a redirection follows without a blank.
func (f *frame) redirects(hi int) bool {
	return hi < len(f.text) && (f.text[hi] == '<' || f.text[hi] == '>')
}

// escapes tells whether what stands before hi would escape a blank put there.
func (f *frame) escapes(hi int) bool {
	text := f.text[:hi]
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// behind is the file offset just behind a word of the command.
func (c *Command) behind(w Word) int {
	if c.frame == nil {
		return w.Span.End
	}
	return c.frame.behind(w.hi)
}

// blank tells whether nothing but white space and shell continuations is left.
func blank(s string) bool { return strings.Trim(strings.ReplaceAll(s, "\\\n", ""), " \t\r\n") == "" }
