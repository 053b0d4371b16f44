package engine

import (
	"errors"
	"fmt"
	"strings"
)

// ErrHelper is a helper that cannot be put into containers: nothing can be run, and
// no image is to blame.
var ErrHelper = errors.New("careen cannot be its own helper")

// Error says file, line and instruction, then what went wrong, in one line:
//
//	Dockerfile:12: RUN make install failed: exit code 2
func (e *StepError) Error() string {
	where := e.Name
	if len(e.Step.Lines) > 0 {
		where = fmt.Sprintf("%s:%d", e.Name, e.Step.Lines[0].First)
	}
	what := e.Step.Text()
	switch {
	case what == "":
		return fmt.Sprintf("%s: %v", where, e.Err)
	case e.Exit > 0:
		return fmt.Sprintf("%s: %s failed: exit code %d", where, what, e.Exit)
	}
	return fmt.Sprintf("%s: %s failed: %v", where, what, e.Err)
}

// Unwrap gives the engine's own error.
func (e *StepError) Unwrap() error { return e.Err }

// maxText is how much of an instruction fits into a message, in runes.
const maxText = 120

// Text is the step's instruction as one short line: its name without the counter
// in brackets.
func (s Step) Text() string {
	text := s.Name
	if _, after, ok := strings.Cut(text, "] "); ok && strings.HasPrefix(text, "[") {
		text = after
	}
	text, _, cut := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(text); len(runes) > maxText {
		text, cut = string(runes[:maxText]), true
	}
	if cut {
		text += " …"
	}
	return text
}

// Tail is the last n lines that the step printed, empty ones at the end left out.
func (s Step) Tail(n int) []string {
	text := strings.TrimRight(s.Log, " \t\r\n")
	if text == "" || n <= 0 {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):]
}
