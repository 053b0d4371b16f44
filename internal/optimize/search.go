package optimize

import (
	"context"
	"fmt"
	"slices"

	"github.com/careenhq/careen/diag"
)

// settled is where the search ended.
type settled struct {
	draft   Draft
	trial   *trial // of the draft's final state; nil when no change is left
	dropped []diag.Change
}

// settle drafts, tries, and drops the change that breaks the candidate, until a
// candidate holds or no change is left. A refused ID never comes back, and every
// round refuses one, so the search ends.
func (w *workbench) settle(ctx context.Context, original Files, proposers []Proposer, say func(string, ...any)) (settled, error) {
	var s settled
	refused := map[string]bool{}
	for round := 1; ; round++ {
		d, err := draft(original, proposers, func(id string) bool { return refused[id] })
		if err != nil {
			return s, err
		}
		s.draft, s.trial = d, nil
		if len(d.Changes) == 0 {
			return s, nil
		}
		say("build candidate %d with %s", round, plural(len(d.Changes), "change"))
		t, err := w.try(ctx, d, len(d.Changes), fmt.Sprintf("candidate %d", round))
		if err != nil {
			return s, err
		}
		if t.holds() {
			s.trial = t
			return s, nil
		}
		culprit, cause, err := w.culprit(ctx, d, t, say)
		if err != nil {
			return s, err
		}
		c := d.Changes[culprit]
		c.Dropped, c.Label = cause.why()
		s.dropped = append(s.dropped, c)
		refused[c.ID] = true
		say("drop %s: %s", c.ID, c.Dropped)
	}
}

// culprit finds the change with which the candidate stops to hold: the one that
// says itself that it left behind what is missed, or else the smallest prefix of
// the plan that fails, by binary search. The original (prefix 0) holds and the
// whole plan fails, so there is one; whatever else fails is met in a later round.
func (w *workbench) culprit(ctx context.Context, d Draft, whole *trial, say func(string, ...any)) (int, *trial, error) {
	if i, cause := confessed(d.Changes, whole); i >= 0 {
		return i, cause, nil
	}
	good, bad, cause := 0, len(d.Changes), whole
	for bad-good > 1 {
		mid := (good + bad) / 2
		say("search the change that breaks it: first %d of %d", mid, len(d.Changes))
		t, err := w.try(ctx, d, mid, fmt.Sprintf("bisect: first %d changes", mid))
		if err != nil {
			return 0, nil, err
		}
		if t.holds() {
			good = mid
		} else {
			bad, cause = mid, t
		}
	}
	return bad - 1, cause, nil
}

// confessed is the one change that leaves behind a path which the comparison
// misses, and the trial with that difference first; -1 when none or several do.
func confessed(changes []diag.Change, t *trial) (int, *trial) {
	for k, difference := range t.parity.Differences {
		if difference.Path == "" || difference.New != "" {
			continue
		}
		if i := leaver(changes, difference.Path); i >= 0 {
			cause := *t
			cause.parity.Differences = append([]diag.Difference{difference}, slices.Delete(slices.Clone(t.parity.Differences), k, k+1)...)
			return i, &cause
		}
	}
	return -1, nil
}

// leaver is the one change that leaves the path behind, -1 when none or several do.
func leaver(changes []diag.Change, path string) int {
	found := -1
	for i, c := range changes {
		if !slices.ContainsFunc(c.Leaves, func(l diag.Leave) bool { return l.Covers(path) }) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
