package careen

import (
	"github.com/careenhq/careen/internal/optimize"
	"github.com/careenhq/careen/internal/rule"
)

// beforeStages are the rules whose fixes are made in the user's own stages, before
// a runtime stage is split off; afterStages are those that depend on which stage
// is the last.
var beforeStages, afterStages []*rule.Rule

// rule proposes one rule's fixes.
func (w *wiring) rule(r *rule.Rule) optimize.Proposer { return nil }
