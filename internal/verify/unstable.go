package verify

import (
	"regexp"
	"strings"

	"github.com/careenhq/careen/diag"
)

// byLine tells whether an answer is a list of lines, of which some may be compared
// where others differ by chance.
func byLine(check string) bool {
	return check == checkStdout || check == checkStderr || check == "files written" || check == "processes"
}

// trouble matches lines in which a program complains.
var trouble = regexp.MustCompile(`(?i)\b(error|fail(ed|ure)?|exception|traceback|panic|fatal|cannot|can't|could not|not found|no such|denied|missing|undefined|segmentation)\b`)

// anyNumber is what shapes leave out: numbers, and words that hold one.
var anyNumber = regexp.MustCompile(`[\w.-]*\d[\w.-]*`)

// judgeLines compares what two runs of the old image agree about: lines that both have
// and the new image lacks, and complaints of the new image the like of which neither
// run has. The other lines are left out, and their number is told.
func judgeLines(s *sheet, q question, before, again, after string) {
	older, repeated, newer := lineSet(before), lineSet(again), lineSet(after)
	shapes := map[string]bool{}
	left := 0
	for _, set := range []map[string]bool{older, repeated} {
		for line := range set {
			shapes[anyNumber.ReplaceAllString(line, "#")] = true
			if !older[line] || !repeated[line] {
				left++
			}
		}
	}
	s.note("%s: %d lines are not compared: two runs of the old image already disagree about them", q, left)
	s.notRun(q.String(), "%d lines, about which two runs of the old image disagree", left)
	for _, line := range sortedKeys(older) {
		if repeated[line] && !newer[line] {
			s.differs(diag.Difference{Check: q.check, Path: q.path, Old: line, Reason: "two runs of the old image say this, the new one does not"})
			break
		}
	}
	for _, line := range sortedKeys(newer) {
		if trouble.MatchString(line) && !shapes[anyNumber.ReplaceAllString(line, "#")] {
			s.differs(diag.Difference{Check: q.check, Path: q.path, New: line, Label: labelOf(answers{q: line}, q.path), Reason: "only the new image complains about this"})
			break
		}
	}
}

func lineSet(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			set[line] = true
		}
	}
	return set
}

// aside notes an answer that is not compared at all.
func aside(s *sheet, q question) {
	s.note("%s is not compared: two runs of the old image already disagree about it", q)
	s.notRun(q.String(), "two runs of the old image disagree")
}
