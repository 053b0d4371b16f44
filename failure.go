package careen

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// How much of a failed step's output is looked at and told, in lines.
const (
	searched = 60
	told     = 8
)

// FailureOf tells what a build failed of; nil when err is no failed step of a
// Dockerfile.
func FailureOf(err error) *diag.Failure {
	var e *engine.StepError
	if !errors.As(err, &e) {
		return nil
	}
	f := &diag.Failure{Message: e.Error(), Base: namesImage(e.Step)}
	lines := e.Step.Tail(searched)
	for i, l := range lines {
		lines[i] = seen(l)
	}
	f.Log = lines[max(0, len(lines)-told):]
	f.Cause = cause(lines)
	if f.Cause == "" && e.Err != nil && !strings.Contains(f.Message, e.Err.Error()) && e.Exit <= 0 {
		f.Cause = e.Err.Error()
	}
	return f
}

// namesImage tells whether a step is one that fetches an image.
func namesImage(s engine.Step) bool {
	verb, rest, _ := strings.Cut(s.Text(), " ")
	return s.Kind == engine.Pull || strings.EqualFold(verb, "FROM") || strings.EqualFold(verb, "COPY") && strings.HasPrefix(rest, "--from=") && s.Kind != engine.Instruction
}

var escape = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

// seen is what a terminal would show of a line: no colours, and of what overwrote
// itself the last.
func seen(line string) string {
	line = strings.TrimRight(escape.ReplaceAllString(line, ""), " \t\r")
	return line[strings.LastIndexByte(line, '\r')+1:]
}

// passedOn is what tools say of a failure below them.
var passedOn = regexp.MustCompile(strings.Join([]string{
	`^\s*$`,
	`^g?make(\[\d+\])?: (\*\*\* \[.*\] Error \d+|\*\*\* Waiting for |Entering directory|Leaving directory)`,
	`^ninja: build stopped`,
	`^npm (ERR!|error)( code \S+| errno \S+| path .*| command .*| A complete log .*|\s+/\S+\.log)?\s*$`,
	`^error Command failed`,
	`^info Visit `,
	`^exit status \d+$`,
}, "|"))

// cause is the last line that says more than that something failed; without one,
// the last line.
func cause(lines []string) string {
	for _, l := range slices.Backward(lines) {
		if !passedOn.MatchString(l) {
			return strings.TrimSpace(l)
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
