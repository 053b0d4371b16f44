package careen

import (
	"bytes"
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/optimize"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/rule/checks"
	"github.com/careenhq/careen/span"
)

// Rules lists the audit rules.
func Rules() []*rule.Rule { return checks.All() }

// afterSplit names the rules that depend on which stage is shipped: those about what
// it weighs, and those about what the others need not hold. They look at the file
// once a runtime stage is split off.
func afterSplit(r *rule.Rule) bool {
	switch r.ID {
	case "heavy-base", "single-stage", "dev-dependencies", "build-packages",
		"apt-lists", "apt-recommends", "package-cache", "deleted-later", "copied-bytes",
		"idle-packages":
		return true
	}
	return false
}

// beforeStages are the rules whose fixes are made in the user's own stages, before
// a runtime stage is split off: order of steps, context, caches.
func beforeStages() []*rule.Rule {
	return slices.DeleteFunc(Rules(), afterSplit)
}

// afterStages are those that depend on which stage is the last.
func afterStages() []*rule.Rule {
	return slices.DeleteFunc(Rules(), func(r *rule.Rule) bool { return !afterSplit(r) })
}

// rule proposes one rule's fixes: one change for each ID, made in turn on the
// files as they stand.
func (w *wiring) rule(r *rule.Rule) optimize.Proposer {
	return func(files optimize.Files, refused func(string) bool) ([]diag.Change, error) {
		return proposals(w.Project, w.evidence(), r, rule.Files(files), refused)
	}
}

// evidence is what the original's build tells. Without it estimates are poorer; the
// measured savings come later in any case.
func (w *wiring) evidence() *rule.Evidence {
	if w.measured != nil {
		return w.measured
	}
	w.measured = &rule.Evidence{}
	if w.original == nil {
		return w.measured
	}
	if built, err := w.describe(w.original); err == nil {
		w.measured = rule.FromDocument(&diag.Document{Baseline: &built, Environment: diag.Environment{Bases: w.bases}})
		w.measured.Source = "build of the original"
	}
	return w.measured
}

// proposals plays a rule's fixes through, one ID after the other. Each change is
// against the text that the one before it leaves.
func proposals(p *project.Project, ev *rule.Evidence, r *rule.Rule, files rule.Files, refused func(string) bool) ([]diag.Change, error) {
	d := &rule.Driver{Rules: []*rule.Rule{r}}
	var changes []diag.Change
	done := map[string]bool{}
	for {
		at, err := rule.On(p, files)
		if err != nil {
			return nil, err
		}
		id := nextID(d.Run(at, ev).Findings, func(id string) bool { return done[id] || refused(id) })
		if id == "" {
			return changes, nil
		}
		done[id] = true
		fixed, err := d.Fix(at, ev, func(c diag.Change) bool { return c.ID == id && c.Applicability != diag.Manual })
		if err != nil {
			return nil, err
		}
		if len(fixed.Changes) == 0 {
			continue
		}
		changes = append(changes, merged(fixed.Changes, files, fixed.Files))
		files = fixed.Files
	}
}

// nextID is the first ID that is offered and not left out.
func nextID(findings []diag.Finding, leftOut func(string) bool) string {
	for _, f := range findings {
		if f.Change != nil && f.Change.Applicability != diag.Manual && !leftOut(f.Change.ID) {
			return f.Change.ID
		}
	}
	return ""
}

// merged makes one change of several that have the same ID.
func merged(changes []diag.Change, before, after rule.Files) diag.Change {
	one := changes[0]
	if len(changes) == 1 {
		return one
	}
	one.Files, one.Predicted, one.Leaves = nil, nil, nil
	for _, c := range changes {
		one.Predicted = append(one.Predicted, c.Predicted...)
		one.Leaves = append(one.Leaves, c.Leaves...)
		if c.Applicability == diag.Proven {
			one.Applicability = diag.Proven
		}
	}
	for _, name := range optimize.Files(after).Changed(optimize.Files(before)) {
		one.Files = append(one.Files, diag.FileEdit{File: name, Edits: []span.Edit{difference(before[name], after[name])}})
	}
	return one
}

// difference is the one edit that turns before into after.
func difference(before, after []byte) span.Edit {
	head := 0
	for head < min(len(before), len(after)) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < min(len(before), len(after))-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	return span.Replace(span.Span{Start: head, End: len(before) - tail}, string(bytes.Clone(after[head:len(after)-tail])))
}
