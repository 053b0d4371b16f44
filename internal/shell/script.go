package shell

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/span"
)

// A Source is a command line of a Dockerfile; dockerfile.Command is one.
type Source interface {
	// Script is the text for the shell and where it stands; empty for the exec form.
	Script() (text string, pos span.Map)
	// Exec is the elements of the exec form, each with its place, quotes included.
	Exec() (values []string, at []span.Span, ok bool)
	// Origin is the whole file, and its escape character.
	Origin() (file []byte, escape byte)
}

// A Script is a command line that has been read.
type Script struct {
	Commands []*Command // in the order of the text, nested ones included
	Err      error      // why the text cannot be read; there are no Commands then
	Pipefail bool       // a pipe fails with any of its parts, at the end of the text
	Errexit  bool       // "set -e" holds at the end of the text

	file   []byte
	escape byte
	raw    bool // the text has newlines of its own: a heredoc
	hdoc   bool // the shell reads heredocs itself
	head   int  // end of the line before heredocs that BuildKit took along; -1 without
}

// ErrTooLarge says that the text is longer, or nested deeper, than any that a
// person writes.
var ErrTooLarge = errors.New("too long or nested too deep")

// ErrNotShell says that the text is for an interpreter that is not a POSIX shell.
var ErrNotShell = errors.New("not a POSIX shell")

// Parse reads a command line. shell is the SHELL in force; nil means /bin/sh -c.
func Parse(src Source, shell []string) *Script {
	s := &Script{head: -1}
	s.file, s.escape = src.Origin()
	w := &walker{s: s}
	if values, at, ok := src.Exec(); ok {
		w.exec(values, at)
		return s
	}
	text, pos := src.Script()
	if !w.options(text, shell) {
		s.Err = ErrNotShell
		return s
	}
	s.raw = strings.Contains(text, "\n")
	if covered(pos) < len(text) {
		s.head = strings.IndexByte(text, '\n')
	}
	w.text(&frame{s: s, text: text, pos: pos}, nil)
	if len(s.Commands) > maxCommands {
		s.Commands, s.Err = nil, ErrTooLarge
	}
	s.Errexit, s.Pipefail = w.errexit, w.pipefail
	return s
}

// covered is how much of a text stands in the file. Between a line and its heredocs
// there is a newline that does not.
func covered(pos span.Map) (n int) {
	for _, r := range pos.Runs() {
		n += r.Len()
	}
	return n
}

// options takes over what the "#!" line or the SHELL says; false when neither
// names a shell this package reads.
func (w *walker) options(text string, shell []string) bool {
	if rest, ok := strings.CutPrefix(text, "#!"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		shell = strings.Fields(line)
		if len(shell) > 1 && base(shell[0]) == "env" {
			shell = shell[1:]
		}
	}
	if len(shell) == 0 {
		return true
	}
	if !isShell(base(shell[0])) {
		return false
	}
	for k, arg := range shell[1:] {
		next := ""
		if k+2 < len(shell) {
			next = shell[k+2]
		}
		w.set(arg, next)
	}
	return true
}

// set follows one argument of the shell or of the "set" command.
func (w *walker) set(arg, next string) {
	if len(arg) < 2 || arg[0] != '-' && arg[0] != '+' {
		return
	}
	on := arg[0] == '-'
	if strings.Contains(arg, "e") && !strings.HasPrefix(arg, "--") {
		w.errexit = on
	}
	if strings.HasSuffix(arg, "o") && next == "errexit" {
		w.errexit = on
	}
	if strings.HasSuffix(arg, "o") && next == "pipefail" {
		w.pipefail = on
	}
}

// isShell tells whether the program reads POSIX shell text.
func isShell(name string) bool {
	switch name {
	case "sh", "bash", "dash", "ash", "ksh", "mksh", "zsh":
		return true
	}
	return false
}

// base is the last element of a program's path.
func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// A frame is one text for a shell: the whole, or what "sh -c" is given.
type frame struct {
	s      *Script
	text   string
	pos    span.Map
	forbid string // characters that the quotes around the text do not allow inside
	depth  int
}

// parse reads the frame's text.
func (f *frame) parse() (*syntax.File, error) {
	if tooLarge(f.text) {
		return nil, ErrTooLarge
	}
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(f.text), "")
}

// maxText and maxBrackets bound what is given to the parser, which calls itself for
// every bracket that is open; maxCommands bounds what callers compare pair by pair.
const (
	maxText     = 1 << 20
	maxBrackets = 500
	maxCommands = 1000
)

func tooLarge(text string) bool {
	if len(text) > maxText {
		return true
	}
	depth := 0
	for k := 0; k < len(text); k++ {
		switch text[k] {
		case '(', '{':
			depth++
		case ')', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxBrackets {
			return true
		}
	}
	return false
}

// at is the file offset of the logical byte that begins something.
func (f *frame) at(lo int) int { return f.pos.Offset(lo) }

// behind is the file offset just behind the logical byte before hi.
func (f *frame) behind(hi int) int {
	if hi == 0 {
		return f.pos.Offset(0)
	}
	return f.pos.Span(hi-1, hi).End
}

// span is the part of the file that [lo, hi) came from.
func (f *frame) span(lo, hi int) span.Span { return f.pos.Span(lo, hi) }
