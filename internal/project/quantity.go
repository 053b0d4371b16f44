package project

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time, written as in Go: 30s, 2m.
type Duration time.Duration

// UnmarshalText reads a positive duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q: want a duration such as 30s or 2m", text)
	}
	*d = Duration(v)
	return nil
}

// Size is a number of bytes. kB, MB and GB count in thousands, KiB, MiB and GiB
// in 1,024s, and so do Docker's single letters k, m and g.
type Size int64

var units = []struct {
	suffix string
	factor float64
}{
	// Longer endings first: "kib" also ends in "b".
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1},
}

// UnmarshalText reads a positive size.
func (s *Size) UnmarshalText(text []byte) error {
	number, factor := strings.ToLower(strings.TrimSpace(string(text))), 1.0
	for _, u := range units {
		if n, ok := strings.CutSuffix(number, u.suffix); ok {
			number, factor = strings.TrimSpace(n), u.factor
			break
		}
	}
	v, err := parseNumber(number)
	if err != nil || v <= 0 || v*factor >= math.MaxInt64 {
		return fmt.Errorf("%q: want a size such as 350MB, or 512m as Docker writes it", text)
	}
	*s = Size(v * factor)
	return nil
}

// Percent is a share in hundredths: 30 for "30%".
type Percent float64

// UnmarshalText reads a percentage between 0 and 100, with or without the sign.
func (p *Percent) UnmarshalText(text []byte) error {
	v, err := parseNumber(strings.TrimSpace(strings.TrimSuffix(string(text), "%")))
	if err != nil || v < 0 || v > 100 {
		return fmt.Errorf("%q: want a percentage such as 30%%", text)
	}
	*p = Percent(v)
	return nil
}

// parseNumber reads a plain decimal number; strconv alone also takes "inf",
// "0x1p3" and "1_000".
func parseNumber(text string) (float64, error) {
	if strings.Trim(text, "0123456789.") != "" {
		return 0, errors.New("not a decimal number")
	}
	return strconv.ParseFloat(text, 64)
}
