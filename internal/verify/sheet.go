package verify

import (
	"fmt"
	"slices"
	"time"

	"github.com/careenhq/careen/diag"
)

// A sheet collects what one level found. It is the only way to a difference, so
// every one of them carries its level.
type sheet struct {
	level       diag.Level
	differences []diag.Difference
	removed     []diag.Removal
	notes       []string
	blind       bool // something that had to be judged could not be
}

func newSheet(name, title string) *sheet {
	return &sheet{level: diag.Level{Name: name, Title: title, Checked: []string{}}}
}

// checked records that a check was made, whatever it found.
func (s *sheet) checked(names ...string) {
	for _, name := range names {
		if !slices.Contains(s.level.Checked, name) {
			s.level.Checked = append(s.level.Checked, name)
		}
	}
}

// notRun records a check that could not be made and that the verdict can do without.
func (s *sheet) notRun(check, format string, args ...any) {
	s.omit(diag.NotRun{Check: check, Why: fmt.Sprintf(format, args...)})
}

func (s *sheet) omit(n diag.NotRun) {
	if !slices.Contains(s.level.NotRun, n) {
		s.level.NotRun = append(s.level.NotRun, n)
	}
}

// unjudged records a check without which the two images cannot be called the same.
func (s *sheet) unjudged(check, format string, args ...any) {
	s.omit(diag.NotRun{Check: check, Why: fmt.Sprintf(format, args...), Decides: true})
	s.blind = true
}

func (s *sheet) differs(d diag.Difference) {
	d.Level = s.level.Name
	d.Old, d.New = clip(d.Old), clip(d.New)
	if !slices.Contains(s.differences, d) {
		s.differences = append(s.differences, d)
	}
}

// note records something that differs and is harmless, with the reason why.
func (s *sheet) note(format string, args ...any) {
	text := s.level.Name + ": " + clip(fmt.Sprintf(format, args...))
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// timed runs the checks of a level and records how long they took.
func (s *sheet) timed(now func() time.Time, checks func()) {
	start := now()
	checks()
	s.level.Seconds += now().Sub(start).Seconds()
}

// maxQuoted bounds what is quoted of either side of a difference.
const maxQuoted = 400

func clip(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	return text[:maxQuoted] + "…"
}
