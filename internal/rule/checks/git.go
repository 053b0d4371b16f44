package checks

import (
	"path"
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/rule"
)

// asksGit tells whether the build may read the repository: a command calls git, or
// a build file of the project mentions it or a tool that takes versions from it.
func asksGit(p *rule.Pass) bool {
	for _, i := range p.File.Instructions {
		if i.Name != "RUN" {
			continue
		}
		for _, c := range script(p, i).Commands {
			if c.Name == "git" && first(c) != "clone" && first(c) != "config" && first(c) != "init" || strings.Contains(strings.Join(c.Texts(), " "), "buildvcs=true") {
				return true
			}
		}
	}
	return bool(rule.OfContext(p, func() gitMentioned { return mentionsGit(p.Project.Context) }))
}

// sendsGit tells whether the repository is part of the context.
func sendsGit(p *rule.Pass) bool {
	e, ok := p.Project.Context.Lookup(".git")
	return ok && e.Sent
}

type gitMentioned bool

// gitWord finds calls of git and the tools that ask it for a version.
var gitWord = regexp.MustCompile(`(?i)\bgit[ '",)\]]|\.git/|\bgit-(rev|commit|describe)|setuptools.scm|versioneer|hatch-vcs|dynamic-versioning|dunamai|\bpbr\b|vergen|jgitver|nerdbank|gitversion|minver|readbuildinfo|vcs\.revision|find_package\(git`)

const (
	maxScanned     = 1 << 18 // size up to which a file is looked into
	maxScannedFull = 4000    // files looked into
)

func mentionsGit(c *buildctx.Context) gitMentioned {
	scanned := 0
	for _, e := range c.Entries() {
		if !e.Sent || !e.Mode.IsRegular() || e.Size > maxScanned || strings.HasPrefix(e.Path, ".git/") || strings.Contains(e.Path, "node_modules/") || !mayCallGit(e.Path) {
			continue
		}
		if scanned++; scanned > maxScannedFull {
			return true // too many to know
		}
		if text, err := c.Read(e.Path, maxScanned); err != nil || gitWord.Match(text) {
			return true
		}
	}
	return false
}

// mayCallGit tells files that say how something is built, and Go sources, in which
// a program asks for the revision that the toolchain stamped.
func mayCallGit(name string) bool {
	base := path.Base(name)
	switch base {
	case "Makefile", "GNUmakefile", "makefile", "package.json", "pyproject.toml", "setup.py", "setup.cfg", "build.rs", "Cargo.toml", "pom.xml",
		"meson.build", "configure.ac", "Rakefile", "Gemfile", "build.sbt", "Justfile", "justfile", "Taskfile.yml", "gulpfile.js", "Gruntfile.js", "WORKSPACE", "build.xml":
		return true
	}
	if strings.HasSuffix(base, ".gemspec") || strings.Contains(base, ".config.") {
		return true
	}
	switch path.Ext(base) {
	case ".sh", ".bash", ".mk", ".cmake", ".gradle", ".kts", ".go", ".csproj", ".props", ".targets", ".mjs", ".cjs":
		return true
	}
	return base == "CMakeLists.txt"
}

// ignoredByGit tells whether git leaves the path out, by the .gitignore files from
// the context down to it. The last pattern that fits decides.
func ignoredByGit(c *buildctx.Context, name string, dir bool) bool {
	ignored := false
	for at := "."; ; {
		rel := name
		if at != "." {
			rel = strings.TrimPrefix(name, at+"/")
		}
		if text, err := c.Read(path.Join(at, ".gitignore"), maxScanned); err == nil {
			ignored = applyGitignore(string(text), rel, dir, ignored)
		}
		head, _, below := strings.Cut(rel, "/")
		if !below {
			return ignored
		}
		at = path.Join(at, head)
	}
}

func applyGitignore(text, rel string, dir, ignored bool) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		pattern, again := strings.CutPrefix(line, "!")
		pattern, onlyDir := strings.CutSuffix(pattern, "/")
		if onlyDir && !dir {
			continue
		}
		if gitMatch(strings.TrimSuffix(pattern, "/**"), rel) {
			ignored = !again
		}
	}
	return ignored
}

// gitMatch fits a pattern to a path: one without a slash fits the name at any
// depth, one with a slash the whole path.
func gitMatch(pattern, rel string) bool {
	pattern = strings.TrimPrefix(pattern, "**/")
	if !strings.Contains(pattern, "/") {
		ok, _ := path.Match(pattern, path.Base(rel))
		return ok
	}
	ok, _ := path.Match(strings.TrimPrefix(pattern, "/"), rel)
	return ok
}
