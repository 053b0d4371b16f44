package report

import (
	"encoding/xml"
	"io"

	"github.com/careenhq/careen/diag"
)

// GateJUnit writes the gate as a JUnit report, with a case for each check. What a
// person allowed is a skipped case.
func GateJUnit(w io.Writer, g diag.Gate) error {
	s := junitSuite{Name: "gate"}
	for _, c := range g.Checks {
		k := junitCase{Class: "gate." + plain(g.Project), Name: gateTitle(c)}
		switch {
		case c.State == diag.GateFailed && g.Allowed != "":
			k.Skipped = &junitProblem{Message: "allowed by " + plain(g.Allowed) + ": " + gateLine(c)}
			s.Skipped++
		case c.State == diag.GateFailed:
			k.Failure = &junitProblem{Message: gateLine(c)}
			s.Failures++
		case c.State == diag.GateNotJudged && c.Required:
			k.Error = &junitProblem{Message: plain(c.Why)}
			s.Errors++
		case c.State == diag.GateNotJudged:
			k.Skipped = &junitProblem{Message: plain(c.Why)}
			s.Skipped++
		}
		s.Cases = append(s.Cases, k)
		s.Tests++
	}
	s.Time = "0"
	return writeJUnit(w, junitSuites{Name: "gate", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suites: []junitSuite{s}})
}

// writeJUnit writes a report with its header and a final newline.
func writeJUnit(w io.Writer, all junitSuites) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
