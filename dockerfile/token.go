package dockerfile

import (
	"iter"

	"github.com/careenhq/careen/span"
)

// Kind says what a token is.
type Kind int

// The kinds of tokens. Together the tokens of a file are all of its bytes.
const (
	MarkToken         Kind = iota // byte order mark
	SpaceToken                    // blanks and empty lines
	NewlineToken                  // "\n", "\r\n", or carriage returns that end a line
	CommentToken                  // from '#' to the end of the line
	DirectiveToken                // a parser directive
	KeywordToken                  // the instruction's name
	FlagToken                     // one "--name=value", or a piece of it
	TextToken                     // arguments
	ContinuationToken             // the escape character that joins lines, and blanks behind it
	HeredocToken                  // body of a heredoc
	TerminatorToken               // the line that closes a heredoc
)

// A Token is a piece of the file.
type Token struct {
	Kind Kind
	Span span.Span
}

// Print assembles the file from its tokens. It equals Source for every input.
func (f *File) Print() []byte {
	out := make([]byte, 0, len(f.text))
	for t := range f.Tokens() {
		out = append(out, f.text[t.Span.Start:t.Span.End]...)
	}
	return out
}

// Tokens are the pieces of the file, in order and without gaps.
func (f *File) Tokens() iter.Seq[Token] {
	return func(yield func(Token) bool) {
		e := emitter{f: f, yield: yield}
		if len(f.blocks) > 0 {
			e.token(MarkToken, f.blocks[0].lines.Start)
		}
		for _, b := range f.blocks {
			e.block(b)
		}
		e.token(MarkToken, len(f.text)) // a mark is all there is
	}
}

// emitter cuts the file into tokens, each beginning where the last one ended.
type emitter struct {
	f     *File
	at    int
	yield func(Token) bool
	done  bool
}

// token emits what lies between the last token and end, if anything.
func (e *emitter) token(k Kind, end int) {
	if e.done || end <= e.at {
		return
	}
	e.done = !e.yield(Token{k, span.Span{Start: e.at, End: end}})
	e.at = end
}

func (e *emitter) block(b block) {
	if b.inst != nil {
		e.instruction(b.inst)
		return
	}
	e.line(b.kind, b.lines.End)
}

// line emits the rest of a physical line: space, something of kind k, a newline.
func (e *emitter) line(k Kind, end int) {
	stop := e.stop(end)
	e.token(SpaceToken, stop-len(trimLeft(e.f.text[e.at:stop])))
	e.token(k, stop)
	e.token(NewlineToken, end)
}

// stop is where the newline that ends at end begins.
func (e *emitter) stop(end int) int {
	for end > e.at && (e.f.text[end-1] == '\n' || e.f.text[end-1] == '\r') {
		end--
	}
	return end
}

// instruction emits the joined line piece by piece, what lies between the
// pieces, and then the heredocs.
func (e *emitter) instruction(i *Instruction) {
	for _, r := range i.pos.Runs() {
		e.gap(r.Start)
		e.piece(i, r)
	}
	e.gap(i.headEnd)
	e.newline()
	for _, h := range i.Heredocs {
		e.token(HeredocToken, h.Body.End)
		e.token(TerminatorToken, h.Terminator.End)
		e.newline()
	}
	e.token(NewlineToken, i.lines.End)
}

// gap emits what a joined line leaves out: continuations, newlines, comment lines
// and blank lines.
func (e *emitter) gap(end int) {
	for e.at < end {
		stop := end
		for k := e.at; k < end; k++ {
			if e.f.text[k] == '\n' {
				stop = k + 1
				break
			}
		}
		body := trimLeft(e.f.text[e.at:stop])
		switch {
		case body != "" && body[0] == '#':
			e.line(CommentToken, stop)
		case body != "" && body[0] == e.f.Escape:
			e.line(ContinuationToken, stop)
		default:
			e.line(SpaceToken, stop)
		}
	}
}

// piece emits a run of the joined line.
func (e *emitter) piece(i *Instruction, r span.Span) {
	mark := func(k Kind, s span.Span) {
		e.token(SpaceToken, min(s.Start, r.End))
		e.token(k, min(s.End, r.End))
	}
	mark(KeywordToken, i.Keyword)
	for _, fl := range i.Flags {
		mark(FlagToken, fl.Span)
	}
	mark(TextToken, i.Args)
	e.token(SpaceToken, r.End)
}

// newline emits a newline that stands here.
func (e *emitter) newline() {
	end := e.at
	for end < len(e.f.text) && e.f.text[end] == '\r' {
		end++
	}
	if end < len(e.f.text) && e.f.text[end] == '\n' {
		end++
	}
	e.token(NewlineToken, end)
}
