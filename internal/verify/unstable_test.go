package verify

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/diag"
)

// TestUnstableLines holds that lines which differ by chance do not hide the others.
func TestUnstableLines(t *testing.T) {
	q := question{checkStderr, ""}
	for name, test := range map[string]struct {
		before, again, after string
		want                 []string
	}{
		"chance alone":       {"ready\nseed a7", "ready\nseed b9", "ready\nseed c3", []string{}},
		"a line is gone":     {"ready\ncache on\nseed a7", "ready\ncache on\nseed b9", "ready\nseed c3", []string{"stderr"}},
		"a complaint":        {"ready\nseed a7", "ready\nseed b9", "ready\nseed c3\nerror: no certificates", []string{"stderr B14"}},
		"a usual complaint":  {"ready\nerror 7: retry", "ready\nerror 9: retry", "ready\nerror 3: retry", []string{}},
		"a line more":        {"ready\nseed a7", "ready\nseed b9", "ready\nseed c3\nhello", []string{}},
		"another number":     {"ready\nbuffers 12\nseed a7", "ready\nbuffers 12\nseed b9", "ready\nbuffers 13\nseed c3", []string{"stderr"}},
		"everything is gone": {"ready\nseed a7", "ready\nseed b9", "", []string{"stderr"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSheet("L4", "run")
			judge(s, answers{q: test.before}, answers{q: test.again}, answers{q: test.after})
			got := found(diag.Parity{Differences: s.differences})
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			if len(s.level.NotRun) == 0 {
				t.Error("what is left out is not told")
			}
		})
	}
}
