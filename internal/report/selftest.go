package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// SelfTest writes how much the comparison saw: by level, by kind, and every mutant
// that it did not see.
func SelfTest(w io.Writer, t diag.SelfTest, style Style) error {
	p := &printer{w: w, style: style}
	p.line("  %s: %s, %s, %s (%s)", plain(t.Image), counted(len(t.Mutants), "mutant"), fmt.Sprintf("%d caught, %d missed", t.Caught, t.Missed),
		fmt.Sprintf("%d equivalent", t.Equivalent), Seconds(t.Seconds))
	for _, l := range t.Levels {
		p.line("    %s: found %d of the %d it was asked about, %d of them first", l.Name, l.Found, l.Judged, l.First)
	}
	kinds := map[string][3]int{}
	for _, m := range t.Mutants {
		k := kinds[m.Kind]
		k[0]++
		if m.Fate == diag.Caught {
			k[1]++
		}
		if m.Fate == diag.Equivalent {
			k[2]++
		}
		kinds[m.Kind] = k
	}
	p.line("    %-40s %8s %8s %10s", "kind", "mutants", "caught", "equivalent")
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		k := kinds[kind]
		p.line("    %-40s %8d %8d %10d", plain(kind), k[0], k[1], k[2])
	}
	for _, m := range t.Mutants {
		if m.Fate != diag.Caught {
			p.line("    %s: %s", m.Fate, plain(strings.TrimSpace(m.Kind+" "+m.What)+inBrackets(m.Label)+orBlank(m.By)))
		}
	}
	p.line("  share %.1f %%", 100*t.Share)
	return p.err
}

func orBlank(by string) string {
	if by == "" {
		return ""
	}
	return ": " + by
}
