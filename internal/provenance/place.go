package provenance

import (
	"path"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// A place is what a directory's files have in common: the innermost directory on
// the way to them that says what they are.
type place struct {
	git, cache, docs, tool string   // that directory's path, "" when there is none
	owner                  *Package // a package that owns all below its directory
}

// enter is the place of a directory whose parent's place is p.
func (p *place) enter(dir *image.Node, children []*image.Node, o *owners) *place {
	here := *p
	name := dir.Name()
	if owner := o.byDir[dir.Path]; owner != nil {
		here.owner = owner
	}
	if name == ".git" && has(children, "HEAD") && has(children, "objects") {
		here.git = dir.Path
	}
	if here.cache == "" && isCache(dir.Path, name) {
		here.cache = dir.Path
	}
	if here.docs == "" && docDirs[dir.Path] {
		here.docs = dir.Path
	}
	if tool := toolOf(dir.Path, children); here.tool == "" && tool {
		here.tool = dir.Path
	}
	if here == *p {
		return p
	}
	return &here
}

func has(children []*image.Node, name string) bool {
	for _, c := range children {
		if c.Name() == name {
			return true
		}
	}
	return false
}

// cacheDirs are caches by their whole path (Filesystem Hierarchy Standard; the
// documentation of apt, dnf, apk and pacman).
var cacheDirs = map[string]bool{
	"/var/cache": true, "/var/lib/apt/lists": true, "/etc/apk/cache": true, "/var/tmp": true, "/tmp": true,
	"/go/pkg/mod": true, "/usr/local/cargo/registry": true, "/usr/local/cargo/git": true,
}

// cacheNames are caches by their name in any home (the managers' documentation).
var cacheNames = map[string]bool{
	".cache": true, ".npm": true, ".pnpm-store": true, ".yarn-cache": true, ".node-gyp": true, "_cacache": true, ".m2": true,
	".gradle": true, ".ivy2": true, ".composer": true, ".nuget": true, ".hex": true, ".cargo/registry": true, ".cargo/git": true,
	"node_modules/.cache": true, "go/pkg/mod": true, ".pytest_cache": true, ".mypy_cache": true, ".ruff_cache": true, ".ccache": true,
}

func isCache(p, name string) bool {
	if cacheDirs[p] || cacheNames[name] {
		return true
	}
	parent := path.Base(path.Dir(p))
	if cacheNames[parent+"/"+name] {
		return true
	}
	return cacheNames[path.Base(path.Dir(path.Dir(p)))+"/"+parent+"/"+name]
}

// docDirs hold what only people read, and what it is read in (Filesystem Hierarchy
// Standard). Licences lie there too; whether they may go is not decided here.
var docDirs = map[string]bool{
	"/usr/share/doc": true, "/usr/share/man": true, "/usr/share/info": true, "/usr/share/locale": true, "/usr/share/i18n": true,
	"/usr/share/gtk-doc": true, "/usr/share/help": true, "/usr/share/lintian": true, "/usr/share/doc-base": true,
	"/usr/local/share/doc": true, "/usr/local/share/man": true, "/usr/local/man": true, "/usr/local/share/locale": true,
	"/usr/lib/locale": true,
}

// toolOf tells whether a directory is a toolchain that no package owns: headers,
// and the trees that Go, Rust and Java unpack to.
func toolOf(p string, children []*image.Node) bool {
	switch {
	case p == "/usr/include", p == "/usr/local/include":
		return true
	case path.Base(p) == "toolchains" && strings.Contains(p, "rustup"):
		return true
	case has(children, "pkg") && has(children, "src") && has(children, "VERSION") && has(children, "go.env"):
		return true // GOROOT
	}
	return has(children, "jmods") && has(children, "release") && has(children, "include") // a JDK
}

// top is the directory that unowned files are summed under: two elements.
func top(p string) string {
	parts := strings.SplitN(strings.TrimPrefix(path.Dir(p), "/"), "/", 3)
	return "/" + path.Join(parts[:min(2, len(parts))]...)
}
