package image

import (
	"debug/elf"
	"maps"
	"path"
	"slices"
	"strings"
)

// A linker loads one program: breadth first, each library once by its name or
// soname, as the dynamic linker does.
type linker struct {
	c       *closer
	musl    bool
	env     []string // LD_LIBRARY_PATH
	system  []string // directories searched last
	objects []*object
	byName  map[string]*object
}

// An object is a file in the process.
type object struct {
	node   *Node
	loader *object // whose NEEDED entry brought it in; nil for the program
	path   string  // as it was found, for $ORIGIN
}

func newLinker(c *closer, program *Node) *linker {
	l := &linker{c: c, byName: map[string]*object{}}
	dynamic := c.t.dynamicLinker(program.ELF)
	l.musl = isMusl(dynamic, program.ELF)
	if !privileged(program) {
		l.env = splitPath(c.env["LD_LIBRARY_PATH"])
	}
	if l.musl {
		l.system = c.t.muslDirs()
	} else {
		l.system = c.t.glibcDirs(dynamic)
	}
	l.add(&object{node: program, path: program.Path})
	return l
}

// privileged tells whether the linker ignores the environment for a program.
func privileged(n *Node) bool {
	_, capable := n.Xattrs["security.capability"]
	return n.Mode&0o6000 != 0 || capable
}

func (l *linker) add(o *object) {
	l.objects = append(l.objects, o)
	if s := o.node.ELF.Soname; s != "" && l.byName[s] == nil {
		l.byName[s] = o
	}
}

func (l *linker) run() {
	for i := 0; i < len(l.objects); i++ {
		for _, name := range l.objects[i].node.ELF.Needed {
			l.need(l.objects[i], name)
		}
	}
	if l.musl {
		return // musl does not check versions
	}
	for _, o := range l.objects {
		l.versions(o)
	}
}

func (l *linker) need(from *object, name string) {
	if l.byName[name] != nil || l.musl && l.ownName(name) {
		return
	}
	found, foreign := l.find(from, name)
	if found == nil {
		kind := MissingLibrary
		if foreign {
			kind = MissingArchitecture
		}
		l.c.miss(from.node.Path, name, kind)
		return
	}
	for _, o := range l.objects {
		if o.node == found.node {
			l.byName[name] = o
			return
		}
	}
	if found.node.ELF.Broken != "" {
		l.c.miss(found.node.Path, found.node.ELF.Broken, Unreadable)
	}
	l.byName[name] = found
	l.add(found)
}

// ownName tells whether musl's linker takes a library's name for itself
// (load_library in ldso/dynlink.c).
func (l *linker) ownName(name string) bool {
	for _, own := range []string{"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."} {
		if strings.HasPrefix(name, own) {
			return true
		}
	}
	return false
}

// find searches a library in the linker's order. foreign tells that one was there,
// but for another machine.
func (l *linker) find(from *object, name string) (found *object, foreign bool) {
	var candidates []string
	if strings.Contains(name, "/") {
		candidates = []string{name}
	} else if l.musl {
		candidates = join(slices.Concat(l.env, from.inherited(muslPaths), l.system), name)
	} else {
		candidates = slices.Concat(join(slices.Concat(from.rpath(), l.env, from.own(from.node.ELF.RunPath)), name),
			l.c.cache[name], join(l.system, name))
	}
	for _, p := range candidates {
		n := l.c.t.Resolve(p)
		if n == nil || n.ELF == nil {
			continue
		}
		want := from.node.ELF
		if n.ELF.Machine != want.Machine || n.ELF.Class != want.Class {
			foreign = true
			continue
		}
		l.c.add(p)
		return &object{node: n, loader: from, path: p}, false
	}
	return nil, foreign
}

func join(dirs []string, name string) []string {
	all := make([]string, len(dirs))
	for i, d := range dirs {
		all[i] = path.Join(d, name)
	}
	return all
}

// rpath is what glibc searches first: the RPATHs of the object and of what loaded
// it, unless the object has a RUNPATH. An object's RUNPATH voids its RPATH.
func (o *object) rpath() []string {
	if len(o.node.ELF.RunPath) > 0 {
		return nil
	}
	return o.inherited(func(e *ELF) []string {
		if len(e.RunPath) > 0 {
			return nil
		}
		return e.RPath
	})
}

func muslPaths(e *ELF) []string {
	if len(e.RunPath) > 0 {
		return e.RunPath
	}
	return e.RPath
}

func (o *object) inherited(paths func(*ELF) []string) []string {
	var dirs []string
	for at := o; at != nil; at = at.loader {
		dirs = append(dirs, at.own(paths(at.node.ELF))...)
	}
	return dirs
}

// own replaces the dynamic string tokens in an object's paths. $LIB is lib64 or
// lib by class, which Debian's linker has as lib/TRIPLET: both are tried.
func (o *object) own(dirs []string) []string {
	if len(dirs) == 0 {
		return nil
	}
	origin := path.Dir(o.node.Path)
	var out []string
	for _, d := range dirs {
		d = strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin, "${LIB}", "$LIB").Replace(d)
		if !strings.Contains(d, "$LIB") {
			out = append(out, d)
			continue
		}
		libs := []string{"lib", "lib/" + triplets[o.node.ELF.Machine]}
		if o.node.ELF.Class == elf.ELFCLASS64 {
			libs = append(libs, "lib64")
		}
		for _, lib := range libs {
			out = append(out, strings.ReplaceAll(d, "$LIB", lib))
		}
	}
	return out
}

// versions compares what an object wants with what was loaded under that name. A
// library that defines no versions at all is taken as it is, as glibc does with a
// warning.
func (l *linker) versions(o *object) {
	e := o.node.ELF
	for _, library := range slices.Sorted(maps.Keys(e.Needs)) {
		from := l.byName[library]
		if from == nil || len(from.node.ELF.Defines) == 0 {
			continue
		}
		for _, v := range e.Needs[library] {
			if !slices.Contains(from.node.ELF.Defines, v) {
				l.c.miss(o.node.Path, library+": "+v, MissingVersion)
			}
		}
	}
}
