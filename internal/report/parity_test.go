package report_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/report"
)

func TestParityPages(t *testing.T) {
	for name, d := range documents {
		var page, junit strings.Builder
		if err := report.ParityMarkdown(&page, d().Parity); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".parity.md", []byte(page.String()))
		if err := report.ParityJUnit(&junit, d().Parity); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".parity.xml", []byte(junit.String()))
	}
}

// TestJUnitCounts holds that the numbers of a suite are those of its cases.
func TestJUnitCounts(t *testing.T) {
	p := diag.Parity{Levels: []diag.Level{{Name: "L0", Title: "configuration", Checked: []string{"env", "user"}, NotRun: []diag.NotRun{
		{Check: "a", Why: "b"}, {Check: "c", Why: "d", Decides: true}}}},
		Differences: []diag.Difference{{Level: "L0", Check: "env", Path: "TZ", Reason: "gone", Label: "B6"}, {Level: "L1", Check: "mode"}}}
	var b strings.Builder
	if err := report.ParityJUnit(&b, p); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Skipped int        `xml:"skipped,attr"`
			Cases   []struct{} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 4 || got.Failures != 1 || got.Errors != 1 || got.Suites[0].Skipped != 1 || len(got.Suites[0].Cases) != 4 {
		t.Errorf("%+v of\n%s", got, b.String())
	}
}
