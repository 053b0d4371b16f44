package checks

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func devDependencies() *rule.Rule {
	return &rule.Rule{
		ID: "dev-dependencies",
		Doc: rule.Doc{
			Title: "Development dependencies in the final image",
			Text: `Compilers, linters, test runners and type definitions are installed with everything else unless
the package manager is told to leave them out. In the shipped image nothing calls them.

Where a later step of the same stage builds with them, install and build in a stage of its own and
install once more without them in the one that is shipped; careen optimize does that and proves it.
Where nothing seems to use them the fix leaves them out, and is kept only when the rebuilt image behaves
the same: a program may load a package that its manifest calls a development dependency.`,
			Before: "RUN npm ci",
			After:  "RUN npm ci --omit=dev",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Check:    checkDevDependencies,
	}
}

func checkDevDependencies(p *rule.Pass) {
	if finalStage(p) == nil {
		return
	}
	steps := shipped(p)
	for _, s := range steps {
		for _, c := range callsOf(p, s.Instruction) {
			if bringsDev(p, s, c) {
				reportDev(p, s, c, after(steps, s))
			}
		}
	}
}

// bringsDev tells whether the call installs development dependencies that the step
// does not take away again.
func bringsDev(p *rule.Pass, s step, c call) bool {
	if c.Action != ecosystem.Restore || len(c.Manager.Production) == 0 || c.Production || c.Global || production(p, s, c) || !hasDev(p, c.Manager.Name) {
		return false
	}
	for _, other := range of(callsOf(p, s.Instruction), c.Manager.Name) {
		if other.at > c.at && (other.Action == ecosystem.Remove || other.Action == ecosystem.Restore) && (other.Production || production(p, s, other)) {
			return false
		}
	}
	return !slices.ContainsFunc(script(p, s.Instruction).Commands[c.at+1:], func(c *shell.Command) bool {
		paths, _ := ecosystem.Removed(c.Name, c.Texts())
		return slices.ContainsFunc(paths, func(name string) bool { return path.Base(name) == "node_modules" || path.Base(name) == "vendor" })
	})
}

// production tells whether a variable has the call leave them out.
func production(p *rule.Pass, s step, c call) bool {
	around := surroundingsOf(p, s)
	return slices.ContainsFunc(c.Manager.ProductionEnv, func(setting string) bool {
		name, want, valued := strings.Cut(setting, "=")
		if v, ok := c.cmd.Env(name); ok {
			return !valued || v.Value == want
		}
		v, ok := around.lookup(name)
		return ok && (!valued || v == want) || strings.Contains(v, "$")
	})
}

// aManifest is what a package.json or composer.json says of dependencies.
type aManifest struct {
	Scripts map[string]string `json:"scripts"`
	Dev     map[string]any    `json:"devDependencies"`
	DevPHP  map[string]any    `json:"require-dev"`
}

// manifestsByName are the manifests of a build context, by file name.
type manifestsByName map[string][]aManifest

// manifests reads the manifests of that name; none of them when there is no
// context.
func manifests(p *rule.Pass, name string) []aManifest {
	return rule.OfContext(p, func() manifestsByName {
		read := manifestsByName{}
		for _, m := range p.Project.Manifests() {
			base := path.Base(m.Path)
			if base != "package.json" && base != "composer.json" {
				continue
			}
			var one aManifest
			data, err := p.Project.Context.Read(m.Path, maxManifest)
			if err == nil && json.Unmarshal(data, &one) == nil {
				read[base] = append(read[base], one)
			}
		}
		return read
	})[name]
}

// hasDev tells whether a manifest declares development dependencies. Without one
// to look at, most projects do.
func hasDev(p *rule.Pass, manager string) bool {
	name := "package.json"
	switch manager {
	case "composer":
		name = "composer.json"
	case "bundler":
		return true
	}
	list := manifests(p, name)
	return len(list) == 0 || slices.ContainsFunc(list, func(m aManifest) bool { return len(m.Dev)+len(m.DevPHP) > 0 })
}

func reportDev(p *rule.Pass, s step, c call, later []step) {
	f := diag.Finding{
		Span:    c.cmd.Span,
		Message: c.cmd.Name + " installs development dependencies into the final image",
		Reason:  "nothing calls compilers, linters and test runners in the running container",
		Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: "the packages that the manifest lists for development"}},
	}
	if use := usesDev(p, s, c, later); use != "" {
		f.Reason += "; " + use + " needs them, so install and build in a stage that is not shipped"
	} else if edits := leaveOut(p, s, c); edits != nil {
		f.Change = p.Edit("leave development dependencies out", edits)
		f.Change.ID = p.Variant(c.Manager.Name)
		f.Change.Leaves = devLeaves(p, s, c)
	}
	p.Report(f)
}

// devLeaves is where the packages go that are left out: below the step's directory.
func devLeaves(p *rule.Pass, s step, c call) []diag.Leave {
	dir, ok := place(p, surroundingsOf(p, s).state, ".")
	if !ok || slices.ContainsFunc(script(p, s.Instruction).Commands[:c.at], func(c *shell.Command) bool { return c.Name == "cd" }) {
		return nil
	}
	name := "node_modules"
	if c.Manager.Name == "composer" {
		name = "vendor"
	}
	return []diag.Leave{{Glob: path.Join(dir, name) + "/**", Reason: "development dependency"}}
}

// usesDev names what seems to need the development dependencies; "" for nothing.
func usesDev(p *rule.Pass, s step, c call, later []step) string {
	for k, cmd := range script(p, s.Instruction).Commands {
		if k > c.at && builds(cmd) {
			return shownCommand(cmd)
		}
	}
	for _, other := range later {
		for _, cmd := range script(p, other.Instruction).Commands {
			if builds(cmd) || opaqueCommand(cmd) {
				return shownCommand(cmd)
			}
		}
	}
	for _, st := range lineage(p, finalStage(p)) {
		for _, i := range st.Instructions {
			if i.Name != "CMD" && i.Name != "ENTRYPOINT" {
				continue
			}
			if sc := script(p, i); sc != nil && slices.ContainsFunc(sc.Commands, func(cmd *shell.Command) bool { return startsDev(p, cmd) }) {
				return "the start command"
			}
		}
	}
	return ""
}

// builds tells commands that work with what was installed.
func builds(c *shell.Command) bool {
	args := c.Texts()
	verb := ""
	if len(args) > 0 {
		verb = args[0]
	}
	switch c.Name {
	case "npm", "pnpm":
		return slices.Contains([]string{"run", "run-script", "test", "t", "exec", "build", "lint", "deploy"}, verb)
	case "yarn":
		return verb != "" && !strings.HasPrefix(verb, "-") && !slices.Contains([]string{"install", "cache", "global", "config", "set", "add", "workspaces"}, verb)
	case "npx", "bunx", "tsc", "webpack", "vite", "next", "nuxt", "ng", "nest", "gulp", "grunt", "rollup", "esbuild", "babel", "turbo", "nx", "lerna", "prisma", "jest", "phpunit":
		return true
	case "php", "composer":
		return c.Name == "php" && strings.Contains(verb, "artisan") || verb == "test" || verb == "run-script"
	}
	return strings.Contains(c.Name, "node_modules/.bin/") || len(c.Words) > 0 && strings.Contains(c.Words[0].Value, "node_modules/.bin/")
}

func shownCommand(c *shell.Command) string {
	words := append([]string{c.Name}, c.Texts()...)
	return strings.Join(words[:min(len(words), 3)], " ")
}

// startsDev tells whether a start command runs a development dependency, itself or
// through a script of package.json.
func startsDev(p *rule.Pass, c *shell.Command) bool {
	words := append([]string{c.Name}, c.Texts()...)
	list := manifests(p, "package.json")
	if slices.Contains([]string{"npm", "yarn", "pnpm"}, c.Name) {
		script := ""
		for _, w := range words[1:] {
			if w != "run" && w != "run-script" && !strings.HasPrefix(w, "-") {
				script = w
				break
			}
		}
		if len(list) == 0 {
			return true
		}
		for _, m := range list {
			words = append(words, strings.Fields(m.Scripts[script]+" "+m.Scripts["pre"+script])...)
		}
	}
	return slices.ContainsFunc(words, func(w string) bool { return isDev(list, path.Base(w)) })
}

// isDev tells whether a program comes with a development dependency, by the name
// that both mostly share.
func isDev(list []aManifest, program string) bool {
	switch program {
	case "tsc", "ts-node", "tsx", "nodemon", "ng", "nest", "vite", "jest":
		return true
	}
	return slices.ContainsFunc(list, func(m aManifest) bool {
		_, ok := m.Dev[program]
		return ok
	})
}

// leaveOut adds the option that leaves them out.
func leaveOut(p *rule.Pass, s step, c call) []span.Edit {
	option := c.Manager.Production[0]
	switch {
	case c.Manager.Name == "bundler" || c.Manager.Name == "yarn" && modernYarn(p):
		return nil
	case c.Manager.Name == "npm" && oldNode(p, s):
		option = "--only=production"
	case c.Verb < 0:
		if len(c.cmd.Words) == 0 || c.Manager.Name != "yarn" || len(c.cmd.Args) > 0 {
			return nil
		}
		return c.cmd.Insert(c.cmd.Words[len(c.cmd.Words)-1], "install", option)
	}
	return c.cmd.Insert(c.verbWord(), option)
}

// oldNode tells bases whose npm does not know --omit: Node 14 and older.
func oldNode(p *rule.Pass, s step) bool {
	around := surroundingsOf(p, s)
	if around.base() != "node" {
		return false
	}
	line := lineage(p, s.stage)
	name, _ := p.File.BaseName(line[len(line)-1], p.Project.Settings.BuildArgs)
	major, _, _ := strings.Cut(dockerfile.SplitReference(name).Tag, ".")
	major, _, _ = strings.Cut(major, "-")
	n, err := strconv.Atoi(major)
	return err == nil && n < 15
}
