package checks

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func cacheMount() *rule.Rule {
	return &rule.Rule{
		ID: "cache-mount",
		Doc: rule.Doc{
			Title: "No cache mount where a package manager downloads",
			Text: `A RUN starts from an empty cache whenever its layer has to be made again: one new dependency
downloads and compiles all the others anew. A cache mount keeps the directory between builds, outside
every layer.

The fix is kept only when the rebuilt image is the same. It adds a mount for directories that only hold
copies, takes out commands that would empty it and options that would keep it unused, and gives Go's
module cache to every RUN that reads it. It is not offered where a later step, another stage or the
start command may read the cache from the image, nor for users whose numbers the Dockerfile does not tell.`,
			Before: "COPY package.json package-lock.json ./\nRUN npm ci",
			After:  "COPY package.json package-lock.json ./\nRUN --mount=type=cache,target=/root/.npm npm ci",
			Since:  "0.1",
		},
		Severity: diag.Info,
		Fix:      diag.Proven,
		Check:    checkCacheMount,
	}
}

func checkCacheMount(p *rule.Pass) {
	final := finalStage(p)
	if final == nil {
		return
	}
	for _, s := range p.File.Needed(final, p.Project.Settings.BuildArgs) {
		for _, r := range runsOf(s) {
			checkMounts(p, r)
		}
	}
}

// checkMounts reports the managers of one step that download without a mount. One
// finding is made for each.
func checkMounts(p *rule.Pass, s step) {
	for _, c := range append(telling(callsOf(p, s.Instruction)), hidden(p, s)...) {
		around := surroundingsOf(p, s)
		var missing, present []cacheDir
		for _, d := range around.cacheDirs(c.Manager) {
			switch {
			case mounted(p, s, d.dir):
				present = append(present, d)
			case useful(c, d):
				missing = append(missing, d)
			}
		}
		switch {
		case len(present) > 0 && defeated(p, s, c, present):
			reportDefeated(p, s, c, present)
		case c.Manager.Name == "apt":
			if len(present) == 0 {
				reportApt(p, s)
			}
		case len(missing) > 0 || len(present) == 0:
			reportMount(p, s, c, around, missing)
		}
	}
}

// telling is one call for each manager that downloads in the step: one that
// compiles, if there is one.
func telling(calls []call) (list []call) {
	for _, c := range calls {
		if !downloads(c) {
			continue
		}
		k := slices.IndexFunc(list, func(other call) bool { return other.Manager == c.Manager })
		if k < 0 {
			list = append(list, c)
		} else if c.Action == ecosystem.Build {
			list[k] = c
		}
	}
	return list
}

// hidden is the call of Go that a step of unknown ways most likely makes: make, or a
// script, in a Go image behind a download of modules.
func hidden(p *rule.Pass, s step) []call {
	if !mayCallGo(p, s) {
		return nil
	}
	commands := script(p, s.Instruction).Commands
	k := slices.IndexFunc(commands, opaqueCommand)
	m := rule.OfContext(p, ecosystem.NewTable).Manager("go")
	return []call{{ecosystem.Call{Manager: m, Action: ecosystem.Build, Verb: -1}, commands[k], k}}
}

func mayCallGo(p *rule.Pass, s step) bool {
	sc := script(p, s.Instruction)
	if sc == nil || sc.Err != nil || !opaque(p, s) || len(of(callsOf(p, s.Instruction), "go")) > 0 || surroundingsOf(p, s).base() != "golang" {
		return false
	}
	for _, st := range lineage(p, s.stage) {
		for _, r := range runsOf(st) {
			if r.Instruction == s.Instruction {
				break
			}
			if slices.ContainsFunc(of(callsOf(p, r.Instruction), "go"), func(c call) bool { return c.Action == ecosystem.Restore }) {
				return true
			}
		}
	}
	return false
}

// downloads tells whether a cache of an earlier build would save the call work.
func downloads(c call) bool {
	switch c.Manager.Name {
	case "apk", "dnf", "composer", "bundler":
		return false // small indexes; places that differ from image to image

	case "apt":
		return c.Action == ecosystem.Install && len(c.Names) > 0
	case "go", "cargo", "maven", "gradle":
		return c.Action == ecosystem.Restore || c.Action == ecosystem.Install || c.Action == ecosystem.Build
	}
	return c.Installs()
}

// useful tells whether this call fills the directory: downloading modules does not
// compile.
func useful(c call, d cacheDir) bool { return !d.Builds || c.Action == ecosystem.Build }

func reportMount(p *rule.Pass, s step, c call, around surroundings, missing []cacheDir) {
	f := diag.Finding{
		Span:    s.Span,
		Message: "no cache mount for " + c.Manager.Name,
		Reason:  "whenever this layer is made again, " + saves(c) + " anew; a cache mount keeps that between builds and out of the layer",
		Saving:  []diag.Estimate{{Quantity: diag.ManifestSeconds, Evidence: "a rebuild of this step then fetches only what changed"}},
	}
	if edits := mountEdits(p, s, c, around, missing); edits != nil {
		f.Change = p.Edit("keep the cache of "+c.Manager.Name+" between builds", edits)
		f.Change.ID = p.Variant(c.Manager.Name)
		for _, d := range missing {
			f.Change.Leaves = append(f.Change.Leaves, diag.Leave{Glob: d.dir + "/**", Reason: "cache of " + c.Manager.Name})
		}
	}
	p.Report(f)
}

// saves says what a call without a cache does again.
func saves(c call) string {
	if c.Manager.Name == "go" && c.Action == ecosystem.Build {
		return "every package is compiled"
	}
	return "every dependency is downloaded"
}

// mountEdits adds the mounts and takes out what works against them; nil where that
// cannot be done safely enough to be worth a try.
func mountEdits(p *rule.Pass, s step, c call, around surroundings, missing []cacheDir) []span.Edit {
	if len(missing) == 0 || c.Manager.CacheOff != "" && isSet(p, s, c, c.Manager.CacheOff) || c.Manager.Name == "yarn" && modernYarn(p) {
		return nil
	}
	if !around.root() || p.File.Directive("syntax") != "" && !mountsKnown(p.File.Directive("syntax")) {
		return nil
	}
	edits, ok := withoutEmptying(p, s, c, missing)
	if !ok {
		return nil
	}
	if slices.ContainsFunc(missing, func(d cacheDir) bool { return wanted(p, s, c, d) }) {
		return nil
	}
	mounts := addMounts(p, s, missing)
	if mounts == nil {
		return nil
	}
	return append(mounts, edits...)
}

// addMounts gives the RUN cache mounts: one on its line, several on lines of their
// own.
func addMounts(p *rule.Pass, s step, dirs []cacheDir) []span.Edit {
	at := s.Keyword.End
	if n := len(s.Flags); n > 0 {
		at = s.Flags[n-1].Span.End
	}
	joint, end := " ", ""
	if len(dirs) > 1 && p.File.Text(span.Span{Start: at, End: s.Args.Start}) == " " {
		joint = " " + string(p.File.Escape) + p.File.Editor().EOL() + "    "
		end = strings.TrimSuffix(joint, " ")
	}
	var b strings.Builder
	for k, d := range dirs {
		if strings.ContainsAny(d.dir, " \t,\"'$\\`") {
			return nil
		}
		if k == 0 {
			b.WriteString(" ")
		} else {
			b.WriteString(joint)
		}
		b.WriteString("--mount=type=cache,target=" + d.dir)
		if d.Sharing != "" {
			b.WriteString(",sharing=" + d.Sharing)
		}
	}
	return []span.Edit{span.Insert(at, b.String()+end)}
}

// mountsKnown tells whether a frontend is new enough for RUN --mount.
func mountsKnown(syntax string) bool {
	tag := dockerfile.SplitReference(syntax).Tag
	return strings.Contains(syntax, "docker/dockerfile") && tag != "1.0" && tag != "1.1" && !strings.HasPrefix(tag, "1.0.") && !strings.HasPrefix(tag, "1.1.")
}

// withoutEmptying takes out of the step the commands that would empty the mounts
// and the options that would leave them unused. ok is false where one cannot be
// taken out: removing a mount point fails.
func withoutEmptying(p *rule.Pass, s step, c call, dirs []cacheDir) (edits []span.Edit, ok bool) {
	for _, other := range of(callsOf(p, s.Instruction), c.Manager.Name) {
		switch {
		case empties(other, dirs):
			cut := other.cmd.Delete()
			if cut == nil {
				return nil, false
			}
			edits = append(edits, cut...)
		case other.NoCache && !c.Manager.System:
			for _, w := range other.cmd.Args {
				if slices.Contains(append([]string{"--no-cache"}, c.Manager.NoCache...), w.Value) {
					edits = append(edits, other.cmd.Remove(w)...)
				}
			}
		}
	}
	for _, cmd := range script(p, s.Instruction).Commands {
		if slices.ContainsFunc(dirs, func(d cacheDir) bool { return touches(cmd, d.dir) }) {
			cut, fine := withoutRemoval(cmd, dirs)
			if !fine {
				return nil, false
			}
			edits = append(edits, cut...)
		}
	}
	return edits, true
}

// empties tells whether a call is the manager's own way to empty these caches;
// apt-get clean leaves the lists alone.
func empties(c call, dirs []cacheDir) bool {
	return c.Action == ecosystem.Clean && (c.Manager.Name != "apt" ||
		slices.ContainsFunc(dirs, func(d cacheDir) bool { return d.dir == ecosystem.AptCache }))
}

// touches tells whether a removal reaches the directory or something in it.
func touches(c *shell.Command, dir string) bool {
	if removes(c, dir) {
		return true
	}
	paths, _ := ecosystem.Removed(c.Name, c.Texts())
	return slices.ContainsFunc(paths, func(name string) bool { return ecosystem.Inside(homely(name), dir) })
}

// withoutRemoval takes the directories out of a rm, or the whole rm when it
// removes nothing else.
func withoutRemoval(c *shell.Command, dirs []cacheDir) (edits []span.Edit, ok bool) {
	paths, isRemove := ecosystem.Removed(c.Name, c.Texts())
	if !isRemove {
		return nil, false
	}
	rest := 0
	for _, name := range paths {
		if !slices.ContainsFunc(dirs, func(d cacheDir) bool {
			return ecosystem.Inside(strings.TrimSuffix(homely(name), "/*"), d.dir)
		}) {
			rest++
			if slices.ContainsFunc(dirs, func(d cacheDir) bool { return ecosystem.Empties(homely(name), d.dir) }) {
				return nil, false // a directory above the cache, with other things in it
			}
		}
	}
	if rest == 0 {
		edits = c.Delete()
		return edits, edits != nil
	}
	for _, w := range c.Args {
		if slices.ContainsFunc(dirs, func(d cacheDir) bool {
			return ecosystem.Inside(strings.TrimSuffix(homely(w.Value), "/*"), d.dir)
		}) {
			cut := c.Remove(w)
			if cut == nil {
				return nil, false
			}
			edits = append(edits, cut...)
		}
	}
	return edits, true
}

// defeated tells whether the step empties its own mounts, or has an option that
// leaves them unused.
func defeated(p *rule.Pass, s step, c call, present []cacheDir) bool {
	for _, other := range of(callsOf(p, s.Instruction), c.Manager.Name) {
		if other.NoCache && !c.Manager.System || empties(other, present) {
			return true
		}
	}
	return slices.ContainsFunc(script(p, s.Instruction).Commands, func(cmd *shell.Command) bool {
		return slices.ContainsFunc(present, func(d cacheDir) bool { return touches(cmd, d.dir) })
	})
}

func reportDefeated(p *rule.Pass, s step, c call, present []cacheDir) {
	f := diag.Finding{
		Span:    s.Span,
		Message: "the cache mount for " + c.Manager.Name + " stays empty",
		Reason:  "the mount already keeps the cache out of the layer; the step empties it, or tells " + c.cmd.Name + " not to use it, so every build downloads everything",
		Saving:  []diag.Estimate{{Quantity: diag.ManifestSeconds, Evidence: "a rebuild of this step then fetches only what changed"}},
	}
	if edits, ok := withoutEmptying(p, s, c, present); ok && len(edits) > 0 {
		f.Change = p.Edit("let "+c.Manager.Name+" use its cache mount", edits)
		f.Change.ID = p.Variant(c.Manager.Name)
	}
	p.Report(f)
}
