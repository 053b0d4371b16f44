package checks

import (
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
)

func aptUpdateApart() *rule.Rule {
	return &rule.Rule{
		ID: "apt-update-apart",
		Doc: rule.Doc{
			Title: "apt-get update apart from the install",
			Text: `A RUN with apt-get update alone is cached for as long as its text stays the same. When the list of
packages in the next RUN changes months later, apt looks them up in lists that are months old, and
downloads versions that the mirror no longer has. The lists also stay in the image as a layer of their
own that no later step can shrink.

The fix makes one RUN of two that follow each other. It is safe: the same commands run in the same
order in the same shell environment, and the second still runs only when the first succeeded; only the
boundary between the layers is gone. It is not offered where the first RUN changes directory, variables
or shell options, or where the two have different mounts.`,
			Before: `RUN apt-get update
RUN apt-get install -y --no-install-recommends curl`,
			After: `RUN apt-get update \
    && apt-get install -y --no-install-recommends curl`,
			Since: "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Safe,
		Check:    checkAptUpdateApart,
	}
}

func checkAptUpdateApart(p *rule.Pass) {
	for _, s := range p.File.Stages {
		runs := runsOf(s)
		for k, r := range runs {
			switch {
			case mounted(p, r, ecosystem.AptLists):
			case aptDoes(p, r.Instruction, ecosystem.Update) && !aptUses(p, r.Instruction):
				f := diag.Finding{
					Span:    r.Span,
					Message: "apt-get update has a layer of its own",
					Reason:  "the lists are cached while the RUN's text stays the same, so a later install looks packages up in old lists; and no later step can take them out of this layer",
				}
				if e, ok := p.Bytes(r.Instruction); ok && len(script(p, r.Instruction).Commands) == 1 {
					f.Saving = []diag.Estimate{e}
				}
				if k+1 < len(runs) && aptUses(p, runs[k+1].Instruction) {
					f.Change = joined(p, r.Instruction, runs[k+1].Instruction, "update apt's lists in the RUN that installs")
				}
				p.Report(f)
			case reliesOnEarlier(p, runs[:k], r.Instruction):
				f := diag.Finding{
					Span:    r.Span,
					Message: "apt-get install relies on the package lists of an earlier RUN",
					Reason:  "when this RUN's text changes it looks packages up in lists as old as the earlier RUN's layer",
				}
				if aptDoes(p, runs[k-1].Instruction, ecosystem.Update) && aptUses(p, runs[k-1].Instruction) {
					f.Change = joined(p, runs[k-1].Instruction, r.Instruction, "install packages in one RUN")
				}
				p.Report(f)
			}
		}
	}
}

// aptDoes tells whether the instruction has apt do that.
func aptDoes(p *rule.Pass, i *dockerfile.Instruction, a ecosystem.Action) bool {
	for _, c := range of(callsOf(p, i), "apt") {
		if c.Action == a {
			return true
		}
	}
	return false
}

// aptUses tells whether the instruction has apt look packages up.
func aptUses(p *rule.Pass, i *dockerfile.Instruction) bool {
	return aptDoes(p, i, ecosystem.Install) || aptDoes(p, i, ecosystem.Upgrade) || opaque(p, step{Instruction: i})
}

// reliesOnEarlier tells whether an install without an update of its own follows a
// RUN of the stage that updated.
func reliesOnEarlier(p *rule.Pass, earlier []step, i *dockerfile.Instruction) bool {
	if !aptDoes(p, i, ecosystem.Install) || aptDoes(p, i, ecosystem.Update) {
		return false
	}
	for k := len(earlier) - 1; k >= 0; k-- {
		if aptDoes(p, earlier[k].Instruction, ecosystem.Update) {
			return leavesLists(p, earlier[k]) && aptDoes(p, earlier[k].Instruction, ecosystem.Install)
		}
	}
	return false
}

// joined is the change that makes one RUN of two; nil where they cannot be joined.
func joined(p *rule.Pass, first, second *dockerfile.Instruction, title string) *diag.Change {
	edits := joinRuns(p, first, second)
	if edits == nil {
		return nil
	}
	return p.Edit(title, edits)
}
