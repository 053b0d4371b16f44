package careen

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
)

// TestCriteriaInWords holds that what got worse is called more.
func TestCriteriaInWords(t *testing.T) {
	build := func(seconds float64, bytes int64) *diag.Build {
		return &diag.Build{ColdSeconds: diag.Measurement{Samples: []float64{seconds}, Median: seconds}, Bytes: diag.Bytes{Unpacked: bytes}}
	}
	for _, test := range []struct {
		before, after *diag.Build
		want          []string
		met           []bool
	}{
		{build(100, 1000), build(60, 300), []string{"40.0 % less", "70.0 % less"}, []bool{true, true}},
		{build(100, 1000), build(103.2, 1001), []string{"3.2 % more", "0.1 % more"}, []bool{false, false}},
		{build(100, 100_000), build(100, 100_001), []string{"0.0 % less", "0.0 % less"}, []bool{false, false}},
	} {
		doc := diag.Document{Baseline: test.before, Candidate: test.after}
		var got []string
		var met []bool
		for _, c := range criteria(&doc, project.Goals{})[:2] {
			got, met = append(got, c.Actual), append(met, c.Met)
		}
		if !slices.Equal(got, test.want) || !slices.Equal(met, test.met) {
			t.Errorf("%q %v, want %q %v", got, met, test.want, test.met)
		}
	}
}
