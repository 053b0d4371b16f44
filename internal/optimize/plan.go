package optimize

import (
	"fmt"
	"slices"

	"github.com/careenhq/careen/diag"
)

// A Proposer looks at the files as its predecessors left them and offers changes
// to exactly that text. It must offer the same changes for the same files. A
// change whose ID is refused is not to be offered; a proposer with alternatives
// offers the next best one instead.
type Proposer func(files Files, refused func(id string) bool) ([]diag.Change, error)

// A Draft is a plan played through: States[0] is the original, States[i] the
// files after the first i changes.
type Draft struct {
	Changes []diag.Change
	States  []Files
}

// Final is the files with every change made.
func (d Draft) Final() Files { return d.States[len(d.States)-1] }

// has tells whether every named change is part of the draft.
func (d Draft) has(ids []string) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(d.Changes, func(c diag.Change) bool { return c.ID == id }) {
			return false
		}
	}
	return true
}

// draft plays the proposers in order. Changes are replayed from the original each
// time, so refusing one can never leave a trace of it in the text of another.
func draft(original Files, proposers []Proposer, refused func(id string) bool) (Draft, error) {
	d := Draft{States: []Files{original}}
	for _, propose := range proposers {
		changes, err := propose(d.Final(), refused)
		if err != nil {
			return d, fmt.Errorf("plan: %w", err)
		}
		for _, c := range changes {
			if c.Applicability == diag.Manual || refused(c.ID) || !d.has(c.Needs) {
				continue
			}
			next, err := d.Final().With(c)
			if err != nil {
				return d, fmt.Errorf("plan: %w", err)
			}
			if next.Key() == d.Final().Key() {
				continue
			}
			d.Changes = append(d.Changes, c)
			d.States = append(d.States, next)
		}
	}
	return d, nil
}
