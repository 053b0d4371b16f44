package image

import (
	"debug/elf"
	"maps"
	"slices"
)

// A Closure is what a set of programs needs to be loaded.
type Closure struct {
	Paths    []string  // files, symbolic links on the way included, sorted
	Missing  []Missing // in order of discovery
	Dlopened []string  // what glibc may open while it runs (see libcOpens), sorted; not among Missing when absent
}

// Missing is a need that the image does not meet.
type Missing struct {
	From string // the file that needs it
	What string // library, interpreter or symbol version
	Kind string // one of the Missing kinds
}

// Kinds of Missing.
const (
	MissingFile         = "file"         // a root that is not there
	MissingInterpreter  = "interpreter"  // of a program or a script
	MissingLibrary      = "library"      // a NEEDED entry
	MissingVersion      = "version"      // a symbol version that the library found does not define
	MissingArchitecture = "architecture" // only a library for another machine is there
	Unreadable          = "unreadable"   // an ELF file whose needs cannot be read
)

// Closure follows interpreters and NEEDED libraries of ELF files, and the
// interpreters of scripts. Each ELF root is loaded by itself, as the dynamic
// linker that it names would: ld.so(8) and glibc's elf/dl-load.c, or musl's
// ldso/dynlink.c. env is the image's environment.
func (t *Tree) Closure(roots []string, env map[string]string) Closure {
	c := &closer{t: t, env: env, found: map[string]bool{}, started: map[*Node]bool{}, said: map[Missing]bool{}, cache: t.linkerCache()}
	for _, r := range roots {
		if !c.start(r) {
			c.miss(r, r, MissingFile)
		}
	}
	opened := c.libcOpens()
	out := Closure{Missing: c.missing, Paths: slices.Sorted(maps.Keys(c.found))}
	for _, p := range opened {
		if !c.found[p] {
			out.Dlopened = append(out.Dlopened, p)
		}
	}
	return out
}

type closer struct {
	t       *Tree
	env     map[string]string
	cache   map[string][]string // ld.so.cache
	found   map[string]bool
	started map[*Node]bool
	said    map[Missing]bool
	missing []Missing
	glibc   *linker // the last one used, nil when none was
}

func (c *closer) miss(from, what, kind string) {
	m := Missing{from, what, kind}
	if !c.said[m] {
		c.said[m] = true
		c.missing = append(c.missing, m)
	}
}

// add notes a path and every link on the way to it; nil when it leads nowhere.
func (c *closer) add(p string) *Node {
	n, links := c.t.follow(p)
	if n == nil {
		return nil
	}
	for _, l := range links {
		c.found[l] = true
	}
	c.found[n.Path] = true
	return n
}

// start adds a file that is executed or loaded by name, with what it needs. It is
// false when there is no such file.
func (c *closer) start(p string) bool {
	n := c.add(p)
	if n == nil {
		return false
	}
	if c.started[n] || !n.IsRegular() {
		return true
	}
	c.started[n] = true
	switch {
	case n.ELF != nil:
		c.load(n)
	case n.Shebang != "":
		c.script(n)
	}
	return true
}

// load starts a program, or a library as if it were opened by one.
func (c *closer) load(n *Node) {
	e := n.ELF
	if e.Broken != "" {
		c.miss(n.Path, e.Broken, Unreadable)
	}
	if e.Interp != "" && !c.start(e.Interp) {
		c.miss(n.Path, e.Interp, MissingInterpreter)
	}
	if len(e.Needed) > 0 {
		l := newLinker(c, n)
		l.run()
		if !l.musl {
			c.glibc = l
		}
	}
}

// Machine is the architecture of the image's programs: that of the first ELF
// program by path; EM_NONE when there is none.
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
