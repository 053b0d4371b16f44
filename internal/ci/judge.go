package ci

import (
	"fmt"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// quantities are the checks in the order of the report; their names are the keys
// below `gate:` in careen.yaml.
var quantities = []struct {
	name     string
	quantity diag.Quantity
	scenario string // of a time; "" for a size
	growth   float64
}{
	{"disk", diag.DiskBytes, "", 0.05},
	{"pull", diag.PulledBytes, "", 0.05},
	{"cold", diag.ColdSeconds, "cold", 0.10},
	{"no_change", diag.NoChangeSeconds, "no-change", 0.10},
	{"source_edit", diag.SourceSeconds, "source-edit", 0.10},
	{"manifest_edit", diag.ManifestSeconds, "manifest-edit", 0.10},
}

// leastSeconds is the slowdown below which no build fails the gate for having
// grown: nobody waits for it, and the clock of a runner does not show it.
const leastSeconds = 0.5

// A Limit is what the project allows of one quantity.
type Limit struct {
	Max    float64 // bytes or seconds; 0: none
	Growth float64 // share above the target branch; 0: careen's own
}

// Input is what Judge holds against each other.
type Input struct {
	Project   string
	Limits    map[string]Limit // by name of the check
	Before    *diag.Build      // of the target branch; nil: there is none
	After     *diag.Build
	Scenarios []diag.Scenario // Old and New measured in turns on one machine; New nil: After alone
	Baseline  string          // what Before is, in words
	Dockerfile,
	Evidence string
	Changes []diag.Change // that led from Before to After
	Allowed string        // who allows a regression; "" when nobody does
}

// Judge gives the verdict.
func Judge(in Input) diag.Gate {
	g := diag.Gate{
		Schema: diag.SchemaVersion, Project: in.Project, Baseline: in.Baseline, Evidence: in.Evidence,
		Passed: true, Changes: kept(in.Changes),
	}
	for _, q := range quantities {
		limit, explicit := in.Limits[q.name]
		c := diag.GateCheck{Name: q.name, Quantity: q.quantity, State: diag.GatePassed, Max: limit.Max, Growth: limit.Growth, Required: explicit}
		if c.Growth == 0 {
			c.Growth = q.growth
		}
		if q.scenario == "" {
			in.size(&c)
		} else if !in.time(&c, q.scenario) && !explicit {
			continue // not measured and not asked for
		}
		if c.State == diag.GateFailed {
			c.Worst = in.worst(q.quantity)
		}
		g.Passed = g.Passed && c.State != diag.GateFailed && (c.State != diag.GateNotJudged || !c.Required)
		g.Checks = append(g.Checks, c)
	}
	if !g.Passed && in.Allowed != "" && !unjudged(g.Checks) {
		g.Passed, g.Allowed = true, in.Allowed
	}
	g.Top = in.top(g.Checks)
	return g
}

// unjudged tells whether a check that the project asked for could not be made:
// nobody can allow what nobody has seen.
func unjudged(checks []diag.GateCheck) bool {
	return slices.ContainsFunc(checks, func(c diag.GateCheck) bool { return c.Required && c.State == diag.GateNotJudged })
}

// size judges bytes, which have no noise.
func (in Input) size(c *diag.GateCheck) {
	c.After = bytesOf(in.After, c.Quantity)
	if c.Max > 0 && c.After > c.Max {
		c.State, c.Why = diag.GateFailed, "above its limit"
	}
	if in.Before == nil {
		if c.Max == 0 {
			c.State, c.Why = diag.GateNotJudged, "no build of the target branch to compare with"
		}
		return
	}
	c.Before = bytesOf(in.Before, c.Quantity)
	if c.Before == 0 {
		return
	}
	c.Change = c.After/c.Before - 1
	c.Low, c.High = c.Change, c.Change
	compare(c, "larger than allowed")
}

func bytesOf(b *diag.Build, q diag.Quantity) float64 {
	if q == diag.PulledBytes {
		return float64(b.Bytes.Compressed)
	}
	return float64(b.Bytes.Unpacked)
}

// time judges seconds. It is false when the scenario was not measured at all.
func (in Input) time(c *diag.GateCheck, scenario string) bool {
	i := slices.IndexFunc(in.Scenarios, func(s diag.Scenario) bool { return s.Name == scenario })
	if i < 0 || len(in.Scenarios[i].Old.Samples) == 0 {
		c.State, c.Why = diag.GateNotJudged, "not measured"
		if i >= 0 && in.Scenarios[i].Criterion != "" {
			c.Why = in.Scenarios[i].Criterion
		}
		return false
	}
	s := in.Scenarios[i]
	now, paired := s.Old, s.New != nil
	if paired {
		now = *s.New
		c.Before = s.Old.Median
	}
	c.After = now.Median
	if len(now.Samples) < minPairs {
		c.State, c.Why = diag.GateNotJudged, tooFew(len(now.Samples), "run")
		return true
	}
	if c.Max > 0 && now.Low > c.Max {
		c.State, c.Why = diag.GateFailed, "above its limit"
	}
	if !paired {
		if c.Max == 0 {
			c.State, c.Why = diag.GateNotJudged, "the target branch was not built in turns with this build on one machine"
		}
		return true
	}
	in.pairs(c, s)
	return true
}

func (in Input) pairs(c *diag.GateCheck, s diag.Scenario) {
	middle, low, high, ok := change(s.Old.Samples, s.New.Samples)
	c.Pairs = min(len(s.Old.Samples), len(s.New.Samples))
	if !ok {
		c.State, c.Why = diag.GateNotJudged, tooFew(c.Pairs, "pair of builds")
		return
	}
	c.Change, c.Low, c.High = middle, low, high
	if c.Low > c.Growth && c.After-c.Before < leastSeconds {
		return // beyond noise, and too little to matter
	}
	compare(c, "slower than allowed")
}

// tooFew says why a time is not judged: "1 run; …", "3 pairs of builds; …".
func tooFew(n int, noun string) string {
	if n != 1 {
		word, rest, _ := strings.Cut(noun, " ")
		noun = strings.TrimSpace(word + "s " + rest)
	}
	return fmt.Sprintf("%d %s; %d are needed to tell a slowdown from noise", n, noun, minPairs)
}

// compare fails a check whose change lies above the limit with its whole interval.
func compare(c *diag.GateCheck, why string) {
	switch {
	case c.State == diag.GateFailed:
	case c.Low > c.Growth:
		c.State, c.Why = diag.GateFailed, why
	case c.High < -0.001:
		c.State = diag.GateImproved
	}
}

// kept are the first three changes that were kept.
func kept(changes []diag.Change) []diag.Change {
	var list []diag.Change
	for _, c := range changes {
		if c.Kept && len(list) < 3 {
			list = append(list, diag.Change{ID: c.ID, Title: c.Title, Why: c.Why, Applicability: c.Applicability, Kept: true, Saved: c.Saved})
		}
	}
	return list
}

// verb is the instruction's first word.
func verb(instruction string) string {
	word, _, _ := strings.Cut(instruction, " ")
	return strings.ToUpper(word)
}
