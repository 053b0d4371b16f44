package main

import (
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

func times(q diag.Quantity, median, low, high float64, warnings ...string) diag.Measurement {
	return diag.Measurement{Quantity: q, Samples: []float64{low, median, high}, Median: median, Low: low, High: high, Warnings: warnings}
}

func TestBenchTable(t *testing.T) {
	few := "3 runs: the spread is the smallest and the largest"
	newCold := times(diag.ColdSeconds, 30.04, 29, 31.2, few, "told apart")
	newSource := times(diag.SourceSeconds, 50, 49, 51, few)
	d := &diag.Document{
		Dockerfile:  "app/Dockerfile",
		Environment: diag.Environment{Builder: "embedded BuildKit v1", Platform: "linux/amd64"},
		Baseline: &diag.Build{
			ColdSeconds: times(diag.ColdSeconds, 60, 58, 63), ExportSecs: 4.2, ContextBytes: 999,
			Bytes: diag.Bytes{Compressed: 312_400_000, Unpacked: 1_100_000_000}, Base: diag.Bytes{Compressed: 61_250_000, Unpacked: 170_000_000},
			Steps: []diag.Step{{Name: "COPY . .", Line: 3, Seconds: 0.1, Unpacked: 4500}, {Name: "RUN npm ci", Line: 4, Seconds: 41.26, Unpacked: 812_000_000}},
		},
		Candidate: &diag.Build{
			ContextBytes: 999,
			Bytes:        diag.Bytes{Compressed: 90_000_000, Unpacked: 250_000_000}, Base: diag.Bytes{Compressed: 75_000_000, Unpacked: 200_000_000},
		},
		Scenarios: []diag.Scenario{
			{Name: "cold", Old: times(diag.ColdSeconds, 60, 58, 63, few), New: &newCold, Notable: true, Criterion: "−50 %"},
			{Name: "source-edit", Edited: "src/a.ts", Old: times(diag.SourceSeconds, 50.5, 49, 52), New: &newSource, Criterion: "no difference"},
			{Name: "manifest-edit", Criterion: "not run: the Dockerfile copies no dependency manifest"},
		},
		Warnings: []string{"the machine was busy"},
	}
	var got strings.Builder
	if err := benchTable(&got, d); err != nil {
		t.Fatal(err)
	}
	want := `app/Dockerfile   builder: embedded BuildKit v1 · linux/amd64
base images are in the builder; cold means no layer cache and empty cache mounts

                          before        after
  cold                    60.0 ± 3.0 s  30.0 ± 1.2 s  −50 %
  source edit (src/a.ts)  50.5 ± 1.5 s  50.0 ± 1.0 s  no difference
  manifest edit           not run: the Dockerfile copies no dependency manifest

  pull                    312 MB        90.0 MB       −71.2 %
    of that base          61.2 MB       75.0 MB       +22.4 %
  on disk                 1100 MB       250 MB        −77.3 %
    of that base          170 MB        200 MB        +17.6 %
  context sent            999 B         999 B         no difference

slowest steps of the cold build
    41.3 s  812 MB  line 4  RUN npm ci
    0.10 s  4.5 kB  line 3  COPY . .
    4.20 s                  compressing and writing the image

note  3 runs: the spread is the smallest and the largest
note  told apart (cold)
note  the machine was busy
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestBenchTableOfOneRun(t *testing.T) {
	one := diag.Measurement{Samples: []float64{1.5}, Median: 1.5, Low: 1.5, High: 1.5}
	var got strings.Builder
	err := benchTable(&got, &diag.Document{Baseline: &diag.Build{}, Scenarios: []diag.Scenario{{Name: "no-change", Old: one}}})
	if err != nil || !strings.Contains(got.String(), "no change       1.50 s, 1 run\n") || strings.Contains(got.String(), "slowest") {
		t.Errorf("%v\n%s", err, got.String())
	}
}

func TestChange(t *testing.T) {
	tests := []struct {
		before, after int64
		want          string
	}{{100, 40, "−60.0 %"}, {40, 50, "+25.0 %"}, {7, 7, "no difference"}, {0, 5, "+5 B"}}
	for _, tt := range tests {
		if got := change(tt.before, tt.after); got != tt.want {
			t.Errorf("%d to %d: %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
}
