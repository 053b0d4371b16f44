package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/careenhq/careen/diag"
)

// The elements of JUnit's XML that test reports of CI systems read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitProblem `xml:"failure,omitempty"`
		Error   *junitProblem `xml:"error,omitempty"`
		Skipped *junitProblem `xml:"skipped,omitempty"`
	}
	junitProblem struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// ParityJUnit writes a comparison as a JUnit report: a suite for each level, a case
// for each check that passed, a failure for each difference, an error for what could
// not be judged and a skipped case for what was not checked.
func ParityJUnit(w io.Writer, parity diag.Parity) error {
	all := junitSuites{Name: "parity"}
	for _, l := range parity.Levels {
		s := levelSuite(l, parity.Differences)
		all.Suites = append(all.Suites, s)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	return writeJUnit(w, all)
}

func levelSuite(l diag.Level, differences []diag.Difference) junitSuite {
	s := junitSuite{Name: plain(l.Name + " " + l.Title), Time: fmt.Sprintf("%.3f", l.Seconds)}
	failed := map[string]bool{}
	for _, d := range differences {
		if d.Level != l.Name {
			continue
		}
		name := strings.TrimSpace(d.Check + " " + d.Path)
		failed[d.Check], failed[name] = true, true
		s.Failures++
		s.add(junitCase{Name: plain(name), Failure: &junitProblem{Type: plain(d.Label), Message: plain(d.Reason),
			Text: plain(fmt.Sprintf("old: %s, new: %s", orNothing(d.Old), orNothing(d.New)))}})
	}
	for _, name := range l.Checked {
		if !failed[name] {
			s.add(junitCase{Name: plain(name)})
		}
	}
	for _, n := range l.NotRun {
		problem := &junitProblem{Message: plain(n.Why)}
		if n.Decides {
			s.Errors++
			s.add(junitCase{Name: plain(n.Check), Error: problem})
			continue
		}
		s.Skipped++
		s.add(junitCase{Name: plain(n.Check), Skipped: problem})
	}
	return s
}

func (s *junitSuite) add(c junitCase) {
	c.Class = "parity." + s.Name
	s.Cases = append(s.Cases, c)
	s.Tests++
}
