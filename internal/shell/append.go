package shell

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/span"
)

// Append adds commands behind the statement that the command belongs to, so that
// they run when it has succeeded and their own failure counts as its failure
// would: "a && b" becomes "a && b && text", and "a; b" under set -e becomes
// "a; text; b". It writes the joint the way the text writes its others. It is nil
// where there is no place for it.
func (c *Command) Append(text string) []span.Edit {
	if c.node == nil || !c.allows(text) {
		return nil
	}
	top := c.node.top()
	if c.frame.escapes(c.frame.until(top.stmt)) || top.stmt.Background || top.stmt.Coprocess || top.stmt.Disown {
		return nil
	}
	joint := c.frame.and(top)
	if top.separate() {
		joint = c.frame.separator(top)
	}
	if joint == "" {
		return nil
	}
	return []span.Edit{span.Insert(c.frame.behind(c.frame.until(top.stmt)), joint+text)}
}

// separate tells whether what follows the statement must be a statement of its
// own: set -e looks only at the last command of "a && b", so joining another one
// would hide a failure, unless the statement's status is the whole text's.
func (n *node) separate() bool {
	_, joined := n.binary()
	return n.errexit && !(n.tail && joined)
}

// and is the joint of && as the statement writes it, from the end of one side to
// the beginning of the other.
func (f *frame) and(top *node) string {
	for st := top.stmt; ; {
		b, ok := st.Cmd.(*syntax.BinaryCmd)
		if !ok {
			return f.newAnd(top.stmt)
		}
		if b.Op == syntax.AndStmt {
			if gap := f.gap(f.until(b.X), start(b.Y), "&&"); strings.Contains(gap, "\n") {
				return gap
			}
			return f.newAnd(top.stmt)
		}
		st = b.X
	}
}

// newAnd is a && for a statement that has none: on a line of its own when the
// statement has several.
func (f *frame) newAnd(st *syntax.Stmt) string {
	text := f.s.file[f.at(start(st)):f.behind(f.until(st))]
	n := bytes.IndexByte(text, '\n')
	if f.depth > 0 || n < 0 {
		return " && "
	}
	esc := string(f.s.escape)
	if f.s.raw {
		esc = `\`
	}
	indent := string(text[n+1:][:indentation(text[n+1:])])
	if len(indent) == 0 || len(indent) > maxIndent {
		indent = "    "
	}
	return " " + esc + f.eol() + indent + "&& "
}

// maxIndent is the widest indentation that is taken over; a wider one aligns
// arguments.
const maxIndent = 8

// separator is what stands between the statement and a neighbour in its list.
func (f *frame) separator(top *node) string {
	if top.index > 0 {
		before := top.list[top.index-1]
		if before.Background || hasHdoc(before) {
			return "; "
		}
		return f.gap(f.until(before), start(top.stmt), ";")
	}
	if len(top.list) > 1 && !hasHdoc(top.stmt) {
		return f.gap(f.until(top.stmt), start(top.list[1]), ";")
	}
	return "; "
}

// gap is the text of the file between two parts of a statement that the joint
// joins, comments left out.
func (f *frame) gap(lo, hi int, joint string) string {
	at := span.Span{Start: f.behind(lo), End: f.at(hi)}
	var b strings.Builder
	pos := at.Start
	for _, c := range f.s.commentLines(at) {
		b.Write(f.s.file[pos:c.Start])
		pos = c.End
	}
	b.Write(f.s.file[pos:at.End])
	return f.tidy(b.String(), joint)
}

// tidy makes sure that a gap is the joint, among blanks and line ends; a newline
// alone joins as ';' does where the text has its own.
func (f *frame) tidy(gap, joint string) string {
	blanks := strings.NewReplacer(string(f.s.escape), "", `\`, "", " ", "", "\t", "", "\r", "")
	core := blanks.Replace(gap)
	switch {
	case strings.Trim(core, "\n") == joint:
		return gap
	case joint == ";" && f.s.raw && core != "" && strings.Trim(core, "\n") == "":
		return gap[strings.LastIndexByte(gap, '\n'):]
	case joint == ";":
		return "; "
	}
	return " " + joint + " "
}

// eol is the line ending of the file's first line.
func (f *frame) eol() string {
	if ln := f.s.line(0); strings.HasSuffix(ln.Text(f.s.file), "\r\n") {
		return "\r\n"
	}
	return "\n"
}
