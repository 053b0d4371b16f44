package shell

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/span"
)

// Delete takes the command out of the text together with what joins it to its
// neighbours. It is nil when nothing would be left, when the command is one side
// of || or a pipe, when the text has heredocs of its own, whose bodies follow in
// order, or when no clean cut is to be had.
func (c *Command) Delete() []span.Edit {
	if c.node == nil || c.node.stmt.Background || c.frame.s.hdoc {
		return nil
	}
	if start(c.node.stmt) != c.lo || c.frame.until(c.node.stmt) != c.hi {
		return nil // "time" or "!" stands before it
	}
	if c.node.parent != nil {
		return c.deleteSide()
	}
	return c.deleteFromList()
}

// deleteSide deletes one side of &&. When the && ends the line before the next
// side, it goes with what stands before it, else with what follows it.
func (c *Command) deleteSide() []span.Edit {
	n, f := c.node, c.frame
	b, ok := n.parent.binary()
	if !ok || b.Op != syntax.AndStmt {
		return nil
	}
	if !n.right {
		return f.eraseHead(c.lo, start(b.Y))
	}
	if up := n.parent; up.parent != nil && !up.right {
		if next, ok := up.parent.binary(); ok && next.Op == syntax.AndStmt && f.endsLine(next) {
			return f.eraseUpTo(c.lo, start(next.Y))
		}
	}
	return f.eraseFrom(f.until(b.X), c.hi)
}

// deleteFromList deletes one statement of several. In a heredoc it is taken out
// with its lines where it has them to itself.
func (c *Command) deleteFromList() []span.Edit {
	n, f := c.node, c.frame
	if len(n.list) < 2 {
		return nil
	}
	if lines, ok := f.ownLines(c.lo, c.hi); ok {
		return []span.Edit{span.Delete(lines)}
	}
	if n.index == 0 {
		return f.eraseHead(c.lo, start(n.list[1]))
	}
	before := n.list[n.index-1]
	if before.Background || strings.Contains(f.text[f.until(before):c.lo], "\n") {
		return nil
	}
	return f.eraseFrom(f.until(before), c.hi)
}

// eraseHead deletes what may be the beginning of the text. It is nil where the
// rest would be read as an array, a flag, a heredoc or blanks when it comes first.
func (f *frame) eraseHead(begin, until int) []span.Edit {
	if first := f.text[until]; blank(f.text[:begin]) && (strings.IndexByte("[-<\v\f", first) >= 0 || first >= 0x80) {
		return nil
	}
	return f.eraseUpTo(begin, until)
}

// ownLines are the lines that [lo, hi) fills alone in a text with newlines.
func (f *frame) ownLines(lo, hi int) (span.Span, bool) {
	first := strings.LastIndexByte(f.text[:lo], '\n') + 1
	n := strings.IndexByte(f.text[hi:], '\n')
	if n < 0 || strings.Trim(f.text[first:lo], " \t") != "" || strings.Trim(f.text[hi:hi+n], " \t\r;") != "" {
		return span.Span{}, false
	}
	from, to := f.at(first), f.behind(hi+n+1)
	if !f.s.contiguous(f, first, hi+n+1) {
		return span.Span{}, false
	}
	return span.Span{Start: from, End: to}, true
}

// contiguous tells whether the logical range stands in the file in one piece.
func (s *Script) contiguous(f *frame, lo, hi int) bool {
	at := f.span(lo, hi)
	return at.End <= len(s.file) && string(s.file[at.Start:at.End]) == f.text[lo:hi]
}

// endsLine tells whether the && is the last thing on its line.
func (f *frame) endsLine(b *syntax.BinaryCmd) bool {
	behind, next := f.behind(int(b.OpPos.Offset())+2), f.at(start(b.Y))
	return bytes.IndexByte(f.s.file[behind:next], '\n') >= 0
}
