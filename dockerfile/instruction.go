package dockerfile

import (
	"github.com/careenhq/careen/span"
)

// An Instruction is one instruction with everything that belongs to it.
type Instruction struct {
	Name    string    // upper case: "RUN"; unknown names as written but for ASCII letters
	Span    span.Span // first to last byte, heredocs included, final newline excluded
	Keyword span.Span
	Flags   []Flag
	Args    span.Span // what follows the flags, on all its lines; heredoc bodies excluded

	Heredocs []Heredoc    // RUN, COPY and ADD only, in order of their bodies
	Leading  []Comment    // comment lines directly above, no blank line between
	Inner    []Comment    // comment lines between continued lines
	Stage    int          // index into File.Stages; -1 before the first FROM
	Trigger  *Instruction // of ONBUILD; shares the heredocs
	Dangling bool         // its last line asks for a continuation that never comes

	file         *File
	lines        span.Span // whole lines, final newline included
	line         string    // continuations joined
	pos          span.Map  // of line
	argLo        int       // arguments within line
	argHi        int
	json         []string // elements of a JSON array form
	isJSON       bool
	headEnd      int // file offset behind the last line before the heredocs, newline excluded
	firstLine    int // from 1
	finalLine    int
	continuation span.Span // of the last line that was continued
}

// A Flag is one "--name=value" before the arguments.
type Flag struct {
	Name      string // without dashes
	Value     string // quotes removed as BuildKit does
	HasValue  bool   // an '=' is present
	Span      span.Span
	ValueSpan span.Span // empty, at the flag's end, without a value
}

// A Heredoc is a here-document of a RUN, COPY or ADD.
type Heredoc struct {
	Name       string
	FD         uint64
	Chomp      bool      // "<<-": leading tabs do not count
	Expand     bool      // the name is not quoted
	Content    string    // bytes of the body as they stand
	Word       span.Span // the "<<EOF" that announces it
	Body       span.Span // the lines of Content
	Terminator span.Span // the closing word; empty at the end of the file when missing
}

// File is the file the instruction belongs to.
func (i *Instruction) File() *File { return i.file }

// Lines are the whole lines the instruction occupies, its final newline included.
func (i *Instruction) Lines() span.Span { return i.lines }

// LineRange numbers the instruction's first and last line, from 1.
func (i *Instruction) LineRange() (first, last int) { return i.firstLine, i.finalLine }

// Text is the instruction as it stands in the file.
func (i *Instruction) Text() string { return i.file.Text(i.Span) }

// Line is the instruction with its continuations joined the way BuildKit joins
// them: comment lines and blank lines in between are gone, heredoc bodies are
// not part of it.
func (i *Instruction) Line() (string, span.Map) { return i.line, i.pos }

// Logical is the argument part of Line: no keyword, no flags, no surrounding
// space.
func (i *Instruction) Logical() (string, span.Map) {
	return i.args(), i.pos.Slice(i.argLo, i.argHi)
}

func (i *Instruction) args() string { return i.line[i.argLo:i.argHi] }

// JSON is the elements of the arguments when they are a JSON array (the exec
// form of RUN, CMD, ENTRYPOINT, SHELL, HEALTHCHECK; the list form of COPY, ADD,
// VOLUME).
func (i *Instruction) JSON() (elements []string, ok bool) { return i.json, i.isJSON }

// Flag is the first flag of that name.
func (i *Instruction) Flag(name string) (Flag, bool) {
	for _, fl := range i.Flags {
		if fl.Name == name {
			return fl, true
		}
	}
	return Flag{}, false
}
