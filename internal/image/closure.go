package image

import (
	"debug/elf"
	"path"
	"slices"
	"strings"
)

// A Closure is what a set of programs needs to be loaded.
type Closure struct {
	Paths   []string  // files, symbolic links on the way included, sorted
	Missing []Missing // in order of discovery
}

// Missing is a need that the image does not meet.
type Missing struct {
	From string // the file that needs it
	What string // library, interpreter or symbol version
	Kind string // "interpreter", "library", "version" or "architecture"
}

// Closure follows interpreters and NEEDED libraries of ELF files and the
// interpreters of scripts, in the search order of ld.so(8) and, for musl, of
// ldso/dynlink.c. env is the image's environment.
func (t *Tree) Closure(roots []string, env map[string]string) Closure {
	c := closer{t: t, found: map[string]bool{}, conf: t.linkerPaths(), env: splitPath(env["LD_LIBRARY_PATH"])}
	for _, r := range roots {
		c.visit(r, nil)
	}
	out := Closure{Missing: c.missing}
	for p := range c.found {
		out.Paths = append(out.Paths, p)
	}
	slices.Sort(out.Paths)
	return out
}

type closer struct {
	t       *Tree
	found   map[string]bool
	conf    []string
	env     []string
	missing []Missing
}

// visit adds a file and what it needs. inherited are the RPATHs of its loaders.
func (c *closer) visit(p string, inherited []string) {
	n := c.add(p)
	if n == nil || !n.IsRegular() {
		return
	}
	if n.ELF == nil {
		c.script(n)
		return
	}
	e := n.ELF
	if e.Interp != "" {
		if c.t.Resolve(e.Interp) == nil {
			c.miss(n.Path, e.Interp, "interpreter")
		} else {
			c.visit(e.Interp, nil)
		}
	}
	own := expand(e.RPath, n)
	if len(e.RunPath) > 0 {
		own, inherited = nil, nil
	}
	rpath := append(slices.Clone(own), inherited...)
	for _, name := range e.Needed {
		lib := c.find(name, n, rpath)
		if lib == nil {
			c.miss(n.Path, name, "library")
			continue
		}
		c.versions(n, name, lib)
		c.visit(lib.Path, rpath)
	}
}

func (c *closer) miss(from, what, kind string) {
	m := Missing{from, what, kind}
	if !slices.Contains(c.missing, m) {
		c.missing = append(c.missing, m)
	}
}

// add notes a path and every link on the way to it; nil when it leads nowhere or
// was visited already.
func (c *closer) add(p string) *Node {
	n := c.t.Resolve(p)
	if n == nil {
		return nil
	}
	for _, link := range c.t.linksTo(p) {
		c.found[link] = true
	}
	if c.found[n.Path] {
		return nil
	}
	c.found[n.Path] = true
	return n
}

func (c *closer) script(n *Node) {
	if n.Shebang == "" {
		return
	}
	words := strings.Fields(n.Shebang)
	if len(words) == 0 {
		return
	}
	if c.t.Resolve(words[0]) == nil {
		c.miss(n.Path, words[0], "interpreter")
		return
	}
	c.visit(words[0], nil)
}

// find searches a library as ld.so does: RPATH unless RUNPATH is set,
// LD_LIBRARY_PATH, RUNPATH, the configured directories, the default ones.
func (c *closer) find(name string, from *Node, rpath []string) *Node {
	if strings.Contains(name, "/") {
		return c.suits(name, from)
	}
	dirs := slices.Concat(rpath, c.env, expand(from.ELF.RunPath, from), c.conf, defaultDirs)
	for _, dir := range dirs {
		if lib := c.suits(path.Join(dir, name), from); lib != nil {
			return lib
		}
	}
	return nil
}

// suits is the library at a path when it is for the same machine.
func (c *closer) suits(p string, from *Node) *Node {
	n := c.t.Resolve(p)
	if n == nil || n.ELF == nil || n.ELF.Machine != from.ELF.Machine || n.ELF.Class != from.ELF.Class {
		return nil
	}
	for _, link := range c.t.linksTo(p) {
		c.found[link] = true
	}
	return n
}

func (c *closer) versions(n *Node, name string, lib *Node) {
	for _, v := range n.ELF.Needs[name] {
		if !slices.Contains(lib.ELF.Defines, v) {
			c.miss(n.Path, name+": "+v, "version")
		}
	}
}

func expand(dirs []string, n *Node) []string {
	origin := path.Dir(n.Path)
	out := make([]string, len(dirs))
	for i, d := range dirs {
		out[i] = strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin).Replace(d)
	}
	return out
}

// defaultDirs are the linker's built-in directories: glibc's with Debian's
// multiarch, and musl's.
var defaultDirs = []string{
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
	"/lib/arm-linux-gnueabihf", "/usr/lib/arm-linux-gnueabihf", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib",
}

func splitPath(s string) []string {
	var dirs []string
	for _, d := range strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == ';' }) {
		dirs = append(dirs, d)
	}
	return dirs
}

// linkerPaths reads ld.so.conf with what it includes, and musl's path files.
func (t *Tree) linkerPaths() []string {
	var dirs []string
	read := func(p string) {
		text, err := t.ReadFile(p)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
			if line == "" || strings.HasPrefix(line, "include") {
				continue
			}
			dirs = append(dirs, splitPath(line)...)
		}
	}
	for _, p := range []string{"/etc/ld.so.conf.d", "/etc"} {
		d := t.Resolve(p)
		if d == nil {
			continue
		}
		for _, n := range d.sorted() {
			if p == "/etc/ld.so.conf.d" && strings.HasSuffix(n.Path, ".conf") || n.Name() == "ld.so.conf" || strings.HasPrefix(n.Name(), "ld-musl-") {
				read(n.Path)
			}
		}
	}
	return dirs
}

// linksTo lists the symbolic links met when a path is resolved: the names that
// have to exist for it to lead anywhere.
func (t *Tree) linksTo(p string) []string {
	var links []string
	rest := strings.Split(strings.TrimPrefix(path.Clean("/"+p), "/"), "/")
	dir := t.root
	for hops := 0; len(rest) > 0 && hops <= maxLinks; {
		n := dir.children[rest[0]]
		if n == nil {
			return links
		}
		if !n.IsLink() {
			dir, rest = n, rest[1:]
			continue
		}
		hops++
		links = append(links, n.Path)
		target := n.Link
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir(n.Path), target)
		}
		dir, rest = t.root, append(strings.Split(strings.TrimPrefix(path.Clean(target), "/"), "/"), rest[1:]...)
	}
	return links
}

// Machine is the architecture of the image's programs: that of the first ELF file
// of a directory of programs; EM_NONE when there is none.
func (t *Tree) Machine() elf.Machine {
	found := elf.EM_NONE
	t.Walk(func(n *Node) bool {
		if found == elf.EM_NONE && n.ELF != nil && n.ELF.Program() {
			found = n.ELF.Machine
		}
		return found == elf.EM_NONE
	})
	return found
}
