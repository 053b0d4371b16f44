package optimize

import (
	"context"
	"fmt"

	"github.com/careenhq/careen/diag"
)

// conclude measures what the search settled on and writes the verdict.
func (r *run) conclude(ctx context.Context, s settled, self diag.Parity) (*Result, error) {
	r.doc.Changes = append(r.doc.Changes, s.dropped...)
	if s.trial == nil {
		r.doc.Parity = self
		if err := r.measureOriginal(ctx); err != nil {
			return nil, err
		}
		return r.finish(diag.Unchanged, unchangedReason(s.dropped), nil)
	}
	r.say("measure old and new, interleaved")
	older := r.Layout.request(r.Request, r.Original)
	newer := r.Layout.request(r.Request, s.draft.Final())
	m, err := r.Measure(ctx, older, &newer)
	if err != nil {
		return nil, fmt.Errorf("measurement: %w", err)
	}
	r.doc.Baseline, r.doc.Candidate, r.doc.Scenarios = &m.Old, m.New, m.Scenarios
	r.doc.Warnings, r.doc.Builds = append(r.doc.Warnings, m.Warnings...), append(r.doc.Builds, m.Ledger...)
	r.doc.Parity = s.trial.parity
	if reason, worth := worthwhile(m); !worth {
		for _, c := range s.draft.Changes {
			c.Dropped = reason
			r.doc.Changes = append(r.doc.Changes, c)
		}
		return r.finish(diag.Unchanged, reason, nil)
	}
	kept := keep(s.draft.Changes)
	if r.Attribute {
		if err := r.attribute(ctx, s.draft, kept, m); err != nil {
			return nil, err
		}
	}
	r.doc.Changes = append(kept, r.doc.Changes...)
	r.doc.Patch = s.draft.Final().Patch(r.Original)
	return r.finish(diag.Improved, fmt.Sprintf("%s kept, parity holds", plural(len(kept), "change")), s.draft.Final())
}

func keep(changes []diag.Change) []diag.Change {
	kept := make([]diag.Change, len(changes))
	for i, c := range changes {
		c.Kept = true
		kept[i] = c
	}
	return kept
}

// worthwhile tells whether anything measurable got better and nothing that counts
// got worse: smaller by at least 1 %, or a rebuild that is notably faster.
func worthwhile(m *Measured) (string, bool) {
	before, after := m.Old.Bytes.Unpacked, m.New.Bytes.Unpacked
	if after*100 <= before*99 {
		return "", true
	}
	if after*100 > before*101 {
		return "the candidate is larger than the original", false
	}
	for _, s := range m.Scenarios {
		if s.New != nil && s.Notable && s.New.Median < s.Old.Median {
			return "", true
		}
	}
	return "no measured difference in size or time", false
}

func unchangedReason(dropped []diag.Change) string {
	if len(dropped) == 0 {
		return "nothing was found that could make this image smaller or its build faster"
	}
	last := dropped[len(dropped)-1]
	return fmt.Sprintf("%s tried, none could be proven; the last: %s", plural(len(dropped), "change"), last.Dropped)
}

// measureOriginal records the baseline of a project that stays as it is.
func (r *run) measureOriginal(ctx context.Context) error {
	r.say("measure the original")
	m, err := r.Measure(ctx, r.Layout.request(r.Request, r.Original), nil)
	if err != nil {
		return fmt.Errorf("measurement: %w", err)
	}
	r.doc.Baseline, r.doc.Scenarios = &m.Old, m.Scenarios
	r.doc.Warnings, r.doc.Builds = append(r.doc.Warnings, m.Warnings...), append(r.doc.Builds, m.Ledger...)
	return nil
}
