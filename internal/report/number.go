package report

import (
	"fmt"
	"math"

	"github.com/careenhq/careen/diag"
)

// The rules of printed figures: bytes are decimal (1 MB = 1,000,000 bytes) with one
// decimal, seconds have two decimals below 1, one below 100 and none above,
// percentages one decimal with U+2212 for less; a measurement carries half its
// spread.

// Bytes formats a size.
func Bytes(n int64) string {
	switch v := float64(n); {
	case n < 0:
		return "−" + Bytes(-n)
	case v >= 1e9:
		return fmt.Sprintf("%.2f GB", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.1f MB", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.1f kB", v/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// Seconds formats a duration in seconds.
func Seconds(s float64) string {
	if math.Abs(s) >= 100 {
		return fmt.Sprintf("%.0f s", s)
	}
	if math.Abs(s) < 1 {
		return fmt.Sprintf("%.2f s", s)
	}
	return fmt.Sprintf("%.1f s", s)
}

// Measured formats a median with half the width of its interval.
func Measured(m diag.Measurement) string {
	if len(m.Samples) == 0 {
		return "not measured"
	}
	if len(m.Samples) == 1 {
		return Seconds(m.Median) + " (1 run)"
	}
	return fmt.Sprintf("%s ± %s", Seconds(m.Median), Seconds((m.High-m.Low)/2))
}

// Percent formats the change from before to after: "−61.2 %", "+3.0 %".
func Percent(before, after float64) string {
	if before == 0 {
		return "n/a"
	}
	switch p := math.Round(1000*(after-before)/before) / 10; {
	case p < 0:
		return fmt.Sprintf("−%.1f %%", -p)
	case p > 0:
		return fmt.Sprintf("+%.1f %%", p)
	}
	return "0.0 %"
}

// amount formats what a change saved: "−12.3 MB", "+0.4 s".
func amount(s diag.Saving) string {
	if !s.Notable {
		return "no difference"
	}
	sign, v := "−", s.Value()
	if v < 0 {
		sign, v = "+", -v
	}
	switch s.Quantity {
	case diag.PulledBytes, diag.DiskBytes, diag.ContextBytes:
		return sign + Bytes(int64(v))
	}
	return sign + Seconds(v)
}
