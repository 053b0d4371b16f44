package checks

import (
	"strings"
	"testing"
)

// What was measured of a layer that holds nothing but the waste is the saving.
func TestMeasuredSavings(t *testing.T) {
	for name, bytes := range map[string]float64{
		"testdata/apt-update-apart/priced.txtar": 19e6,
		"testdata/copied-bytes/priced.txtar":     7e6,
		"testdata/deleted-later/priced.txtar":    9e6,
	} {
		fx := openFixture(t, name)
		found := fx.driver().Run(fx.project, fx.ev).Findings
		if len(found) != 1 || len(found[0].Saving) != 1 {
			t.Fatalf("%s: %+v", name, found)
		}
		e := found[0].Saving[0]
		if e.Value != bytes || !strings.Contains(e.Evidence, "baseline of 2026-11-20") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
