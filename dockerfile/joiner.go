package dockerfile

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// A joiner assembles a logical text from pieces of a file. While the text is one
// piece of the file, nothing is copied.
type joiner struct {
	file   string
	pos    span.Map
	first  span.Span // all of the text while it is not copied
	buf    strings.Builder
	copied bool // buf holds the text
}

// add appends a piece of the file.
func (j *joiner) add(s span.Span) {
	j.pos.Append(s)
	switch {
	case s.Empty():
		return
	case j.pos.Len() == s.Len():
		j.first = s
	case !j.copied && j.first.End == s.Start:
		j.first.End = s.End
	default:
		j.copy()
	}
	if j.copied {
		j.buf.WriteString(j.file[s.Start:s.End])
	}
}

// literal appends text that stands nowhere in the file.
func (j *joiner) literal(s string) {
	j.copy()
	j.pos.Skip(len(s))
	j.buf.WriteString(s)
}

// copy moves the text into the buffer.
func (j *joiner) copy() {
	if !j.copied {
		j.buf.WriteString(j.file[j.first.Start:j.first.End])
		j.copied = true
	}
}

func (j *joiner) text() string {
	if j.copied {
		return j.buf.String()
	}
	return j.file[j.first.Start:j.first.End]
}
