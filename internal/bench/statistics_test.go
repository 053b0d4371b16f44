package bench

import (
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

func TestMeasure(t *testing.T) {
	tests := []struct {
		samples           []float64
		median, low, high float64
		warned            bool
	}{
		{nil, 0, 0, 0, false},
		{[]float64{3}, 3, 3, 3, true},
		{[]float64{9, 1, 5}, 5, 1, 9, true},
		{[]float64{1, 2, 3, 4, 5, 6}, 3.5, 1, 6, false},
	}
	for _, tt := range tests {
		given := slices.Clone(tt.samples)
		m := Measure(diag.ColdSeconds, tt.samples)
		if m.Median != tt.median || m.Low != tt.low || m.High != tt.high || (len(m.Warnings) > 0) != tt.warned {
			t.Errorf("%v: %+v", tt.samples, m)
		}
		if !slices.Equal(m.Samples, given) || !slices.Equal(tt.samples, given) {
			t.Errorf("%v: samples came out in another order: %v", given, m.Samples)
		}
	}
}

func TestDiffer(t *testing.T) {
	tests := []struct {
		name     string
		old, new []float64
		notable  bool
		caveat   bool
	}{
		{"one run", []float64{10}, []float64{1}, false, true},
		{"two runs", []float64{10, 11}, []float64{1, 2}, false, true},
		{"three apart", []float64{10, 11, 12}, []float64{7, 8, 9}, true, true},
		{"three that meet", []float64{10, 11, 12}, []float64{7, 8, 10}, false, true},
		{"three apart by less than 5 %", []float64{10.0, 10.1, 10.2}, []float64{9.7, 9.8, 9.9}, false, true},
		{"slower counts too", []float64{1, 2, 3}, []float64{4, 5, 6}, true, true},
		{"four apart", []float64{10, 11, 12, 13}, []float64{6, 7, 8, 9}, true, false},
		{"four that interleave", []float64{10, 12, 14, 16}, []float64{9, 11, 13, 15}, false, false},
		{"all equal", []float64{5, 5, 5, 5}, []float64{5, 5, 5, 5}, false, false},
		{"no samples", nil, nil, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			notable, caveat := Differ(tt.old, tt.new)
			if notable != tt.notable || (caveat != "") != tt.caveat {
				t.Errorf("notable %v, caveat %q", notable, caveat)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		old, new []float64
		want     string
	}{
		{[]float64{60, 61, 62}, []float64{30, 31, 32}, "−49 %"},
		{[]float64{30, 31, 32}, []float64{60, 61, 62}, "+97 %"},
		{[]float64{30, 31, 32}, []float64{31, 32, 33}, "no difference"},
		{[]float64{30}, []float64{3}, "no difference"},
	}
	for _, tt := range tests {
		d := diag.Scenario{}
		judge(&d, diag.SourceSeconds, []sample{{seconds: tt.old, warnings: []string{"own"}}, {seconds: tt.new}})
		if d.Criterion != tt.want || d.Notable != (tt.want != "no difference") {
			t.Errorf("%v against %v: %q, notable %v", tt.old, tt.new, d.Criterion, d.Notable)
		}
		if !slices.Contains(d.Old.Warnings, "own") || d.New.Quantity != diag.SourceSeconds {
			t.Errorf("warnings %q, quantity %q", d.Old.Warnings, d.New.Quantity)
		}
		if !strings.Contains(strings.Join(d.New.Warnings, " "), "each side") {
			t.Errorf("the caveat is lost: %q", d.New.Warnings)
		}
	}
}
