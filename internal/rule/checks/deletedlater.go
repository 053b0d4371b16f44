package checks

import (
	"fmt"
	"path"
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

func deletedLater() *rule.Rule {
	return &rule.Rule{
		ID: "deleted-later",
		Doc: rule.Doc{
			Title: "Files deleted in a later layer than they were written",
			Text: `A layer only adds. Removing a file that an earlier instruction wrote hides it; its bytes stay in the
earlier layer and are pulled and stored with the image. Remove it in the RUN that wrote it, bind-mount
what is only read during the build, or leave it in a stage that is not shipped.

Where the removal stands directly behind the RUN that wrote the files, the fix makes one RUN of the two.
It is safe: the same commands run in the same order in the same shell environment, and the removal still
runs only when the first part succeeded.`,
			Before: "RUN curl -o /tmp/tool.tar.gz https://example.com/tool.tar.gz && tar -xzf /tmp/tool.tar.gz -C /opt\nRUN rm /tmp/tool.tar.gz",
			After:  "RUN curl -o /tmp/tool.tar.gz https://example.com/tool.tar.gz && tar -xzf /tmp/tool.tar.gz -C /opt \\\n    && rm /tmp/tool.tar.gz",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Safe,
		Check:    checkDeletedLater,
	}
}

func checkDeletedLater(p *rule.Pass) {
	eachShippedCommand(p, func(s step, sc *shell.Script, n int, before []step) {
		c := sc.Commands[n]
		if d, ok := deletes(p, s, sc, n, c, before); ok {
			reportDeleted(p, s, c, d)
		}
	})
}

// A deletion is what a command removes too late.
type deletion struct {
	what  string
	by    step  // whose layer keeps it
	size  int64 // 0 when not known
	whole bool  // it is all that the layer holds
}

// deletes tells whether a command removes what an earlier layer wrote.
func deletes(p *rule.Pass, s step, sc *shell.Script, n int, c *shell.Command, earlier []step) (deletion, bool) {
	for _, call := range callsOf(p, s.Instruction) {
		if call.at == n && call.Action == ecosystem.Remove && call.Manager.System {
			return uninstalls(p, s, call, earlier)
		}
	}
	paths, ok := ecosystem.Removed(c.Name, c.Texts())
	if !ok {
		return deletion{}, false
	}
	st := surroundingsOf(p, s).state
	moved := slices.ContainsFunc(sc.Commands[:n], func(c *shell.Command) bool { return c.Name == "cd" })
	for _, name := range paths {
		name = homely(name)
		if moved && !path.IsAbs(name) {
			continue
		}
		at, known := place(p, st, name)
		if !known || at == "/" {
			continue
		}
		if d, found := writerOf(p, s, at, earlier); found {
			d.what = name
			return d, true
		}
	}
	return deletion{}, false
}

// writerOf finds the layer that keeps what is removed. What the step itself writes
// there counts for it.
func writerOf(p *rule.Pass, s step, removed string, earlier []step) (deletion, bool) {
	covers := func(w written) bool { return ecosystem.Empties(removed, w.path) }
	if slices.ContainsFunc(writes(p, s), covers) {
		return deletion{}, false
	}
	for k := len(earlier) - 1; k >= 0; k-- {
		e := earlier[k]
		if e.Name == "RUN" && ecosystem.Empties(removed, ecosystem.AptLists) && leavesLists(p, e) && !aptDoes(p, s.Instruction, ecosystem.Update) {
			return deletion{by: e}, true
		}
		d := deletion{by: e}
		d.whole = e.Name != "RUN"
		for _, w := range writes(p, e) {
			if covers(w) {
				d.size += w.size
				d.what = w.path
			} else {
				d.whole = false
			}
		}
		if d.what != "" {
			return d, true
		}
	}
	return deletion{}, false
}

// uninstalls tells whether a call removes packages that an earlier step installed.
func uninstalls(p *rule.Pass, s step, c call, earlier []step) (deletion, bool) {
	names := c.packages()
	own := installedIn(p, s, c.Manager)
	for _, e := range earlier {
		if e.Name != "RUN" {
			continue
		}
		have := installedIn(p, e, c.Manager)
		for _, name := range names {
			if have[name] && !own[name] {
				return deletion{what: name, by: e}, true
			}
		}
	}
	return deletion{}, false
}

// installedIn are the packages that a step installs by name, and the names under
// which apk puts them together.
func installedIn(p *rule.Pass, s step, m *ecosystem.Manager) map[string]bool {
	have := map[string]bool{}
	for _, c := range of(callsOf(p, s.Instruction), m.Name) {
		if c.Action != ecosystem.Install {
			continue
		}
		for _, name := range c.packages() {
			have[name] = true
		}
		if v := option(c.cmd.Texts(), "-t", "--virtual"); v != "" {
			have[v] = true
		}
	}
	return have
}

func reportDeleted(p *rule.Pass, s step, c *shell.Command, d deletion) {
	line := lineOf(d.by.Instruction)
	f := diag.Finding{
		Span:    c.Span,
		Message: fmt.Sprintf("removes %s, which the layer of line %d keeps", d.what, line),
		Reason:  "a layer only adds: removing in a later one hides the bytes and frees none",
		Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: fmt.Sprintf("what line %d wrote there", line)}},
	}
	if d.size > 0 {
		f.Saving = []diag.Estimate{{Quantity: diag.DiskBytes, Value: float64(d.size), Evidence: "size in the build context"}}
	}
	if e, ok := p.Bytes(d.by.Instruction); ok && d.whole {
		f.Saving = []diag.Estimate{e}
	}
	if d.by.Name == "RUN" && onlyRemoves(p, s) {
		f.Change = joined(p, d.by.Instruction, s.Instruction, "remove in the layer that wrote")
	}
	p.Report(f)
}

// onlyRemoves tells whether the step does nothing but clean up.
func onlyRemoves(p *rule.Pass, s step) bool {
	calls := callsOf(p, s.Instruction)
	for k, c := range script(p, s.Instruction).Commands {
		_, remove := ecosystem.Removed(c.Name, c.Texts())
		cleans := slices.ContainsFunc(calls, func(call call) bool {
			return call.at == k && (call.Action == ecosystem.Remove || call.Action == ecosystem.Clean)
		})
		if !remove && !cleans {
			return false
		}
	}
	return true
}
