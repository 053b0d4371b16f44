package checks

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func packageCache() *rule.Rule {
	return &rule.Rule{
		ID: "package-cache",
		Doc: rule.Doc{
			Title: "A package manager's cache left in a layer",
			Text: `pip, npm, yarn, composer, apk and dnf keep what they downloaded for a next time that an image's
layer never sees. It is shipped with the image, often as large as the packages themselves.

The fix has the manager keep nothing, or empties its cache in the same RUN. It is safe: a cache holds
copies of what was installed, managers fetch again what is missing, and it is not offered where a later
step installs offline. Where a cache mount keeps the directory out of the layer nothing is reported.`,
			Before: "RUN pip install -r requirements.txt",
			After:  "RUN pip install --no-cache-dir -r requirements.txt",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Safe,
		Aliases:  []string{"DL3019", "DL3032", "DL3040", "DL3042", "DL3060"},
		Check:    checkPackageCache,
	}
}

func checkPackageCache(p *rule.Pass) {
	if finalStage(p) == nil {
		return
	}
	steps := shipped(p)
	for _, s := range steps {
		var last *call // a cache is emptied once, behind the last call that fills it
		calls := callsOf(p, s.Instruction)
		for k := range calls {
			c := &calls[k]
			checkIndex(p, s, *c)
			if !fillsCache(p, s, *c) {
				continue
			}
			if len(c.Manager.NoCache) > 0 {
				reportCache(p, s, *c, after(steps, s))
				continue
			}
			last = c
		}
		if last != nil {
			reportCache(p, s, *last, after(steps, s))
		}
	}
}

// fillsCache tells whether the call leaves a cache in its layer.
func fillsCache(p *rule.Pass, s step, c call) bool {
	fills := c.Installs() || c.Action == ecosystem.Upgrade && c.Manager.System
	switch c.Manager.Name {
	case "apt", "pnpm", "go", "cargo", "maven", "gradle", "bundler":
		return false // apt-lists; hard links; caches that a build needs
	case "composer":
		fills = fills || c.Global
	}
	if !fills || c.NoCache || readsCache(c.cmd) || c.Manager.CacheOff != "" && isSet(p, s, c, c.Manager.CacheOff) {
		return false
	}
	sc := script(p, s.Instruction)
	dirs := surroundingsOf(p, s).cacheDirs(c.Manager)
	for _, d := range dirs {
		if mounted(p, s, d.dir) || removesIn(sc, c.at+1, d.dir) {
			return false
		}
	}
	return !cleans(p, s, c)
}

func isSet(p *rule.Pass, s step, c call, name string) bool {
	if v, ok := c.cmd.Env(name); ok && v.Value != "" && v.Value != "0" {
		return true
	}
	v, ok := surroundingsOf(p, s).lookup(name)
	return ok && v != "" && v != "0" && !strings.EqualFold(v, "false") && !strings.EqualFold(v, "off")
}

// cleans tells whether the step empties the manager's cache behind the call.
func cleans(p *rule.Pass, s step, c call) bool {
	for _, other := range of(callsOf(p, s.Instruction), c.Manager.Name) {
		if other.at > c.at && other.Action == ecosystem.Clean {
			return true
		}
	}
	return slices.ContainsFunc(script(p, s.Instruction).Commands[c.at+1:], func(cmd *shell.Command) bool {
		paths, _ := ecosystem.Removed(cmd.Name, cmd.Texts())
		return slices.ContainsFunc(paths, func(name string) bool { return namesCache(c.Manager, name) })
	})
}

// namesCache tells whether a path that cannot be resolved is the cache by its end.
func namesCache(m *ecosystem.Manager, name string) bool {
	name = strings.TrimRight(name, `/*"`)
	return slices.ContainsFunc(m.Caches, func(c ecosystem.Cache) bool {
		return c.Home != "" && (strings.HasSuffix(name, "/"+c.Path) || strings.HasSuffix(name, "/.cache"))
	})
}

func reportCache(p *rule.Pass, s step, c call, later []step) {
	f := diag.Finding{
		Span:    c.cmd.Span,
		Message: "the cache of " + c.cmd.Name + " stays in the layer",
		Reason:  c.cmd.Name + " keeps copies of what it downloaded; nothing in the image reads them again",
		Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: "copies of the packages that this command downloads"}},
	}
	if c.cmd.Name == "python" || strings.HasPrefix(c.cmd.Name, "python") {
		f.Message = "the cache of pip stays in the layer"
	}
	if edits, title := withoutCache(p, s, c); edits != nil && !slices.ContainsFunc(append(later, s), func(s step) bool { return installsOffline(p, s) }) {
		f.Change = p.Edit(title, edits)
		for _, d := range surroundingsOf(p, s).cacheDirs(c.Manager) {
			f.Change.Leaves = append(f.Change.Leaves, diag.Leave{Glob: d.dir + "/**", Reason: "cache of " + c.Manager.Name})
		}
	}
	p.Report(f)
}

// withoutCache makes the call leave nothing.
func withoutCache(p *rule.Pass, s step, c call) ([]span.Edit, string) {
	switch {
	case len(c.Manager.NoCache) > 0 && c.Verb >= 0:
		return c.cmd.Insert(c.verbWord(), c.Manager.NoCache...), "keep " + c.Manager.Name + " from caching"
	case len(c.Manager.Clean) == 0 || !c.cmd.Plain() || c.Manager.Name == "yarn" && modernYarn(p):
		return nil, ""
	}
	words := append([]string(nil), c.Manager.Clean...)
	words[0] = c.cmd.Name
	return c.cmd.Append(sudo(c.cmd) + strings.Join(words, " ")), "empty the cache of " + c.Manager.Name
}

// modernYarn tells whether the project's yarn may keep packages, not copies, in
// its cache; without a context nobody knows.
func modernYarn(p *rule.Pass) bool {
	if p.Project.Context == nil {
		return true
	}
	_, rc := p.Project.Context.Lookup(".yarnrc.yml")
	_, dir := p.Project.Context.Lookup(".yarn")
	return rc || dir
}

// installsOffline tells whether a step installs from what a cache holds.
func installsOffline(p *rule.Pass, s step) bool {
	sc := script(p, s.Instruction)
	return sc != nil && slices.ContainsFunc(sc.Commands, readsCache)
}

func readsCache(c *shell.Command) bool {
	return c.Has("--offline") || c.Has("--prefer-offline") || c.Has("--cacheonly") || c.Has("-C") && c.Name == "dnf" || c.Has("-o") && c.Name == "mvn" ||
		assigned(c.Assigns, "GOPROXY", "off")
}

// assigned tells whether a variable is set to a value for one command.
func assigned(assigns []shell.Assign, name, value string) bool {
	return slices.ContainsFunc(assigns, func(a shell.Assign) bool { return a.Name == name && a.Value.Value == value })
}
