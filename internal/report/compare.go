package report

import "github.com/careenhq/careen/diag"

// A row compares one figure before and after.
type row struct{ name, before, after, change string }

// onDisk is the place of the unpacked size in the comparison.
const onDisk = 1

const coldTitle = "cold build"

// comparison is the table that every renderer shows. The document has both builds.
func comparison(d diag.Document) []row {
	old, now := d.Baseline, d.Candidate
	rows := []row{
		{"pull (compressed)", Bytes(old.Bytes.Compressed), Bytes(now.Bytes.Compressed), Percent(float64(old.Bytes.Compressed), float64(now.Bytes.Compressed))},
		{"on disk (unpacked)", Bytes(old.Bytes.Unpacked), Bytes(now.Bytes.Unpacked), Percent(float64(old.Bytes.Unpacked), float64(now.Bytes.Unpacked))},
	}
	for _, s := range d.Scenarios {
		if s.New == nil || len(s.New.Samples) == 0 {
			continue
		}
		change := "no difference"
		if s.Notable {
			change = Percent(s.Old.Median, s.New.Median)
		}
		rows = append(rows, row{scenarioTitle(s), Measured(s.Old), Measured(*s.New), change})
	}
	return rows
}

func scenarioTitle(s diag.Scenario) string {
	switch s.Name {
	case "cold":
		return coldTitle
	case "no-change":
		return "build, nothing changed"
	case "source-edit":
		return "build, one source file changed"
	case "manifest-edit":
		return "build, manifest changed"
	}
	return s.Name
}
