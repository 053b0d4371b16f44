package restage

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// nodeApp is a Node project inside the original image.
type nodeApp struct {
	dir      string // holds package.json; "" when the working directory does not: nothing is known of what lies there
	manifest manifest
	dev      []string        // directories of development dependencies below dir, when the lockfile tells
	compiled map[string]bool // answers of compiledOnly, by directory
	prune    string          // command that removes them; "" when they are needed or there are none
	toolsRun bool            // the command runs a development tool, which reads its settings
	server   string          // the command is this server of files, installed with npm -g
	served   []string        // directories that it serves; nil: nothing but dir is known to be
}

// manifest is the part of package.json that matters at run time.
type manifest struct {
	Main            string            `json:"main"`
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

// Node derives the runtime stage of a Node program: production dependencies and
// what the project's own steps left beside them.
func Node(f *Facts) (*needs, *nodeApp, string) {
	t := index(f.Files)
	s := resolveStart(f, t)
	if s.unknown != "" {
		return nil, nil, s.unknown
	}
	if !runsNode(f, &s) {
		return nil, nil, "its command is not run by Node"
	}
	app, reason := openNodeApp(f, t, &s)
	if reason != "" {
		return nil, nil, reason
	}
	n := &needs{start: s, keep: map[string]bool{}, removed: map[string]string{}}
	n.sortNode(f, t, app)
	n.repository(f, t)
	if missing := n.link(f, t); missing != "" {
		return nil, nil, missing
	}
	n.tools(f, t)
	n.startedTools(f, t)
	n.people(f, t)
	n.dynamic = true
	return n, app, ""
}

// runsNode tells whether the command ends in Node: by name, through a package
// manager, or through a script that names it.
func runsNode(f *Facts, s *start) bool {
	for _, w := range commandWords(f) {
		switch path.Base(w) {
		case "node", "nodejs", "npm", "npx", "yarn", "pnpm":
			return true
		}
	}
	return slices.ContainsFunc(s.programs, func(p string) bool { return path.Base(p) == "node" || path.Base(p) == "nodejs" })
}

// commandWords are the words of the command, those of shell forms apart: behind an
// entrypoint of the base a shell form is one argument.
func commandWords(f *Facts) []string { return strings.Fields(strings.Join(f.Args, " ")) }

func openNodeApp(f *Facts, t *tree, s *start) (*nodeApp, string) {
	dir := path.Clean("/" + f.Workdir)
	if t.at(path.Join(dir, "package.json")) == nil {
		return &nodeApp{}, ""
	}
	app := &nodeApp{dir: dir}
	if err := json.Unmarshal([]byte(f.Read(path.Join(dir, "package.json"))), &app.manifest); err != nil {
		return nil, "its package.json does not parse"
	}
	if app.server, app.served = servedBy(f, t, dir); app.served != nil {
		return app, ""
	}
	if len(app.manifest.DevDependencies) == 0 || t.at(path.Join(dir, "node_modules")) == nil {
		return app, ""
	}
	if app.toolsRun = app.needsDev(f, s); !app.toolsRun {
		app.prune = pruneCommand(t, dir)
		app.dev = devModules(f, dir)
	}
	return app, ""
}

// pruneCommand removes development dependencies with the project's own manager.
func pruneCommand(t *tree, dir string) string {
	has := func(name string) bool { return t.at(path.Join(dir, name)) != nil }
	switch {
	case has("pnpm-lock.yaml") && has("pnpm-workspace.yaml"):
		// Its prune knows the root alone, and empties the members' directories.
		return "CI=true pnpm install --prod --frozen-lockfile --prefer-offline --config.modules-cache-max-age=0"
	case has("pnpm-lock.yaml"):
		return "pnpm prune --prod"
	case has("yarn.lock") && !has(".yarnrc.yml"):
		return "yarn install --production --ignore-scripts --prefer-offline"
	case has("yarn.lock"):
		return ""
	}
	return "npm prune --omit=dev"
}

// needsDev tells whether the start command runs a tool of a development
// dependency: then they are run-time dependencies in fact (label B16).
func (a *nodeApp) needsDev(f *Facts, s *start) bool {
	text := strings.Join(f.Args, " ")
	for _, hook := range []string{"prestart", "start", "poststart"} {
		text += " " + a.manifest.Scripts[hook]
	}
	for _, script := range s.scripts {
		if shebangIsShell(f, script) {
			text += " " + f.Read(script)
		}
	}
	for _, word := range strings.Fields(text) {
		text += " " + a.manifest.Scripts[word]
	}
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\n;&|()\"'=", c) }) {
		name := path.Base(word)
		for dep := range a.manifest.DevDependencies {
			if strings.HasPrefix(dep, "@types/") {
				continue // declarations have no command
			}
			if path.Base(dep) == name || provides[name] == dep {
				return true
			}
		}
	}
	return false
}

func shebangIsShell(f *Facts, script string) bool {
	_, is := shebang(f.Read(script))
	return is
}

// provides maps commands to the packages that bring them under another name.
var provides = map[string]string{"tsc": "typescript", "ng": "@angular/cli", "nest": "@nestjs/cli", "vue-cli-service": "@vue/cli-service", "babel-node": "@babel/node", "react-scripts": "react-scripts"}

// devModules are the directories that package-lock.json marks as needed for
// development only (lockfile version 2 and 3).
func devModules(f *Facts, dir string) []string {
	var lock struct {
		Packages map[string]struct {
			Dev bool `json:"dev"`
		} `json:"packages"`
	}
	if json.Unmarshal([]byte(f.Read(path.Join(dir, "package-lock.json"))), &lock) != nil {
		return nil
	}
	var dirs []string
	for name, p := range lock.Packages {
		if p.Dev && strings.Contains("/"+name, "/node_modules/") {
			dirs = append(dirs, path.Join(dir, name))
		}
	}
	slices.Sort(dirs)
	return dirs
}

// sortNode keeps node_modules and every top-level entry of the project that is
// not for developers only.
func (n *needs) sortNode(f *Facts, t *tree, app *nodeApp) {
	modules := path.Join(app.dir, "node_modules")
	for i := range t.files {
		file := &t.files[i]
		if !own(file) || file.Dir {
			continue
		}
		reason := ""
		switch {
		case app.served != nil && rootOf([]string{app.dir}, file.Path) != "":
			if rootOf(app.served, file.Path) == "" {
				reason = "source of what is served"
			}
		case app.dir != "" && rootOf([]string{modules}, file.Path) != "":
			if strings.HasPrefix(file.Path, modules+"/.cache/") {
				reason = "tool cache"
			}
		case app.dir != "" && app.dir != "/" && rootOf([]string{app.dir}, file.Path) != "":
			reason = app.reason(f, t, file.Path)
		default:
			if strings.Contains(file.Path, "/__pycache__/") {
				reason = "byte code that Python writes again"
			} else if reason = managed(f, file); reason == "" {
				reason = leave(file.Path)
			}
			if reason == "" {
				reason = n.globalTool(file)
			}
		}
		if reason == "" {
			n.keep[file.Path] = true
		} else {
			n.removed[file.Path] = reason
		}
	}
}

// globalTool says why a file of a globally installed module, or a command's link to
// one, is not needed at run time.
func (n *needs) globalTool(file *File) string {
	const global = "/usr/local/lib/node_modules/"
	place := file.Path
	if file.Link != "" && strings.HasPrefix(place, "/usr/local/bin/") {
		place = absolute(parent(place), file.Link)
	}
	name, inside := strings.CutPrefix(place, global)
	if !inside {
		return ""
	}
	top, _, _ := strings.Cut(name, "/")
	if n.startsIn(global + top) {
		return ""
	}
	switch top {
	case "typescript", "eslint", "webpack", "webpack-cli", "gulp", "gulp-cli", "grunt-cli", "rimraf", "node-gyp", "lerna":
		return "build tool"
	}
	return ""
}

// reason says why a file of the project's directory stays behind. A directory
// goes as a whole or not at all, so that one COPY line can name it.
func (a *nodeApp) reason(f *Facts, t *tree, file string) string {
	rel := strings.TrimPrefix(file, a.dir+"/")
	top, _, nested := strings.Cut(rel, "/")
	if nested {
		if r := devDirs[top]; r != "" && !f.Mentions(top) {
			return r
		}
		if a.compiledOnly(t, top) {
			return "source code"
		}
		return leave(file)
	}
	if r := nodeDevFile(top); r != "" && !f.Mentions(top) && !(a.compilesAtStart() && isToolSettings(r)) {
		return r
	}
	return leave(file)
}

// compiledOnly tells whether a directory holds nothing but files that were
// compiled to something else, while no tool that compiles at start is in use.
func (a *nodeApp) compiledOnly(t *tree, top string) bool {
	if yes, known := a.compiled[top]; known {
		return yes
	}
	if a.compiled == nil {
		a.compiled = map[string]bool{}
	}
	a.compiled[top] = a.holdsCompiledOnly(t, top)
	return a.compiled[top]
}

func (a *nodeApp) holdsCompiledOnly(t *tree, top string) bool {
	if a.compilesAtStart() {
		return false
	}
	root := path.Join(a.dir, top)
	some := false
	for i := range t.files {
		file := &t.files[i]
		if file.Dir || rootOf([]string{root}, file.Path) == "" || file.Path == root {
			continue
		}
		switch path.Ext(file.Path) {
		case ".ts", ".tsx", ".mts", ".cts":
			some = true
		default:
			return false
		}
	}
	return some
}

// compilesAtStart tells whether sources may be compiled, and settings of tools read,
// when the container starts.
func (a *nodeApp) compilesAtStart() bool {
	for _, loader := range []string{"ts-node", "tsx", "@swc-node/register", "esbuild-register", "ts-node-dev", "@babel/node", "@babel/register", "nodemon"} {
		if a.manifest.Dependencies[loader] != "" || a.manifest.DevDependencies[loader] != "" && a.prune == "" {
			return true
		}
	}
	return a.toolsRun
}

// Reasons of files that tools read which may run as the container starts.
const (
	compilerSettings = "compiler settings"
	toolSettings     = "development settings"
)

func isToolSettings(reason string) bool { return reason == compilerSettings || reason == toolSettings }

// nodeDevFile says why a file at the top of a Node project is for developers.
func nodeDevFile(name string) string {
	switch {
	case strings.HasPrefix(name, "tsconfig") && strings.HasSuffix(name, ".json"):
		return compilerSettings
	case strings.HasPrefix(name, "package-lock."), name == "yarn.lock", name == "pnpm-lock.yaml", name == "npm-shrinkwrap.json":
		return "lockfile"
	}
	for _, prefix := range []string{".eslint", ".prettier", "eslint.config", "prettier.config", "jest.config", "vitest.config", "karma.conf", ".mocharc", ".nycrc", ".babelrc", "babel.config", "rollup.config", "webpack.config", "vite.config", ".npmignore", ".nvmrc", ".node-version", ".lintstaged", "commitlint.config", ".huskyrc", "nodemon.json"} {
		if strings.HasPrefix(name, prefix) {
			return toolSettings
		}
	}
	return leaveSource("/" + name)
}

// nodeSpec puts a Node program on one rung.
func (n *needs) nodeSpec(f *Facts, app *nodeApp, r Rung) *Spec {
	s := n.spec(f, r)
	s.Kind = "node"
	s.Title = "run with production dependencies only"
	s.Why = "Only what runs: production dependencies and the built application."
	if app.served != nil {
		s.Title, s.Why = "leave the build tools in a first stage", "Only what runs: "+app.server+" and what it serves."
	} else if app.prune == "" {
		s.Title, s.Why = "leave the build tools in a first stage", "Only what runs: the dependencies and the built application."
	} else {
		s.Prepare = []Prepare{{"Development dependencies have done their work.", "RUN " + app.prune}}
	}
	modules := path.Join(app.dir, "node_modules")
	slices.SortStableFunc(s.Copies, func(a, b Copy) int { return rank(b, modules) - rank(a, modules) })
	if app.prune != "" && len(app.dev) == 0 {
		s.Removed = append(s.Removed, diag.Leave{Glob: modules + "/**", Reason: "development dependency"})
	}
	for _, dir := range app.dev {
		s.Removed = append(s.Removed, diag.Leave{Glob: dir + "/**", Reason: "development dependency"})
	}
	if app.prune != "" {
		s.Removed = append(s.Removed, diag.Leave{Glob: modules + "/.bin/**", Reason: "command of a development dependency"})
		s.Removed = append(s.Removed, membersLeave(f, index(f.Files), app.dir)...)
	}
	return s
}

// membersLeave are the development dependencies in the directories of a workspace's
// members, which the package manager removes as well.
func membersLeave(f *Facts, t *tree, dir string) []diag.Leave {
	var leaves []diag.Leave
	for _, i := range t.named["package.json"] {
		member := parent(t.files[i].Path)
		modules := path.Join(member, "node_modules")
		if member == dir || rootOf([]string{dir}, member) == "" || strings.Contains(member, "/node_modules/") || t.at(modules) == nil {
			continue
		}
		var m manifest
		if json.Unmarshal([]byte(f.Read(t.files[i].Path)), &m) != nil {
			continue
		}
		leaves = append(leaves, diag.Leave{Glob: modules + "/.bin/**", Reason: "command of a development dependency"})
		for _, name := range slices.Sorted(maps.Keys(m.DevDependencies)) {
			if m.Dependencies[name] == "" {
				leaves = append(leaves, diag.Leave{Glob: path.Join(modules, name) + "/**", Reason: "development dependency"})
			}
		}
	}
	return leaves
}

// rank puts what changes least first, so that a later change sends little.
func rank(c Copy, modules string) int {
	if c.Paths[0] == modules {
		return 1
	}
	return 0
}

// nodeRungs are the bases of a Node program: the slim form of its own, or its own.
func nodeRungs(original string) []Rung {
	var rungs []Rung
	if slim := slimForm(original); slim != "" {
		rungs = append(rungs, Rung{Name: "slim", Base: slim, Shell: true})
	}
	return append(rungs, Rung{Name: "same", Base: original, Shell: true})
}
