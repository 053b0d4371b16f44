package bench

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/careenhq/careen/diag"
)

const (
	confidence = 0.95 // of the interval around a median
	minTest    = 4    // samples a side from which the U test can reach 5 %
	minRanges  = 3    // samples a side from which separate ranges count
	minEffect  = 0.05 // relative difference of medians that few samples must show
)

// Measure sums up samples without an assumption about their distribution: the
// median with its 95 % interval or, when there are too few samples for one, with
// the smallest and largest sample and a warning.
func Measure(q diag.Quantity, samples []float64) diag.Measurement {
	m := diag.Measurement{Quantity: q, Samples: slices.Clone(samples)}
	if len(samples) == 0 {
		return m
	}
	sum := benchmath.AssumeNothing.Summary(newSample(samples), confidence)
	m.Median, m.Low, m.High = sum.Center, sum.Lo, sum.Hi
	if math.IsInf(m.Low, 0) || math.IsInf(m.High, 0) {
		m.Low, m.High = slices.Min(samples), slices.Max(samples)
		m.Warnings = append(m.Warnings, fmt.Sprintf("%s: the spread is the smallest and the largest; 6 runs give a 95 %% interval", count(len(samples), "run")))
	}
	return m
}

// newSample copies, as benchmath sorts in place.
func newSample(samples []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(samples), &benchmath.DefaultThresholds)
}

// Differ tells whether two sets of samples can be told apart.
//
// With four or more on each side the Mann–Whitney U test decides at the 5 % level.
// Fewer samples can never pass that test, so with three on each side two things
// must hold: no sample of one side lies within the range of the other (chance
// alone brings that about in one of ten comparisons), and the medians lie at least
// 5 % apart. With fewer than three nothing is told apart. The caveat is for
// printing and empty when the test decided.
func Differ(old, new []float64) (notable bool, caveat string) {
	n := min(len(old), len(new))
	switch {
	case n >= minTest:
		c := benchmath.AssumeNothing.Compare(newSample(old), newSample(new))
		return c.P < c.Alpha, ""
	case n < minRanges:
		return false, fmt.Sprintf("%s on each side cannot be told apart; take 3 or more", count(n, "run"))
	}
	apart := slices.Max(old) < slices.Min(new) || slices.Max(new) < slices.Min(old)
	before, after := median(old), median(new)
	apart = apart && math.Abs(before-after) >= minEffect*before
	return apart, "3 runs on each side: told apart by ranges that do not meet, which chance brings about in 1 of 10; 4 or more allow a test"
}

func median(samples []float64) float64 {
	return benchmath.AssumeNothing.Summary(newSample(samples), confidence).Center
}

// judge fills in a scenario from the samples of one or two subjects.
func judge(d *diag.Scenario, q diag.Quantity, samples []sample) {
	d.Old = Measure(q, samples[0].seconds)
	d.Old.Warnings = append(d.Old.Warnings, samples[0].warnings...)
	if len(samples) == 1 {
		return
	}
	newer := Measure(q, samples[1].seconds)
	newer.Warnings = append(newer.Warnings, samples[1].warnings...)
	notable, caveat := Differ(samples[0].seconds, samples[1].seconds)
	if caveat != "" {
		newer.Warnings = append(newer.Warnings, caveat)
	}
	d.New, d.Notable = &newer, notable
	d.Criterion = verdict(d.Old.Median, newer.Median, notable)
}

// verdict is the difference in words: "−41 %", "+7 %" or "no difference".
func verdict(old, new float64, notable bool) string {
	if !notable || old == 0 {
		return "no difference"
	}
	percent := math.Round(100 * (new/old - 1))
	sign := "+"
	if new < old {
		sign = "−"
	}
	return fmt.Sprintf("%s%.0f %%", sign, math.Abs(percent))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
