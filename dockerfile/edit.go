package dockerfile

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// An Editor turns intentions into edits of the file's bytes. It follows the
// file's habits: its line endings, and comments stay with the instruction they
// stand above. Text handed to it uses "\n" and needs no final newline. The edits
// of several calls may be applied together as long as they do not touch the same
// bytes.
type Editor struct {
	f   *File
	eol string
}

// Editor edits the file.
func (f *File) Editor() Editor {
	lf := strings.Count(f.text, "\n")
	if crlf := strings.Count(f.text, "\r\n"); crlf > 0 && 2*crlf >= lf {
		return Editor{f, "\r\n"}
	}
	return Editor{f, "\n"}
}

// EOL is the file's line ending.
func (e Editor) EOL() string { return e.eol }

// InsertBefore adds lines above the instruction and the comments attached to it.
func (e Editor) InsertBefore(i *Instruction, text string) []span.Edit {
	return []span.Edit{span.Insert(e.top(i), e.lines(text)+e.eol)}
}

// InsertAfter adds lines below the instruction.
func (e Editor) InsertAfter(i *Instruction, text string) []span.Edit {
	edits := e.terminate(i)
	if e.unfinished(i.lines) {
		return append(edits, span.Insert(i.lines.End, e.eol+e.lines(text)))
	}
	return append(edits, span.Insert(i.lines.End, e.lines(text)+e.eol))
}

// Append adds lines at the end of the file.
func (e Editor) Append(text string) []span.Edit {
	var edits []span.Edit
	if n := len(e.f.Instructions); n > 0 {
		edits = e.terminate(e.f.Instructions[n-1])
	}
	at := len(e.f.text)
	text = e.lines(text) + e.eol
	if at > 0 && !strings.HasSuffix(e.f.text, "\n") && e.f.text != byteOrderMark {
		text = e.eol + text
	}
	return append(edits, span.Insert(at, text))
}

// Remove deletes the instruction with its lines. Comments attached to it go too
// when comments is true, otherwise they stay.
func (e Editor) Remove(i *Instruction, comments bool) []span.Edit {
	s := i.lines
	if comments {
		s.Start = e.top(i)
	}
	return []span.Edit{span.Delete(s)}
}

// Replace puts text where the instruction stands, heredocs included. Comments
// above it stay.
func (e Editor) Replace(i *Instruction, text string) []span.Edit {
	return []span.Edit{span.Replace(i.Span, e.lines(text))}
}

// ReplaceWord puts text where the word stands. The text must be written as the
// instruction needs it (quoted inside a JSON array).
func (e Editor) ReplaceWord(w Word, text string) []span.Edit {
	return []span.Edit{span.Replace(w.Span, e.lines(text))}
}

// SetFlag gives the instruction the flag "--name=value", or "--name" when value
// is empty: it replaces the first flag of that name, or adds one behind the
// others.
func (e Editor) SetFlag(i *Instruction, name, value string) []span.Edit {
	if fl, ok := i.Flag(name); ok {
		return []span.Edit{span.Replace(fl.Span, flagText(name, value))}
	}
	return e.AddFlag(i, name, value)
}

// AddFlag adds a flag behind the instruction's flags, also when it has one of that
// name: --mount and --exclude may be repeated.
func (e Editor) AddFlag(i *Instruction, name, value string) []span.Edit {
	at := i.Keyword.End
	if n := len(i.Flags); n > 0 {
		at = i.Flags[n-1].Span.End
	}
	return []span.Edit{span.Insert(at, " "+flagText(name, value))}
}

// RemoveFlag deletes the flag and the blanks before it.
func (e Editor) RemoveFlag(fl Flag) []span.Edit {
	start := fl.Span.Start
	for start > 0 && (e.f.text[start-1] == ' ' || e.f.text[start-1] == '\t') {
		start--
	}
	if start == 0 || e.f.text[start-1] == '\n' {
		start = fl.Span.Start
	}
	return []span.Edit{span.Delete(span.Span{Start: start, End: fl.Span.End})}
}

// NameStage gives the stage a name, or another one. References to an old name are
// not followed.
func (e Editor) NameStage(s *Stage, name string) []span.Edit {
	if !s.base.NameSpan.Empty() {
		return []span.Edit{span.Replace(s.base.NameSpan, name)}
	}
	as := " AS "
	if e.f.Text(s.From.Keyword) == "from" {
		as = " as "
	}
	return []span.Edit{span.Insert(s.base.NameSpan.Start, as+name)}
}

func flagText(name, value string) string {
	if value == "" {
		return "--" + name
	}
	return "--" + name + "=" + value
}

// top is where the lines of the instruction and its attached comments begin.
func (e Editor) top(i *Instruction) int {
	if len(i.Leading) == 0 {
		return i.lines.Start
	}
	at := i.Leading[0].Span.Start
	return max(strings.LastIndexByte(e.f.text[:at], '\n')+1, e.f.firstLine())
}

// firstLine is the offset behind a byte order mark.
func (f *File) firstLine() int {
	if strings.HasPrefix(f.text, byteOrderMark) {
		return len(byteOrderMark)
	}
	return 0
}

// lines gives text the file's line endings and no final newline.
func (e Editor) lines(text string) string {
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if e.eol == "\n" {
		return text
	}
	return strings.ReplaceAll(text, "\n", e.eol)
}

// unfinished tells whether the lines lack a final newline.
func (e Editor) unfinished(lines span.Span) bool {
	return lines.End == len(e.f.text) && !strings.HasSuffix(e.f.text, "\n")
}

// terminate takes the continuation from an instruction whose last line asks for
// another, so that what is added below does not become part of it.
func (e Editor) terminate(i *Instruction) []span.Edit {
	if !i.Dangling {
		return nil
	}
	return []span.Edit{span.Delete(i.continuation)}
}
