package checks

import (
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

func aptLists() *rule.Rule {
	return &rule.Rule{
		ID: "apt-lists",
		Doc: rule.Doc{
			Title: "apt's package lists left in a layer",
			Text: `apt-get update fetches the lists of all packages, tens of megabytes that nothing reads once the
packages are installed. Removing them in a later RUN frees nothing: the layer that wrote them keeps them.

The fix adds the removal at the end of the RUN. It is safe: the lists are a copy of what the mirror
publishes, no package's files lie among them, and it is offered only where no later step and no start
command asks apt for anything before another update. Where a later step runs a script that cannot be
read here, the rebuilt image has to prove it.`,
			Before: "RUN apt-get update && apt-get install -y --no-install-recommends curl",
			After: `RUN apt-get update && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*`,
			Since: "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Safe,
		Aliases:  []string{"DL3009"},
		Check:    checkAptLists,
	}
}

func checkAptLists(p *rule.Pass) {
	if finalStage(p) == nil {
		return
	}
	steps := shipped(p)
	for _, s := range steps {
		// Where nothing is installed, the update is apart: apt-update-apart says so.
		if leavesLists(p, s) && aptUses(p, s.Instruction) && !removedLater(p, after(steps, s)) {
			reportLists(p, s, after(steps, s))
		}
	}
}

// leavesLists tells whether the step's layer holds the lists that it fetched.
func leavesLists(p *rule.Pass, s step) bool {
	updates := slices.DeleteFunc(of(callsOf(p, s.Instruction), "apt"), func(c call) bool { return c.Action != ecosystem.Update })
	if len(updates) == 0 || mounted(p, s, ecosystem.AptLists) {
		return false
	}
	from := updates[len(updates)-1].at + 1
	sc := script(p, s.Instruction)
	return !removesIn(sc, from, ecosystem.AptLists) && !slices.ContainsFunc(sc.Commands[from:], isDistclean)
}

func isDistclean(c *shell.Command) bool {
	return (c.Name == "apt-get" || c.Name == "apt") && c.Has("distclean")
}

// removedLater tells whether a later step removes the lists, which is what
// deleted-later reports.
func removedLater(p *rule.Pass, later []step) bool {
	return slices.ContainsFunc(later, func(s step) bool {
		sc := script(p, s.Instruction)
		return sc != nil && len(of(callsOf(p, s.Instruction), "apt")) == 0 && removesIn(sc, 0, ecosystem.AptLists)
	})
}

func reportLists(p *rule.Pass, s step, later []step) {
	f := diag.Finding{
		Span:    s.Span,
		Message: "package lists of apt-get update stay in the layer",
		Reason:  "nothing reads the lists once the packages are installed, and a removal in a later RUN does not take them out of this layer",
		Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: "the lists that one apt-get update fetches"}},
	}
	level := listsNeeded(p, later)
	if last := lastPlain(p, s); last != nil && level != diag.Manual {
		if edits := last.Append(sudo(last) + "rm -rf " + ecosystem.AptLists + "/*"); edits != nil {
			f.Change = p.Edit("remove apt's package lists where they are fetched", edits)
			f.Change.Applicability = level
			f.Change.Leaves = []diag.Leave{{Glob: ecosystem.AptLists + "/**", Reason: "package lists of apt"}}
		}
	}
	p.Report(f)
}

// lastPlain is the command behind which the lists are needed no more: apt's last,
// or the first behind it at the top of the text.
func lastPlain(p *rule.Pass, s step) *shell.Command {
	calls := of(callsOf(p, s.Instruction), "apt")
	sc := script(p, s.Instruction)
	last := calls[len(calls)-1].at
	for k := last; k < len(sc.Commands); k++ {
		if asksApt(sc.Commands[k]) {
			last = k
		}
	}
	for _, c := range sc.Commands[last:] {
		if c.Nest&^(shell.InText|shell.InPipe) == 0 || c.Join == shell.Or && c.Nest == shell.InBranch {
			return c
		}
	}
	return nil
}

// asksApt tells programs that read the lists.
func asksApt(c *shell.Command) bool {
	switch c.Name {
	case "apt-get", "apt", "aptitude", "apt-cache", "apt-file", "apt-show-versions", "gdebi", "add-apt-repository", "apt-mark":
		return true
	}
	return false
}

// listsNeeded tells who may remove the lists when these steps follow. Manual: a
// step relies on them.
func listsNeeded(p *rule.Pass, later []step) diag.Applicability {
	level := diag.Safe
	for _, s := range later {
		if opaque(p, s) {
			level = diag.Proven
		}
		if sc := script(p, s.Instruction); sc != nil && readsLists(p, s, sc) {
			return diag.Manual
		}
	}
	for _, st := range lineage(p, finalStage(p)) {
		for _, i := range st.Instructions {
			if i.Name != "CMD" && i.Name != "ENTRYPOINT" {
				continue
			}
			if sc := script(p, i); sc != nil && slices.ContainsFunc(sc.Commands, asksApt) {
				return diag.Manual
			}
		}
	}
	return level
}

// readsLists tells whether a step asks apt for something before its own update.
func readsLists(p *rule.Pass, s step, sc *shell.Script) bool {
	first := len(sc.Commands)
	for _, c := range of(callsOf(p, s.Instruction), "apt") {
		if c.Action == ecosystem.Update {
			first = min(first, c.at)
		}
	}
	for k, c := range sc.Commands {
		if k < first && asksApt(c) && !c.Has("remove") && !c.Has("purge") && !c.Has("autoremove") && !c.Has("clean") && c.Name != "apt-mark" {
			return true
		}
	}
	return false
}
