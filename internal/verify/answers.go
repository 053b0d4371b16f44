package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// A question is one thing that is asked of a running image.
type question struct{ check, path string }

func (q question) String() string { return strings.TrimSpace(q.check + " " + q.path) }

// answers are what one run of an image answered, normalised. A question that is
// missing was not answered.
type answers map[question]string

func (a answers) put(check, path, value string) { a[question{check, path}] = value }

// questions gives those of both, in a fixed order.
func questions(a, b answers) []question {
	var all []question
	for q := range a {
		all = append(all, q)
	}
	for q := range b {
		if _, both := a[q]; !both {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(x, y question) int { return strings.Compare(x.String(), y.String()) })
	return all
}

// disagreements lists the questions that the two answer differently. When one of
// them ended or did not start, all else follows from that, and only how it ended
// is told.
func disagreements(older, newer answers) []question {
	var list []question
	for _, q := range questions(older, newer) {
		before, answered := older[q]
		after, answeredToo := newer[q]
		if before != after || answered != answeredToo {
			list = append(list, q)
		}
	}
	if i := slices.IndexFunc(list, func(q question) bool { return q.check == checkState }); i >= 0 {
		return list[i : i+1]
	}
	return list
}

// Names of checks that other code has to know.
const (
	checkState  = "state"
	checkStdout = "stdout"
	checkStderr = "stderr"
)

// judge turns disagreements into differences, leaving out by name what the old
// image also answers differently from one run to the next; of answers in lines, those
// lines alone.
func judge(s *sheet, older, again, newer answers) {
	for _, q := range disagreements(older, newer) {
		before, after := older[q], newer[q]
		if repeated, ok := again[q]; again != nil && (!ok || repeated != before) {
			if _, answered := newer[q]; ok && answered && byLine(q.check) {
				judgeLines(s, q, before, repeated, after)
			} else {
				aside(s, q)
			}
			continue
		}
		s.differs(diag.Difference{Check: q.check, Path: q.path, Old: excerpt(before, after), New: excerpt(after, before),
			Label: labelOf(newer, q.path), Reason: disagreement(q, older, newer)})
	}
}

func disagreement(q question, older, newer answers) string {
	_, answered := newer[q]
	_, had := older[q]
	switch {
	case q.check == checkState:
		return "the container fares differently" + lastWords(newer, q.path)
	case !answered:
		return "the old image answers this, the new one does not"
	case !had:
		return "only the new image answers this"
	}
	return "the two images answer differently"
}

// lastWords quotes the end of what a container wrote to its error output.
func lastWords(a answers, path string) string {
	lines := strings.Split(strings.TrimSpace(a[question{checkStderr, path}]), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return "; its last words: " + clip(last)
	}
	return ""
}

// excerpt gives the part of text that differs from other: the first line that does.
func excerpt(text, other string) string {
	lines, others := strings.Split(text, "\n"), strings.Split(other, "\n")
	if len(lines) == 1 {
		return text
	}
	for i, line := range lines {
		if i >= len(others) || line != others[i] {
			return fmt.Sprintf("line %d: %s", i+1, line)
		}
	}
	return fmt.Sprintf("%d lines", len(lines))
}

// labelOf reads the label of the failure catalogue out of what a container wrote.
func labelOf(a answers, path string) string {
	text := a[question{checkState, path}] + "\n" + a[question{checkStderr, path}] + "\n" + a[question{checkStdout, path}]
	for _, known := range []struct{ words, label string }{
		{"error while loading shared libraries", "B1"},
		{"GLIBC_", "B3"},
		{"Error relocating", "B3"},
		{"Cannot find module", "B2"},
		{"ModuleNotFoundError", "B2"},
		{"certificate", "B14"},
		{"exec format error", "B20"},
		{"unknown time zone", "B14"},
		{"unable to find user", "B14"},
		{"command not found", "B12"},
		{": not found", "B12"},
		{"executable file not found", "B12"},
		{"ermission denied", "B9"},
		{"o such file or directory", "B17"},
	} {
		if strings.Contains(text, known.words) {
			return known.label
		}
	}
	return ""
}

// outputs compares what a program wrote, line by line after normalising.
func (a answers) outputs(stdout, stderr *capture, path string, running bool) {
	for check, c := range map[string]*capture{checkStdout: stdout, checkStderr: stderr} {
		text := normalise(c.String())
		if running {
			text = distinctLines(text)
		}
		a.put(check, path, strings.TrimRight(text, "\n"))
	}
}

// distinctLines is the set of lines: a server that is still running has written
// some of them more often, or in another order, by chance.
func distinctLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.TrimLeft(strings.Join(slices.Compact(lines), "\n"), "\n")
}
