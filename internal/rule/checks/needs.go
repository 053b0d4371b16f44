package checks

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/rule"
)

// needs is what an installation reads of the context and writes into it.
type needs struct {
	paths   []string // files and directories of the context
	fills   []string // directories that it fills, relative to where it works
	prelude string   // command that installs without the sources; "" when the installation itself can
	blocked string   // why it is not known
}

// with adds what another installation needs.
func (n needs) with(other needs) needs {
	for _, name := range other.paths {
		if !slices.Contains(n.paths, name) {
			n.paths = append(n.paths, name)
		}
	}
	n.fills = append(n.fills, other.fills...)
	n.blocked = cmp.Or(n.blocked, other.blocked)
	return n
}

// maxManifest is how large a manifest may be to be read.
const maxManifest = 4 << 20

// needsOf answers for an installation that works in dir of the context.
func needsOf(p *rule.Pass, in install, dir string) needs {
	r := &reader{pass: p, dir: dir}
	if in.flagged("--prefix", "-C", "--dir", "--cwd", "--working-dir", "--directory", "--project", "--gemfile", "--find-links", "--no-index") || in.elsewhere() {
		r.block("the command is told to work elsewhere")
		return r.needs
	}
	switch in.kind {
	case "npm", "yarn", "pnpm", "bun":
		r.node(in)
	case "go", "go build":
		r.golang(in)
	case "pip":
		r.pip(in)
	case "poetry":
		r.poetry(in)
	case "uv":
		r.uv(in)
	case "pipenv":
		r.pipenv()
	case "composer":
		r.composer(in)
	case "bundler":
		r.bundler()
	case "maven":
		r.maven(in)
	default:
		r.block(in.kind + " compiles the sources with their dependencies; a cache mount keeps those")
	}
	return r.needs
}

// reader gathers needs. All paths it takes are relative to dir.
type reader struct {
	needs
	pass *rule.Pass
	dir  string
}

func (r *reader) block(why string) {
	if r.blocked == "" {
		r.blocked = why
	}
}

// has tells whether a build gets the file or directory.
func (r *reader) has(name string) bool {
	e, ok := r.pass.Project.Context.Lookup(path.Join(r.dir, name))
	return ok && e.Sent
}

// add lists the names that exist.
func (r *reader) add(names ...string) {
	for _, name := range names {
		if r.has(name) {
			r.paths = append(r.paths, path.Join(r.dir, name))
		}
	}
}

// read lists a file and gives its text; the installation is blocked without it.
func (r *reader) read(name string) string {
	if !filepath.IsLocal(filepath.FromSlash(path.Join(r.dir, name))) {
		r.block(name + " lies outside the build context")
		return ""
	}
	if !r.has(name) {
		r.block(path.Join(r.dir, name) + " is not in the build context")
		return ""
	}
	r.add(name)
	return r.text(name)
}

// text is the contents of a file; the installation is blocked when it cannot be read.
func (r *reader) text(name string) string {
	data, err := r.pass.Project.Context.Read(path.Join(r.dir, name), maxManifest)
	if err != nil {
		r.block(path.Join(r.dir, name) + " cannot be read")
	}
	return string(data)
}

// flagged tells whether an argument of the command begins with one of the names.
func (in install) flagged(names ...string) bool {
	for _, a := range in.command.Texts() {
		for _, name := range names {
			if a == name || strings.HasPrefix(a, name+"=") {
				return true
			}
		}
	}
	return false
}

// elsewhere tells options of single installers, and variables, that name another
// directory or manifest.
func (in install) elsewhere() bool {
	switch in.kind {
	case "composer":
		return in.flagged("-d")
	case "maven":
		return in.flagged("-f", "--file", "-s", "--settings")
	case "pip":
		return in.flagged("-f")
	case "bundler":
		_, named := in.command.Env("BUNDLE_GEMFILE")
		return named
	}
	return false
}

// line is the command with further arguments; "" where part of it is computed.
func (in install) line(more ...string) string {
	values, ok := in.command.Literals()
	if !ok {
		return ""
	}
	words := []string{in.command.Words[len(in.command.Words)-len(values)-1].Value}
	for _, v := range append(values, more...) {
		if strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./,:@+") != "" {
			return ""
		}
		words = append(words, v)
	}
	return strings.Join(words, " ")
}

// before sets the prelude: the command itself with options that leave the sources
// out.
func (r *reader) before(in install, more ...string) {
	if r.prelude = in.line(more...); r.prelude == "" {
		r.block("the command is computed")
	}
}
