package checks

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

// litter is a file or directory of the context that builds do not need.
type litter struct {
	path      string
	dir       bool
	class     class
	pattern   string // of the ignore file
	files     int
	bytes     int64
	removable bool     // keeping it out is worth trying
	paths     []string // of a pattern that stands for several files
}

// class is a cause of litter.
type class string

const (
	history   class = "version control"
	installed class = "installed packages"
	output    class = "build output"
	cache     class = "tool cache"
	logs      class = "log"
	archive   class = "archive"
	editor    class = "editor file"
	secret    class = "secret"
	recipe    class = "build description"
)

// classes in the order of the ignore file.
func classes() []class {
	return []class{history, installed, output, cache, logs, archive, editor, secret, recipe}
}

// why is the comment above the patterns of a class.
func (c class) why() string {
	switch c {
	case history:
		return "version control"
	case installed:
		return "installed again by the build"
	case output:
		return "made again by the build"
	case cache:
		return "caches of tools"
	case logs:
		return "logs"
	case archive:
		return "archives"
	case editor:
		return "files of editors and desktops"
	}
	if c == recipe {
		return "descriptions of the build itself"
	}
	return "secrets"
}

// allLitter finds litter in what is sent of a context. Whether a Dockerfile names
// it is not looked at.
func allLitter(c *buildctx.Context) []litter {
	var hits []litter
	inside := "" // the directory hit last, with "/"
	for _, e := range c.Entries() {
		if !e.Sent {
			continue
		}
		if inside != "" && strings.HasPrefix(e.Path, inside) {
			if e.Mode.IsRegular() {
				hits[len(hits)-1].files++
				hits[len(hits)-1].bytes += e.Size
			}
			continue
		}
		inside = ""
		h, ok := classify(c, e)
		if !ok {
			continue
		}
		if h.dir {
			inside = e.Path + "/"
		} else {
			h.files, h.bytes = 1, e.Size
		}
		if h.class == recipe {
			hits = addRecipe(hits, h, e.Path)
			continue
		}
		hits = append(hits, h)
	}
	return hits
}

// addRecipe keeps many Dockerfiles under one pattern.
func addRecipe(hits []litter, h litter, name string) []litter {
	for k := range hits {
		if hits[k].path == h.path {
			if len(hits[k].paths) < maxNeighbours {
				hits[k].paths = append(hits[k].paths, name)
			}
			return hits
		}
	}
	h.paths = []string{name}
	return append(hits, h)
}

func classify(c *buildctx.Context, e buildctx.Entry) (litter, bool) {
	name := path.Base(e.Path)
	h := litter{path: e.Path, dir: e.Mode.IsDir(), removable: true}
	everywhere := "**/" + name
	if pattern := recipePattern(e.Path); pattern != "" {
		h.class, h.path, h.pattern = recipe, pattern, pattern
		return h, true
	}
	if h.dir {
		h.class, h.pattern = dirClass(c, e.Path, name), everywhere
		switch h.class {
		case history:
			if !strings.Contains(e.Path, "/") {
				h.pattern = name
			}
		case output:
			h.pattern = e.Path
			h.removable = ignoredByGit(c, e.Path, true)
			return h, h.removable
		}
		return h, h.class != ""
	}
	h.class, h.pattern = fileClass(name)
	switch h.class {
	case "":
		return h, false
	case logs, archive:
		h.removable = ignoredByGit(c, e.Path, false)
		if h.class == archive || !h.removable {
			h.pattern = e.Path
			return h, h.removable && (h.class == logs || e.Size >= minArchive)
		}
	case secret:
		h.pattern = e.Path
		h.removable = ignoredByGit(c, e.Path, false)
	}
	return h, true
}

// minArchive is the size from which a forgotten archive is worth a line.
const minArchive = 1_000_000

func dirClass(c *buildctx.Context, name, base string) class {
	switch base {
	case ".git", ".hg", ".svn", ".bzr":
		return history
	case "node_modules", "bower_components":
		return installed
	case ".venv", "venv", "env":
		if _, ok := c.Lookup(name + "/pyvenv.cfg"); ok {
			return installed
		}
	case "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".nyc_output", ".turbo", ".parcel-cache",
		".gradle", ".terraform", ".sass-cache", ".eslintcache", ".ipynb_checkpoints", ".hypothesis":
		return cache
	case ".idea", ".vscode", ".vs", ".fleet":
		return editor
	case "dist", "build", "out", "target", "bin", "obj", ".next", ".nuxt", ".output", ".svelte-kit", "coverage", "htmlcov", "_build", "cmake-build-debug":
		return output
	}
	return ""
}

func fileClass(name string) (class, string) {
	switch {
	case name == ".DS_Store" || name == "Thumbs.db":
		return editor, "**/" + name
	case strings.HasSuffix(name, ".swp"):
		return editor, "**/*.swp"
	case strings.HasSuffix(name, ".pyc"):
		return cache, "**/*.pyc"
	case name == "npm-debug.log" || name == "yarn-error.log" || strings.HasSuffix(name, ".log"):
		return logs, "**/*.log"
	case isSecret(name):
		return secret, ""
	case isArchiveName(name):
		return archive, ""
	}
	return "", ""
}

// recipePattern is the pattern for what describes the build and is no part of what
// is built, "" for anything else: an edit of the Dockerfile need not copy the
// sources again.
func recipePattern(name string) string {
	switch name {
	case "Dockerfile", "Containerfile", ".dockerignore", "careen.yaml", "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml",
		"docs/proposals/docker-image-speed":
		return name
	}
	switch {
	case strings.Contains(name, "/"):
	case strings.HasPrefix(name, "Dockerfile."):
		return "Dockerfile.*"
	case strings.HasSuffix(name, ".Dockerfile"):
		return "*.Dockerfile"
	}
	return ""
}

// isSecret tells names under which people keep keys and passwords.
func isSecret(name string) bool {
	switch name {
	case ".env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pgpass", ".aws", "credentials.json", "service-account.json", "terraform.tfstate":
		return true
	}
	rest, ok := strings.CutPrefix(name, ".env.")
	if !ok {
		return false
	}
	for _, sample := range []string{"example", "sample", "template", "dist", "defaults", "test", "ci"} {
		if strings.Contains(rest, sample) {
			return false
		}
	}
	return true
}

// copiedLitter is the litter that the wide copies take along and that neither an
// instruction nor a command asks for.
func copiedLitter(p *rule.Pass, broad []*sourceCopy) []litter {
	var hits []litter
	named, wanted := namedPaths(p), map[string]bool{}
	for _, h := range rule.OfContext(p, func() []litter { return allLitter(p.Project.Context) }) {
		switch {
		case asked(named, h.path) || excepted(p.Project.Context, h.path) || !dispensable(p, h):
			wanted[h.pattern] = true
		case copiedBy(broad, h.path):
			hits = append(hits, h)
		}
	}
	for k, h := range hits {
		if wanted[h.pattern] {
			hits[k].pattern = h.path // the general pattern would take what is asked for
		}
	}
	return hits
}

func copiedBy(broad []*sourceCopy, name string) bool {
	for _, c := range broad {
		if c.dir == "." || strings.HasPrefix(name, c.dir+"/") {
			return true
		}
	}
	return false
}

// excepted tells whether an exception of the ignore file brings the path in.
func excepted(c *buildctx.Context, name string) bool {
	if c.Ignore() == nil {
		return false
	}
	for _, r := range c.Ignore().Rules {
		kept, ok := strings.CutPrefix(r.Pattern, "!")
		if ok && (kept == name || strings.HasPrefix(kept, name+"/") || path.Base(kept) == path.Base(name)) {
			return true
		}
	}
	return false
}

// wouldBeIgnored tells whether the ignore file keeps a directory out, whether or
// not there is one now.
func wouldBeIgnored(c *buildctx.Context, dir string) bool {
	if c.Ignore() == nil {
		return false
	}
	var patterns []string
	for _, r := range c.Ignore().Rules {
		patterns = append(patterns, r.Pattern)
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return false
	}
	out, err := m.MatchesOrParentMatches(dir)
	return err == nil && out
}

// dispensable tells whether this build can do without a piece of litter.
func dispensable(p *rule.Pass, h litter) bool {
	if h.class != history && asksGit(p) && sendsGit(p) && !ignoredByGit(p.Project.Context, h.path, h.dir) {
		return false // git would call the tree modified, and versions say so
	}
	switch h.class {
	case history:
		return !asksGit(p)
	case installed:
		return installs(p, h)
	case output:
		return !remade(h) || compilesAnything(p)
	}
	return true
}

// remade tells outputs that a build makes at the place where they lie.
func remade(h litter) bool {
	base := path.Base(h.path)
	return h.class == output && base != "coverage" && base != "htmlcov"
}

// compilesAnything tells whether some RUN compiles or bundles.
func compilesAnything(p *rule.Pass) bool {
	return anyRun(p, func(c *shell.Command) bool { return compiles(c) != "" })
}

func anyRun(p *rule.Pass, is func(*shell.Command) bool) bool {
	for _, i := range p.File.Instructions {
		if i.Name == "RUN" && slices.ContainsFunc(script(p, i).Commands, is) {
			return true
		}
	}
	return false
}

// installs tells whether some RUN installs the packages that lie in a directory.
// Below the root of what is copied, the place must be spoken of, or be part of
// workspaces.
func installs(p *rule.Pass, h litter) bool {
	node := isNode(h)
	if !anyRun(p, func(c *shell.Command) bool {
		in, ok := recogniseInstall(c)
		return ok && (node && in.family() == "npm" || !node && isPython(in.kind))
	}) {
		return false
	}
	parent := path.Dir(h.path)
	if !node || parent == "." || copiedAs(p, parent) || workspaced(p) {
		return true
	}
	return strings.Contains(string(p.File.Source), path.Base(parent))
}

func isNode(h litter) bool {
	base := path.Base(h.path)
	return base == "node_modules" || base == "bower_components"
}

func isPython(kind string) bool {
	return kind == "pip" || kind == "poetry" || kind == "uv" || kind == "pipenv"
}

func copiedAs(p *rule.Pass, dir string) bool {
	return slices.ContainsFunc(wideCopies(p), func(c *sourceCopy) bool { return c.dir == dir })
}

func workspaced(p *rule.Pass) bool {
	text, err := p.Project.Context.Read("package.json", maxManifest)
	return err == nil && strings.Contains(string(text), `"workspaces"`) || slices.ContainsFunc(p.Project.Manifests(), func(m project.Manifest) bool {
		return m.Path == "pnpm-workspace.yaml"
	})
}
