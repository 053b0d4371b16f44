package dockerfile

import (
	"sync"

	"github.com/careenhq/careen/span"
)

// A File is a parsed Dockerfile. It is read-only once Parse has returned and may
// be shared between goroutines.
type File struct {
	Source       []byte         // as given to Parse
	Escape       byte           // '\\', or '`' after an escape directive
	Directives   []Directive    // syntax, escape and check, in order
	Comments     []Comment      // every comment line, those inside continuations too
	Instructions []*Instruction // all, in order
	Global       []*Instruction // those before the first FROM: normally ARGs
	Stages       []*Stage
	Problems     []Problem // in order of appearance; empty when BuildKit would accept the file

	text   string // Source, immutable: logical lines are parts of it
	blocks []block
	index  func() *span.Index
}

// A Directive is a parser directive: "# syntax=docker/dockerfile:1".
type Directive struct {
	Name      string // lower case
	Value     string // without surrounding spaces
	Span      span.Span
	ValueSpan span.Span
}

// A Comment is one comment line.
type Comment struct {
	Text string    // after the '#', surrounding spaces removed
	Span span.Span // from the '#' to the end of the line, newline excluded
}

// A Problem is something that BuildKit's Dockerfile parser refuses.
type Problem struct {
	Span    span.Span
	Message string // lower case, no full stop
}

// Index maps offsets of the file to lines and back.
func (f *File) Index() *span.Index { return f.index() }

// Text is the file's bytes in s.
func (f *File) Text(s span.Span) string { return f.text[s.Start:s.End] }

// Directive is the value of the named parser directive ("syntax"), or "".
func (f *File) Directive(name string) string {
	for _, d := range f.Directives {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

func newFile(src []byte) *File {
	f := &File{Source: src, Escape: '\\', text: string(src)}
	f.index = sync.OnceValue(func() *span.Index { return span.NewIndex(src) })
	return f
}

func (f *File) problem(at span.Span, message string) {
	f.Problems = append(f.Problems, Problem{at, message})
}
