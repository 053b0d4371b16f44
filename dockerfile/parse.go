package dockerfile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/careenhq/careen/span"
)

const byteOrderMark = "\uFEFF"

// maxLine is the longest line, newline included, that BuildKit reads. A last line
// without a newline may be one byte shorter.
const maxLine = 64 * 1024

// Parse reads a Dockerfile. It accepts any bytes; what BuildKit would refuse is
// listed in the file's Problems.
func Parse(src []byte) *File {
	p := parser{f: newFile(src)}
	p.text = p.f.text
	p.bom()
	for p.pos < len(p.text) {
		p.statement()
	}
	p.f.divide()
	p.f.check()
	return p.f
}

type parser struct {
	f       *File
	text    string
	pos     int // where the next line begins
	lines   int // read so far
	head    directives
	leading []Comment // comment lines directly above
}

// physical is one line of the file.
type physical struct {
	start int // of the line
	text  int // first byte that is not space
	stop  int // behind the last byte that is not of the newline
	end   int // behind the newline
}

// block is a range of whole lines: an instruction's, or those of one comment,
// directive or blank line.
type block struct {
	kind  Kind
	lines span.Span
	inst  *Instruction // for instructions
}

func (p *parser) bom() {
	if strings.HasPrefix(p.text, byteOrderMark) {
		p.pos = len(byteOrderMark)
	}
}

// next reads one line.
func (p *parser) next() physical {
	ln := physical{start: p.pos}
	if n := strings.IndexByte(p.text[p.pos:], '\n'); n >= 0 {
		ln.end = p.pos + n + 1
	} else {
		ln.end = len(p.text)
	}
	ln.stop = ln.start + len(strings.TrimRight(p.text[ln.start:ln.end], "\r\n"))
	ln.text = ln.stop - len(trimLeft(p.text[ln.start:ln.stop]))
	p.pos = ln.end
	p.lines++
	p.limit(ln)
	return ln
}

func (p *parser) limit(ln physical) {
	n := ln.end - ln.start
	if ln.start == len(byteOrderMark) && p.lines == 1 {
		n = ln.end
	}
	if n < maxLine || n == maxLine && p.text[ln.end-1] == '\n' {
		return
	}
	p.f.problem(span.Span{Start: ln.start, End: ln.stop}, "line is longer than 65535 bytes")
}

func (p *parser) isComment(ln physical) bool { return ln.text < ln.stop && p.text[ln.text] == '#' }

// statement reads a blank line, a comment, a directive or an instruction.
func (p *parser) statement() {
	ln := p.next()
	lines := span.Span{Start: ln.start, End: ln.end}
	switch {
	case p.isComment(ln):
		if p.directive(ln) {
			p.f.blocks = append(p.f.blocks, block{kind: DirectiveToken, lines: lines})
			return
		}
		c := p.comment(ln)
		p.leading = append(p.leading, c)
		p.f.blocks = append(p.f.blocks, block{kind: CommentToken, lines: lines})
	case ln.text == ln.stop:
		p.head.done = true
		p.leading = nil
		p.f.blocks = append(p.f.blocks, block{kind: SpaceToken, lines: lines})
	default:
		p.head.done = true
		i := p.instruction(ln)
		p.leading = nil
		p.f.Instructions = append(p.f.Instructions, i)
		p.f.blocks = append(p.f.blocks, block{kind: TextToken, lines: i.lines, inst: i})
	}
}

func (p *parser) comment(ln physical) Comment {
	at := span.Span{Start: ln.text, End: ln.stop}
	c := Comment{Text: strings.TrimSpace(p.text[at.Start+1 : at.End]), Span: at}
	p.f.Comments = append(p.f.Comments, c)
	return c
}

// instruction reads the instruction that begins on ln.
func (p *parser) instruction(ln physical) *Instruction {
	i := &Instruction{file: p.f, Leading: p.leading, Stage: -1, firstLine: p.lines}
	j := joiner{file: p.text}
	stop, more := p.continued(ln.text, ln.stop)
	i.continuation = span.Span{Start: stop, End: ln.stop}
	j.add(span.Span{Start: ln.text, End: stop})
	last := ln
	for more && p.pos < len(p.text) {
		last = p.next()
		switch {
		case p.isComment(last):
			i.Inner = append(i.Inner, p.comment(last))
		case last.text < last.stop:
			stop, more = p.continued(last.start, last.stop)
			i.continuation = span.Span{Start: stop, End: last.stop}
			j.add(span.Span{Start: last.start, End: stop})
		}
	}
	i.Dangling = more
	i.line, i.pos = j.text(), j.pos
	i.headEnd = last.stop
	i.Span = span.Span{Start: ln.text, End: last.stop}
	i.lines = span.Span{Start: ln.start, End: last.end}
	i.split()
	p.heredocs(i)
	i.finalLine = p.lines
	return i
}

// continued gives the end of the line's text and whether the line ends in a
// continuation: an escape character, not itself escaped, and at most blanks.
func (p *parser) continued(start, stop int) (end int, more bool) {
	end = stop
	for end > start && (p.text[end-1] == ' ' || p.text[end-1] == '\t') {
		end--
	}
	esc := p.f.Escape
	if end == start || p.text[end-1] != esc {
		return stop, false
	}
	if end-1 > start && p.text[end-2] == esc {
		return stop, false
	}
	return end - 1, true
}

// split finds keyword, flags and arguments in the joined line.
func (i *Instruction) split() {
	lo, hi := trimmed(i.line, 0, len(i.line))
	kw := lo
	for kw < hi && !isBlank(i.line[kw]) {
		kw++
	}
	i.Name = canonical(i.line[lo:kw])
	i.Keyword = i.pos.Span(lo, kw)
	i.argLo, i.argHi = hi, hi
	if kw < hi {
		at := kw
		for isBlank(i.line[at]) {
			at++
		}
		at = i.flags(at, hi)
		i.argLo, i.argHi = trimmed(i.line, at, hi)
	}
	i.Args = i.pos.Span(i.argLo, i.argHi)
	i.arrayForm()
	i.trigger()
}

// trigger reads the instruction that an ONBUILD carries.
func (i *Instruction) trigger() {
	if i.Name != "ONBUILD" || i.argLo == i.argHi {
		return
	}
	t := &Instruction{
		file: i.file, Stage: -1, Span: i.Args, line: i.args(), pos: i.pos.Slice(i.argLo, i.argHi),
		lines: i.lines, headEnd: i.headEnd, firstLine: i.firstLine,
	}
	t.split()
	i.Trigger = t
}

// trimmed narrows [lo, hi) of s to what strings.TrimSpace would keep.
func trimmed(s string, lo, hi int) (int, int) {
	t := trimLeft(s[lo:hi])
	lo = hi - len(t)
	return lo, lo + len(strings.TrimSpace(t))
}

func trimLeft(s string) string {
	for n := 0; n < len(s); n++ {
		if c := s[n]; c >= utf8.RuneSelf {
			return strings.TrimLeftFunc(s[n:], unicode.IsSpace)
		} else if c != ' ' && (c < '\t' || c > '\r') {
			return s[n:]
		}
	}
	return ""
}

// isBlank tells which bytes separate words on a line.
func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r'
}
