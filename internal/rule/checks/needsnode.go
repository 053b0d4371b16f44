package checks

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// packageJSON is what an installation reads of package.json.
type packageJSON struct {
	Scripts              map[string]string `json:"scripts"`
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	Workspaces           json.RawMessage   `json:"workspaces"`
	Bin                  json.RawMessage   `json:"bin"`
	Pnpm                 struct {
		Patched map[string]string `json:"patchedDependencies"`
	} `json:"pnpm"`
}

// node is what npm, yarn, pnpm and bun read.
func (r *reader) node(in install) {
	r.fills = []string{"node_modules"}
	text := r.read("package.json")
	if r.blocked != "" {
		return
	}
	r.add("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb",
		".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "bunfig.toml", "pnpm-workspace.yaml", ".node-version", ".nvmrc")
	if slices.Contains([]string{"yarn"}, in.kind) {
		r.add(".yarn")
	}
	root := r.packageJSON("package.json", text)
	for _, dir := range r.workspaces(root) {
		r.workspace(dir)
	}
}

func (r *reader) packageJSON(name, text string) packageJSON {
	var pkg packageJSON
	if err := json.Unmarshal([]byte(text), &pkg); err != nil {
		r.block(name + " cannot be read as package.json")
	}
	r.scripts(name, pkg)
	for _, list := range []map[string]string{pkg.Dependencies, pkg.DevDependencies, pkg.OptionalDependencies} {
		for dependency, version := range list {
			for _, local := range []string{"file:", "link:", "portal:", "./", "../"} {
				if strings.HasPrefix(version, local) {
					r.block(fmt.Sprintf("%s takes %s from a local directory", name, dependency))
				}
			}
		}
	}
	for _, patch := range pkg.Pnpm.Patched {
		r.add(patch)
	}
	return pkg
}

// lifecycle names the scripts that an installation runs by itself.
var lifecycle = [...]string{"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish", "dependencies"}

func (r *reader) scripts(name string, pkg packageJSON) {
	for _, event := range lifecycle {
		script, ok := pkg.Scripts[event]
		if !ok {
			continue
		}
		dir := path.Dir(name)
		switch words := strings.Fields(script); {
		case len(words) == 0:
		case words[0] == "patch-package" && len(words) == 1:
			r.addDir(path.Join(dir, "patches"))
		case words[0] == "husky" && !strings.ContainsAny(script, "&;"):
		case strings.Join(words, " ") == "prisma generate":
			r.addDir(path.Join(dir, "prisma"))
		default:
			r.block(fmt.Sprintf("the %s script of %s runs %q, which may read the sources", event, name, script))
		}
	}
}

// addDir lists a directory; a missing one is no fault of the new order.
func (r *reader) addDir(name string) {
	if !slices.Contains(r.paths, path.Join(r.dir, name)) {
		r.add(name)
	}
}

// workspaces are the directories of the packages that are installed together.
func (r *reader) workspaces(root packageJSON) []string {
	var patterns []string
	var object struct {
		Packages []string `json:"packages"`
	}
	if len(root.Workspaces) > 0 && json.Unmarshal(root.Workspaces, &patterns) != nil {
		if json.Unmarshal(root.Workspaces, &object) != nil {
			r.block("the workspaces of package.json cannot be read")
		}
		patterns = object.Packages
	}
	if r.has("pnpm-workspace.yaml") {
		var file struct {
			Packages            []string          `yaml:"packages"`
			PatchedDependencies map[string]string `yaml:"patchedDependencies"`
		}
		if yaml.Unmarshal([]byte(r.text("pnpm-workspace.yaml")), &file) != nil {
			r.block("pnpm-workspace.yaml cannot be read")
		}
		patterns = append(patterns, file.Packages...)
		for _, patch := range file.PatchedDependencies {
			r.add(patch)
		}
	}
	return r.expand(patterns)
}

// expand lists the directories with a package.json that the patterns name.
func (r *reader) expand(patterns []string) []string {
	var dirs []string
	for _, m := range r.pass.Project.Context.Entries() {
		if len(patterns) == 0 || path.Base(m.Path) != "package.json" || !m.Sent || strings.Contains(m.Path, "node_modules/") {
			continue
		}
		rel, inside := strings.CutPrefix(m.Path, r.dir+"/")
		if r.dir == "." {
			rel, inside = m.Path, true
		}
		if dir := path.Dir(rel); inside && dir != "." && chosen(patterns, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// chosen applies the patterns of workspaces in order; "!" takes out again.
func chosen(patterns []string, dir string) bool {
	in := false
	for _, pattern := range patterns {
		pattern, out := strings.CutPrefix(pattern, "!")
		pattern = strings.Trim(strings.TrimPrefix(pattern, "./"), "/")
		hit, _ := path.Match(pattern, dir)
		if prefix, deep := strings.CutSuffix(pattern, "/**"); deep {
			hit = strings.HasPrefix(dir, prefix+"/")
		}
		if pattern == "**" {
			hit = true
		}
		if hit {
			in = !out
		}
	}
	return in
}

func (r *reader) workspace(dir string) {
	name := path.Join(dir, "package.json")
	pkg := r.packageJSON(name, r.read(name))
	r.add(path.Join(dir, ".npmrc"))
	r.fills = append(r.fills, path.Join(dir, "node_modules"))
	if len(pkg.Bin) > 0 {
		r.block(fmt.Sprintf("%s has programs (bin) that the installation links", name))
	}
}
