package checks

import (
	"fmt"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

func sourceBeforeDependencies() *rule.Rule {
	return &rule.Rule{
		ID: "source-before-dependencies",
		Doc: rule.Doc{
			Title: "Sources copied before dependencies are installed",
			Text: `A COPY of the sources changes with every edit, and every step below it is built again: the
dependencies are installed anew although nothing about them changed. Copy what names them first
(manifest, lockfile, and what the installation reads besides), install, then copy the rest.

The fix moves the COPY of the sources behind the installation, or installs once before it where
the installation itself needs the sources. It is proven, not safe: a script that the installation
runs may read files nobody named. It is offered only where the manifests could be read, and their
scripts, local packages and workspaces are understood; otherwise the reason says what is in the way.`,
			Before: "COPY . .\nRUN npm ci",
			After:  "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Check:    checkSourceBeforeDependencies,
	}
}

func checkSourceBeforeDependencies(p *rule.Pass) {
	for _, s := range p.File.Stages {
		checkSourceFirst(p, s)
	}
}

// checkSourceFirst reports the first installation below each stage's COPY of
// sources, for every installer once.
func checkSourceFirst(p *rule.Pass, s *dockerfile.Stage) {
	done := installedBefore(p, s)
	var broad *sourceCopy
	for _, i := range s.Instructions {
		if c, ok := readSourceCopy(p, i); ok && broad == nil {
			broad = c
			continue
		}
		sc := script(p, i)
		if i.Name != "RUN" || sc == nil {
			continue
		}
		for _, c := range sc.Commands {
			in, ok := recogniseInstall(c)
			if !ok || done[in.family()] {
				continue
			}
			done[in.family()] = true
			if broad != nil && !cachedByMount(i, in) {
				reportSourceFirst(p, s, broad, i, in)
			}
		}
	}
}

// installedBefore are the installers that ran in the stages that s builds on.
func installedBefore(p *rule.Pass, s *dockerfile.Stage) map[string]bool {
	done := map[string]bool{}
	for _, older := range lineage(p, s)[1:] {
		for _, i := range older.Instructions {
			if sc := script(p, i); i.Name == "RUN" && sc != nil {
				for _, c := range sc.Commands {
					if in, ok := recogniseInstall(c); ok {
						done[in.family()] = true
					}
				}
			}
		}
	}
	return done
}

// cachedByMount tells whether the modules that the command would fetch are kept in
// a cache mount, so that fetching them apart gains nothing.
func cachedByMount(i *dockerfile.Instruction, in install) bool {
	r, _ := i.Run()
	for _, m := range r.Mounts {
		if m.Type == "cache" && in.kind == "go build" && strings.Contains(m.Target, "/pkg/mod") {
			return true
		}
	}
	return false
}

// A sourceCopy is a COPY of a whole directory of the context.
type sourceCopy struct {
	instruction *dockerfile.Instruction
	copy        dockerfile.Copy
	dir         string // of the context, "." for all of it
}

// readSourceCopy reads a COPY or ADD of one whole directory.
func readSourceCopy(p *rule.Pass, i *dockerfile.Instruction) (*sourceCopy, bool) {
	c, ok := i.Copy()
	if !ok || c.From != "" || len(c.Sources) == 0 {
		return nil, false
	}
	for _, src := range c.Sources {
		dir := path.Clean("/" + src.Value)[1:]
		if isRemote(src.Value) {
			continue
		}
		if dir == "" || dir == "*" {
			return &sourceCopy{i, c, "."}, true
		}
		if p.Project.Context == nil {
			continue
		}
		if e, ok := p.Project.Context.Lookup(dir); ok && e.Mode.IsDir() && holdsManifest(p, dir) {
			return &sourceCopy{i, c, dir}, true
		}
	}
	return nil, false
}

func holdsManifest(p *rule.Pass, dir string) bool {
	for _, m := range p.Project.Manifests() {
		if path.Dir(m.Path) == dir && m.Kind != "make" && m.Kind != "cmake" {
			return true
		}
	}
	return false
}

func reportSourceFirst(p *rule.Pass, s *dockerfile.Stage, broad *sourceCopy, run *dockerfile.Instruction, in install) {
	f := diag.Finding{
		Span:    broad.instruction.Span,
		Message: fmt.Sprintf("sources are copied before %s", in.what()),
		Reason:  fmt.Sprintf("every edit of a source file makes line %d run again (%s)", lineOf(run), in.shown()),
	}
	if e, ok := p.Seconds(run, diag.SourceSeconds); ok && in.kind != "go build" {
		f.Saving = []diag.Estimate{e}
	}
	m := &move{pass: p, stage: s, broad: broad, run: run, install: in}
	if edits, ignore, blocked := m.plan(); blocked == nothingDownloaded {
		return
	} else if blocked != "" {
		f.Reason += "; no fix is offered: " + blocked
	} else {
		f.Change = p.Edit("install dependencies before copying sources", edits)
		f.Change.ID = p.Variant(in.family())
		f.Change.Leaves = m.rewritten()
		if len(ignore) > 0 {
			f.Change.Files = append(f.Change.Files, diag.FileEdit{File: p.IgnoreName(), Edits: ignore})
		}
	}
	p.Report(f)
}

// rewritten are lockfiles that some installers write anew: the sources' own is now
// copied over that.
func (m *move) rewritten() []diag.Leave {
	var list []diag.Leave
	if strings.HasPrefix(m.dest, fromBase) {
		return nil
	}
	for _, name := range m.needs().paths {
		rel, inside := strings.CutPrefix(name, m.broad.dir+"/")
		if m.broad.dir == "." {
			rel, inside = name, true
		}
		if manifest, ok := project.ManifestOf(name); ok && manifest.Lock && inside {
			list = append(list, diag.Leave{Glob: path.Join(m.dest, rel), Reason: "the lockfile as the project has it, not as the installation rewrote it"})
		}
	}
	return list
}

func lineOf(i *dockerfile.Instruction) int {
	line, _ := i.LineRange()
	return line
}

// An install is a command that installs what a manifest names.
type install struct {
	kind    string // "npm", …; "go build" for a build that fetches by itself
	command *shell.Command
}

// family tells installers apart whose work is one.
func (in install) family() string {
	switch in.kind {
	case "go build":
		return "go"
	case "yarn", "pnpm", "bun":
		return "npm"
	}
	return in.kind
}

func (in install) what() string {
	switch in.kind {
	case "go build", "go":
		return "Go modules are downloaded"
	case "cargo", "maven":
		return in.kind + " fetches dependencies"
	}
	return in.kind + " installs dependencies"
}

func (in install) shown() string {
	words := append([]string{in.command.Name}, in.command.Texts()...)
	if len(words) > 4 {
		words = append(words[:4], "…")
	}
	return strings.Join(words, " ")
}

// recogniseInstall knows the commands that install a project's dependencies.
func recogniseInstall(c *shell.Command) (install, bool) {
	if kind := installKind(c); kind != "" {
		return install{kind, c}, true
	}
	return install{}, false
}

func installKind(c *shell.Command) string {
	args := c.Texts()
	switch c.Name {
	case "npm", "pnpm", "bun":
		if wholeInstall(args, "ci", "clean-install", "install", "i", "install-clean") {
			return c.Name
		}
	case "yarn", "yarnpkg":
		if len(args) == 0 || strings.HasPrefix(args[0], "-") && wholeInstall(append([]string{"install"}, args...), "install") || wholeInstall(args, "install") {
			return "yarn"
		}
	case "go":
		return goKind(args)
	case "pip", "pip3", "python", "python3", "uv":
		return pythonKind(c.Name, args)
	case "poetry", "pipenv", "composer", "bundle", "bundler":
		return otherKind(c.Name, args)
	case "cargo":
		if len(args) > 0 && (args[0] == "build" || args[0] == "install" || args[0] == "fetch") {
			return "cargo"
		}
	case "mvn", "mvnw":
		return "maven"
	}
	return ""
}

// wholeInstall tells whether the arguments are one of the verbs and options, with
// no package named and nothing global.
func wholeInstall(args []string, verbs ...string) bool {
	found := false
	for k := 0; k < len(args); k++ {
		a := args[k]
		switch {
		case a == "-g" || a == "--global" || a == "--location=global" || a == "--version" || a == "-v" || a == "--help":
			return false
		case takesValue(a):
			k++
		case strings.HasPrefix(a, "-"):
		case found:
			return false // a package by name
		default:
			for _, v := range verbs {
				found = found || a == v
			}
			if !found {
				return false
			}
		}
	}
	return found
}

// takesValue tells options of npm and its kin that are followed by their value.
func takesValue(option string) bool {
	switch option {
	case "--registry", "--omit", "--include", "--cache", "--network-timeout", "--loglevel", "--only", "--network-concurrency", "--cache-folder", "--store-dir", "--reporter",
		"--prefix", "--dir", "--cwd", "-C":
		return true
	}
	return false
}

func goKind(args []string) string {
	if len(args) >= 2 && args[0] == "mod" && args[1] == "download" {
		return "go"
	}
	if len(args) == 0 || strings.Contains(strings.Join(args, " "), "@") {
		return ""
	}
	switch args[0] {
	case "build", "install", "test", "vet", "generate", "run":
		return "go build"
	}
	return ""
}

func pythonKind(name string, args []string) string {
	switch {
	case name == "uv" && len(args) > 0 && args[0] == "sync":
		return "uv"
	case name == "uv" && len(args) > 1 && args[0] == "pip":
		args = args[1:]
	case name == "uv":
		return ""
	case strings.HasPrefix(name, "python"):
		if len(args) < 3 || args[0] != "-m" || args[1] != "pip" {
			return ""
		}
		args = args[2:]
	}
	if len(args) > 0 && args[0] == "install" && !independentPip(args) {
		return "pip"
	}
	return ""
}

func otherKind(name string, args []string) string {
	if len(args) == 0 && name != "bundle" {
		return ""
	}
	verb := "install"
	if len(args) > 0 {
		verb = args[0]
	}
	switch {
	case strings.HasPrefix(name, "bundle") && verb == "install":
		return "bundler"
	case name == "poetry" && (verb == "install" || verb == "sync"), name == "composer" && verb == "install",
		name == "pipenv" && (verb == "install" || verb == "sync") && wholeInstall(args, "install", "sync"):
		return name
	}
	return ""
}
