package rule

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
)

// A Driver runs rules. It may be used by several goroutines, and remembers across
// files what they share, such as what a build context holds.
type Driver struct {
	Rules  []*Rule
	shared Memo
}

// A Result is what the rules say about one Dockerfile.
type Result struct {
	Findings   []diag.Finding // in order of their place in the file
	Suppressed int            // findings that a comment switches off
	Problems   []Problem      // rules that could not be run to their end
}

// A Problem is a rule that failed. Its findings up to then count.
type Problem struct {
	Rule  string
	Cause string
}

// Run runs every rule over the project's Dockerfile. evidence may be nil. A file
// that BuildKit refuses is looked at as far as it can be understood; fixes are not
// offered for it.
func (d *Driver) Run(p *project.Project, evidence *Evidence) Result {
	if evidence == nil {
		evidence = &Evidence{}
	}
	c := collector{project: p, evidence: evidence, broken: len(p.Dockerfile.Problems) > 0}
	var ofFile Memo
	for _, r := range d.Rules {
		if slices.Contains(p.Config.Rules.Disable, r.ID) {
			continue
		}
		pass := &Pass{Rule: r, Project: p, File: p.Dockerfile, Evidence: evidence, file: &ofFile, shared: &d.shared}
		pass.Report = func(f diag.Finding) { c.add(pass, f) }
		c.run(pass)
	}
	return c.finish()
}

// collector gathers the findings of one file.
type collector struct {
	Result
	project  *project.Project
	evidence *Evidence
	broken   bool
	rules    []*Rule // of Findings
}

// run runs one rule. A defect of a rule costs its remaining findings, no more.
func (c *collector) run(pass *Pass) {
	defer func() {
		if r := recover(); r != nil {
			c.Problems = append(c.Problems, Problem{pass.Rule.ID, fmt.Sprintf("defect in rule %s: %v", pass.Rule.ID, r)})
		}
	}()
	pass.Rule.Check(pass)
}

// add completes a finding.
func (c *collector) add(p *Pass, f diag.Finding) {
	f.Rule = cmp.Or(f.Rule, p.Rule.ID)
	f.Severity = cmp.Or(f.Severity, p.Rule.Severity)
	f.File = cmp.Or(f.File, p.Project.Path)
	ix := p.File.Index()
	f.Start, f.End = ix.Position(f.Span.Start), ix.Position(f.Span.End)
	f.Change = c.change(p, f)
	if f.Change != nil {
		f.Applicability = f.Change.Applicability
	}
	f.Applicability = cmp.Or(f.Applicability, diag.Manual)
	f.Saving = c.price(p, f)
	c.Findings = append(c.Findings, f)
	c.rules = append(c.rules, p.Rule)
}

// change completes the finding's change. A broken file gets none: what its parts
// mean is a guess.
func (c *collector) change(p *Pass, f diag.Finding) *diag.Change {
	if f.Change == nil || c.broken {
		return nil
	}
	ch := *f.Change
	ch.ID = cmp.Or(ch.ID, p.Rule.ID)
	ch.Applicability = cmp.Or(ch.Applicability, p.Rule.Fix, diag.Manual)
	ch.Why = cmp.Or(ch.Why, f.Reason)
	if ch.Predicted == nil {
		ch.Predicted = f.Saving
	}
	return &ch
}

// price adds what the finding's step was measured to cost where the rule itself
// knows no figure: the most there is to be had there.
func (c *collector) price(p *Pass, f diag.Finding) []diag.Estimate {
	if slices.ContainsFunc(f.Saving, func(e diag.Estimate) bool { return e.Value > 0 }) {
		return f.Saving
	}
	for _, i := range p.File.Instructions {
		if i.Span != f.Span && !i.Span.Contains(f.Span.Start) {
			continue
		}
		cost, ok := p.Evidence.Of(i)
		if !ok {
			continue
		}
		return append(f.Saving, diag.Estimate{
			Quantity: diag.ColdSeconds,
			Evidence: "at most the step's own cost: " + p.measured(cost, fmt.Sprintf("took %.1f s and wrote %s", cost.Seconds, Size(cost.Unpacked))),
		})
	}
	return f.Saving
}

// finish drops suppressed findings and puts the rest in order.
func (c *collector) finish() Result {
	s := readSuppression(c.project.Dockerfile)
	kept := c.Findings[:0]
	for k, f := range c.Findings {
		if s.covers(c.rules[k], f.Span.Start) {
			c.Suppressed++
			continue
		}
		kept = append(kept, f)
	}
	slices.SortStableFunc(kept, func(a, b diag.Finding) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	c.Findings = kept
	return c.Result
}
