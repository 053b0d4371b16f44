package checks

import (
	"bytes"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func idlePackages() *rule.Rule {
	return &rule.Rule{
		ID: "idle-packages",
		Doc: rule.Doc{
			Title: "Packages that no step of a build stage calls",
			Text: `Editors, network tools and time zones are for people in a running container, and for the program that
runs there. In a stage whose layers are not shipped nobody meets them: every cold build fetches and
unpacks them for nothing.

The fix takes them out of the installation, or the whole RUN where nothing else is left in it, together
with the comments that speak of that alone. It is kept only when the rebuilt image is the same. It is not
offered where a later step names one of a package's commands, where a file of the package is copied out
of the stage, or where the stage is another image's base or has a start command of its own. What a
script, a build system or a test may call (curl, jq, sqlite3, certificates, time zones) stays where one runs.`,
			Before: "FROM golang:1.26 AS build\nRUN apt-get update && apt-get install -y vim net-tools\nCOPY . /src\nRUN cd /src && go build -o /app .\nFROM scratch\nCOPY --from=build /app /app",
			After:  "FROM golang:1.26 AS build\nCOPY . /src\nRUN cd /src && go build -o /app .\nFROM scratch\nCOPY --from=build /app /app",
			Since:  "0.1",
		},
		Severity: diag.Info,
		Fix:      diag.Proven,
		Check:    checkIdlePackages,
	}
}

func checkIdlePackages(p *rule.Pass) {
	for _, st := range buildStages(p) {
		for _, s := range runsOf(st) {
			if !slices.Contains(st.Instructions, s.Instruction) {
				continue // of an ONBUILD: it runs elsewhere
			}
			for _, c := range callsOf(p, s.Instruction) {
				if c.Action != ecosystem.Install || c.Manager.Name != "apt" && c.Manager.Name != "apk" || !c.cmd.Plain() {
					continue
				}
				if idle := idleIn(p, s, c); len(idle) > 0 {
					reportIdle(p, s, c, idle)
				}
			}
		}
	}
}

// buildStages are the stages that the image needs and that are no part of it, but
// for those that somebody may start or build another image on.
func buildStages(p *rule.Pass) (list []*dockerfile.Stage) {
	final := finalStage(p)
	if final == nil {
		return nil
	}
	needed := p.File.Needed(final, p.Project.Settings.BuildArgs)
	shipped := lineage(p, final)
	for _, s := range needed {
		if !slices.Contains(shipped, s) && !started(s) && !hasOtherHeirs(p, s, needed) {
			list = append(list, s)
		}
	}
	return list
}

// started tells whether the stage says how it is started.
func started(s *dockerfile.Stage) bool {
	return slices.ContainsFunc(s.Instructions, func(i *dockerfile.Instruction) bool {
		return i.Name == "CMD" || i.Name == "ENTRYPOINT"
	})
}

// hasOtherHeirs tells whether a stage outside the list is built on s.
func hasOtherHeirs(p *rule.Pass, s *dockerfile.Stage, needed []*dockerfile.Stage) bool {
	return slices.ContainsFunc(p.File.Stages, func(other *dockerfile.Stage) bool {
		return !slices.Contains(needed, other) && slices.Contains(lineage(p, other), s)
	})
}

// idleIn are the packages of an installation that nothing behind it has a use for,
// as indices of the command's arguments.
func idleIn(p *rule.Pass, s step, c call) (idle []int) {
	if option(c.cmd.Texts(), "-t", "--virtual") != "" {
		return nil // removed by the name they have together
	}
	use := usesAfter(p, s, c)
	for k, name := range c.packages() {
		if pkg, known := byHand(name); known && c.cmd.Args[c.Names[k]].Literal && !use.of(pkg) && !takenOut(p, s.stage, pkg) {
			idle = append(idle, c.Names[k])
		}
	}
	return idle
}

func reportIdle(p *rule.Pass, s step, c call, idle []int) {
	var names []string
	for _, k := range idle {
		names = append(names, ecosystem.Package(c.cmd.Args[k].Value))
	}
	f := diag.Finding{
		Span:    c.cmd.Span,
		Message: "installs " + list(names) + ", which no later step of the stage calls",
		Reason:  "this stage is not shipped, so nobody meets what only people or the running program use; every cold build fetches and unpacks it",
		Saving:  []diag.Estimate{{Quantity: diag.ColdSeconds, Evidence: "the packages, and what they depend on, are no longer fetched and unpacked"}},
	}
	if edits := withoutIdle(p, s, c, idle); edits != nil {
		f.Change = p.Edit("leave out packages that the build never calls", edits)
	}
	p.Report(f)
}

// withoutIdle takes the packages out; nil where that cannot be done cleanly.
//
// Why the change may be tried, and is Proven and not Safe: the packages bring
// commands that no later step of the stage names, and files that nothing copies out
// of it. What is left is that a program of a later step calls one of them by itself
// or acts otherwise because it is there. The first fails the build, the second shows
// in the image; either way the change is not kept.
func withoutIdle(p *rule.Pass, s step, c call, idle []int) (edits []span.Edit) {
	if len(idle) == len(c.Names) {
		return withoutInstall(p, s, c)
	}
	for _, k := range idle {
		cut := c.cmd.Remove(c.cmd.Args[k])
		if cut == nil {
			return nil
		}
		if _, err := span.Apply(p.File.Source, slices.Concat(edits, cut)); err != nil {
			break // a comment stands between the two: the rest has its turn on what this leaves
		}
		edits = append(edits, cut...)
	}
	return edits
}

// withoutInstall takes out the installation as a whole: with its RUN where that does
// nothing else, and with the RUNs before it that only prepare it.
func withoutInstall(p *rule.Pass, s step, c call) []span.Edit {
	lists := aptDoes(p, s.Instruction, ecosystem.Update)
	if !onlyInstalls(p, s, c) {
		if lists || c.Manager.Name != "apt" {
			return nil // an update without a use, or a text whose rest nobody asked about
		}
		return c.cmd.Delete()
	}
	later := after(heirs(p, s), s)
	if lists && listsWanted(p, later) {
		return nil
	}
	edits := withoutRun(p, s.Instruction)
	runs := runsOf(s.stage)
	k := slices.IndexFunc(runs, func(other step) bool { return other.Instruction == s.Instruction })
	for ; edits != nil && k > 0 && follows(p, runs[k-1].Instruction, runs[k].Instruction) && prepares(p, runs[k-1], later); k-- {
		before := withoutRun(p, runs[k-1].Instruction)
		if before == nil {
			break
		}
		edits = append(before, edits...)
	}
	return closed(p.File.Source, edits)
}

// prepares tells whether a step only fetches apt's lists, or has apt keep packages,
// and none of the later ones has a use for that.
func prepares(p *rule.Pass, s step, later []step) bool {
	sc := script(p, s.Instruction)
	if sc == nil || sc.Err != nil || len(sc.Commands) == 0 {
		return false
	}
	if c := sc.Commands[0]; len(sc.Commands) == 1 && c.Name == "rm" && removes(c, dockerClean) && len(c.Args) == 2 {
		return !slices.ContainsFunc(later, func(s step) bool { return len(of(callsOf(p, s.Instruction), "apt")) > 0 || mayCallApt(p, s) })
	}
	return onlyUpdates(p, s) && !listsWanted(p, later)
}

// listsWanted tells whether one of the steps may install from lists that it does not
// fetch itself.
func listsWanted(p *rule.Pass, later []step) bool {
	return slices.ContainsFunc(later, func(s step) bool {
		installs := aptDoes(p, s.Instruction, ecosystem.Install) || aptDoes(p, s.Instruction, ecosystem.Upgrade)
		return installs && !aptDoes(p, s.Instruction, ecosystem.Update) || mayCallApt(p, s)
	})
}

// onlyInstalls tells whether the step does nothing but this installation and what
// belongs to it: fetching lists, cleaning up.
func onlyInstalls(p *rule.Pass, s step, c call) bool {
	return onlyRuns(p, s, func(k int, call *call) bool {
		return k == c.at || call != nil && call.Manager == c.Manager && (call.Action == ecosystem.Update || call.Action == ecosystem.Clean)
	})
}

// onlyUpdates tells whether the step does nothing but fetch apt's lists.
func onlyUpdates(p *rule.Pass, s step) bool {
	return onlyRuns(p, s, func(_ int, call *call) bool {
		return call != nil && call.Manager.Name == "apt" && call.Action == ecosystem.Update
	})
}

// onlyRuns tells whether every command of the step is one that ok accepts, given its
// index and the package manager's call in it, or leaves nothing behind.
func onlyRuns(p *rule.Pass, s step, ok func(int, *call) bool) bool {
	calls := callsOf(p, s.Instruction)
	for k, cmd := range script(p, s.Instruction).Commands {
		at := slices.IndexFunc(calls, func(c call) bool { return c.at == k })
		var read *call
		if at >= 0 {
			read = &calls[at]
		}
		if len(cmd.Redirs) > 0 || !ok(k, read) && !tidies(cmd) {
			return false
		}
	}
	return true
}

// tidies tells whether a command only sets the shell or removes what package
// managers leave behind.
func tidies(c *shell.Command) bool {
	if c.Name == "set" || c.Name == "true" || c.Name == ":" {
		return true
	}
	paths, remove := ecosystem.Removed(c.Name, c.Texts())
	return remove && len(paths) > 0 && !slices.ContainsFunc(paths, func(name string) bool {
		return !slices.ContainsFunc([]string{"/var/lib/apt", "/var/cache/apt", "/var/cache/apk", "/var/cache/debconf"}, func(dir string) bool {
			return strings.HasPrefix(name, dir)
		})
	})
}

// withoutRun deletes a RUN. Comments that speak of its packages alone go with it,
// others stay; one inside it that says more keeps the RUN.
func withoutRun(p *rule.Pass, i *dockerfile.Instruction) []span.Edit {
	more := func(c dockerfile.Comment) bool { return !aboutInstall(c.Text) }
	if i.Dangling || slices.ContainsFunc(i.Inner, more) {
		return nil
	}
	src := p.File.Source
	own := !slices.ContainsFunc(i.Leading, more)
	edits := p.File.Editor().Remove(i, own)
	if !own {
		for _, c := range i.Leading {
			if forLinter(c.Text) {
				edits = append(edits, span.Delete(span.Span{Start: lineStart(src, c.Span.Start), End: lineFrom(src, c.Span.Start).End}))
			}
		}
	}
	return edits
}

// closed makes one deletion of those of lines with nothing but blank lines between
// them, and of the blank lines above and below takes one away.
func closed(src []byte, edits []span.Edit) (list []span.Edit) {
	slices.SortFunc(edits, func(a, b span.Edit) int { return a.Start - b.Start })
	for _, e := range edits {
		if n := len(list); n > 0 && len(bytes.TrimSpace(src[list[n-1].End:e.Start])) == 0 {
			list[n-1].End = e.End
		} else {
			list = append(list, e)
		}
	}
	for k := range list {
		gone := &list[k]
		if below := lineFrom(src, gone.End); gone.Start > 0 && blankAt(src, below) && blankAt(src, span.Span{Start: lineStart(src, gone.Start-1), End: gone.Start}) {
			gone.End = below.End
		}
	}
	return list
}

func lineStart(src []byte, at int) int { return bytes.LastIndexByte(src[:at], '\n') + 1 }

// blankAt tells whether a line is there and holds nothing.
func blankAt(src []byte, line span.Span) bool {
	return line.Len() > 0 && strings.TrimSpace(line.Text(src)) == ""
}
