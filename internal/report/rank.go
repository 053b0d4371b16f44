package report

import (
	"fmt"
	"slices"

	"github.com/careenhq/careen/diag"
)

// top is how many changes are named first.
const top = 3

// kept are the changes that were kept, the most valuable first: by the share of
// the image's size plus the share of the cold build's time that they saved.
func kept(d diag.Document) []diag.Change {
	list := choose(d, true)
	slices.SortStableFunc(list, func(a, b diag.Change) int {
		switch x, y := worth(a), worth(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return list
}

func dropped(d diag.Document) []diag.Change { return choose(d, false) }

func choose(d diag.Document, kept bool) []diag.Change {
	var list []diag.Change
	for _, c := range d.Changes {
		if c.Kept == kept {
			list = append(list, c)
		}
	}
	return list
}

func topChanges(d diag.Document) []diag.Change {
	list := kept(d)
	return list[:min(top, len(list))]
}

func worth(c diag.Change) float64 { return share(c, diag.DiskBytes) + share(c, diag.ColdSeconds) }

// share is the part of its starting point that a change saved.
func share(c diag.Change, q diag.Quantity) float64 {
	s, ok := saving(c, q)
	if !ok || !s.Notable || s.Before == 0 {
		return 0
	}
	return s.Value() / s.Before
}

func saving(c diag.Change, q diag.Quantity) (diag.Saving, bool) {
	for _, s := range c.Saved {
		if s.Quantity == q {
			return s, true
		}
	}
	return diag.Saving{}, false
}

// gain is what a change brought, in one line, with its share of the whole saving.
func gain(d diag.Document, c diag.Change) string {
	if len(c.Saved) == 0 {
		return "not isolated"
	}
	var bytes, seconds float64
	if d.Baseline != nil && d.Candidate != nil {
		bytes = float64(d.Baseline.Bytes.Unpacked - d.Candidate.Bytes.Unpacked)
		seconds = d.Baseline.ColdSeconds.Median - d.Candidate.ColdSeconds.Median
	}
	return fmt.Sprintf("on disk %s, cold build %s", part(c, diag.DiskBytes, bytes), part(c, diag.ColdSeconds, seconds))
}

func part(c diag.Change, q diag.Quantity, whole float64) string {
	s, ok := saving(c, q)
	if !ok {
		return "not measured"
	}
	if !s.Notable || s.Value() <= 0 || whole <= 0 || s.Value() > whole {
		return amount(s)
	}
	return fmt.Sprintf("%s (%.0f %%)", amount(s), 100*s.Value()/whole)
}

// warnings are all that a document carries, those of its measurements too, each
// once.
func warnings(d diag.Document) []string {
	all := slices.Clone(d.Warnings)
	for _, b := range []*diag.Build{d.Baseline, d.Candidate} {
		if b != nil {
			all = append(all, b.ColdSeconds.Warnings...)
		}
	}
	for _, s := range d.Scenarios {
		all = append(all, s.Old.Warnings...)
		if s.New != nil {
			all = append(all, s.New.Warnings...)
		}
	}
	var once []string
	for _, w := range all {
		if !slices.Contains(once, w) {
			once = append(once, w)
		}
	}
	return once
}
