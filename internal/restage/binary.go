package restage

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/ecosystem"
)

// needs is what the runtime stage must hold, before a base is chosen.
type needs struct {
	start    start
	keep     map[string]bool   // paths of the project's layers that stay
	removed  map[string]string // paths of the project's layers that go, with the reason
	packages []Package
	dynamic  bool // something kept needs a C library
	accounts bool // users or groups that the base does not have
}

// Binary derives the runtime stage of a compiled program: the image's command is
// an executable that the project's own steps built. The string says why not, when
// this image is none.
func Binary(f *Facts) (*needs, string) {
	t := index(f.Files)
	s := resolveStart(f, t)
	if s.unknown != "" {
		return nil, s.unknown
	}
	if !slices.ContainsFunc(s.programs, func(p string) bool { return own(t.at(p)) && t.at(p).ELF }) {
		return nil, "its command is no program that the Dockerfile builds"
	}
	n := &needs{start: s, keep: map[string]bool{}, removed: map[string]string{}}
	n.sort(f, t)
	n.repository(f, t)
	if missing := n.link(f, t); missing != "" {
		return nil, missing
	}
	n.tools(f, t)
	n.startedTools(f, t)
	n.roots(f)
	n.people(f, t)
	return n, ""
}

// roots names only the packages that no other brings along.
func (n *needs) roots(f *Facts) {
	names := make([]string, len(n.packages))
	for i, p := range n.packages {
		names[i] = p.Name
	}
	kept := f.Roots(names)
	n.packages = slices.DeleteFunc(n.packages, func(p Package) bool { return !slices.Contains(kept, p.Name) })
}

// own tells whether the project's own steps wrote the file: neither the base's
// layers nor a package did.
func own(f *File) bool { return f != nil && !f.Base && (f.Package == "" || f.Set) }

// sort decides for every file of the project's layers whether it stays.
func (n *needs) sort(f *Facts, t *tree) {
	roots := sourceRoots(f, t)
	for i := range t.files {
		file := &t.files[i]
		if !own(file) || file.Dir {
			continue
		}
		reason := n.reason(f, t, file, roots)
		if reason == "" || slices.Contains(n.start.programs, file.Path) {
			n.keep[file.Path] = true
		} else {
			n.removed[file.Path] = reason
		}
	}
	n.drop(n.abandoned(f, t, roots))
}

// repository keeps the records of version control in the working directory where the
// sources start git: it reads them.
func (n *needs) repository(f *Facts, t *tree) {
	if !f.Starts("git") || t.at(path.Join("/", f.Workdir, ".git", "HEAD")) == nil {
		return
	}
	for file := range n.removed {
		if rootOf([]string{path.Join("/", f.Workdir, ".git")}, file) != "" {
			n.keep[file] = true
			delete(n.removed, file)
		}
	}
}

// drop leaves behind whatever of some directories was kept so far.
func (n *needs) drop(dirs []string) {
	for file := range n.keep {
		if rootOf(dirs, file) != "" {
			delete(n.keep, file)
			n.removed[file] = "in a build directory that nothing names"
		}
	}
}

func (n *needs) reason(f *Facts, t *tree, file *File, roots []string) string {
	if r := managed(f, file); r != "" {
		return r
	}
	if r := leave(file.Path); r != "" {
		return r
	}
	root := rootOf(roots, file.Path)
	if root == "" && rootOf([]string{"/go/src"}, file.Path) != "" {
		return compiled // fetched there; a project that was copied there has a root of its own
	}
	if root == "" {
		return ""
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(file.Path, root), "/")
	top, _, nested := strings.Cut(rel, "/")
	if reason := devDirs[top]; nested && reason != "" && !f.Mentions(top) {
		return reason
	}
	if reason := cargoLeaves(t, root, file.Path); reason != "" {
		return reason
	}
	if top == "vendor" && nested && t.at(path.Join(root, "vendor", "modules.txt")) != nil {
		return compiled
	}
	if !n.startsIn(root) {
		if nested && buildTrees[top] {
			return "build tree of a program that was installed"
		}
		if place := copiedOut(t, roots, file); place != "" {
			return "installed as " + place
		}
	}
	if file.ELF && file.Exec {
		return installed(t, roots, file)
	}
	if reason := leaveSource(file.Path); reason != "" && (reason == compiled || !f.Mentions(path.Base(file.Path))) && !t.page(file) {
		return reason
	}
	if n.idleScript(f, file) {
		return "build script"
	}
	return ""
}

// idleScript tells whether a file of a source tree is a script that neither the sources
// nor what the container starts name: those who develop the project call it.
func (n *needs) idleScript(f *Facts, file *File) bool {
	switch base := path.Base(file.Path); path.Ext(base) {
	case ".sh", ".bash", ".bat", ".ps1":
		named := func(text string) bool { return strings.Contains(text, base) }
		return !f.Mentions(base) && !slices.ContainsFunc(f.Args, named) && !slices.ContainsFunc(f.Health, named) &&
			!slices.ContainsFunc(n.start.scripts, func(p string) bool { return named(f.Read(p)) })
	}
	return false
}

// page tells whether a file is a text that the program may show.
func (t *tree) page(file *File) bool {
	var beside []string
	for _, i := range t.children[parent(file.Path)] {
		beside = append(beside, path.Base(t.files[i].Path))
	}
	return ecosystem.Page(file.Path, beside)
}

// copiedOut says where a data file of the source tree was installed to: a file of
// its name and size outside of it.
func copiedOut(t *tree, roots []string, file *File) string {
	for _, i := range t.named[path.Base(file.Path)] {
		other := &t.files[i]
		if own(other) && !other.Dir && other.Link == "" && other.Size == file.Size && other.Size > 0 && other.Path != file.Path &&
			rootOf(roots, other.Path) == "" && leave(other.Path) == "" {
			return other.Path
		}
	}
	return ""
}

// buildTrees are directories of a source tree that build systems fill.
var buildTrees = map[string]bool{
	"build": true, "_build": true, "builddir": true, "cmake-build-release": true, "cmake-build-debug": true, "out": true, "obj": true, "target": true,
}

// startsIn tells whether something that the image starts lies in the source tree.
func (n *needs) startsIn(root string) bool {
	return slices.ContainsFunc(n.start.programs, func(p string) bool { return rootOf([]string{root}, p) != "" })
}

// installed says where a program of the source tree was installed to, "" when it
// is the only one of its name.
func installed(t *tree, roots []string, file *File) string {
	for _, i := range t.named[path.Base(file.Path)] {
		other := &t.files[i]
		if other.ELF && other.Exec && own(other) && rootOf(roots, other.Path) == "" && leave(other.Path) == "" {
			return "installed as " + other.Path
		}
	}
	return ""
}

// managedDirs are places where package managers and maintainer scripts write.
var managedDirs = []string{
	"/etc", "/usr/lib", "/usr/share", "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/lib", "/var/lib", "/var/cache", "/usr/libexec", "/usr/include", "/run",
}

// managed says why a file is the package manager's business although no package
// lists it: maintainer scripts write alternatives, caches and databases while a
// RUN installs packages.
func managed(f *Facts, file *File) string {
	if f.Instruction(file.Layer) != "RUN" || file.Set || installedModule(file.Path) {
		return ""
	}
	if rootOf(managedDirs, file.Path) != "" && f.Manager != "" {
		return "written while packages were installed"
	}
	// Directories for an administrator to fill, which packages of the group staff
	// (base-files, fontconfig) make with these rights, and Python's in any case.
	if file.Dir && (file.GID == 50 && file.Mode == 0o2775 || python.modules.MatchString(file.Path+"/")) && strings.HasPrefix(file.Path, "/usr/local/") && f.Manager != "" {
		return "written while packages were installed"
	}
	return ""
}

// sourceRoots are the directories that hold source code: those the Dockerfile
// copied a manifest or a source file into.
func sourceRoots(f *Facts, t *tree) []string {
	seen := map[string]bool{}
	for i := range t.files {
		file := &t.files[i]
		if !own(file) || file.Dir || !sourceMarkers[path.Base(file.Path)] {
			continue
		}
		if in := f.Instruction(file.Layer); in == "COPY" || in == "ADD" {
			seen[parent(file.Path)] = true
		}
	}
	var roots []string
	for dir := range seen {
		roots = append(roots, dir)
	}
	slices.Sort(roots)
	var outer []string
	for _, dir := range roots {
		if rootOf(outer, dir) == "" {
			outer = append(outer, dir)
		}
	}
	return outer
}

// sourceMarkers are file names that sit at the top of a source tree.
var sourceMarkers = map[string]bool{
	"go.mod": true, "Makefile": true, "makefile": true, "GNUmakefile": true, "CMakeLists.txt": true, "Cargo.toml": true,
	"configure": true, "configure.ac": true, "meson.build": true, "main.go": true, "main.c": true, "main.cpp": true, "main.cc": true,
}

func rootOf(roots []string, file string) string {
	for _, r := range roots {
		if file == r || strings.HasPrefix(file, strings.TrimSuffix(r, "/")+"/") {
			return r
		}
	}
	return ""
}

// link adds the packages that own the shared libraries of what is kept. It gives
// the reason when a library cannot be found: then nothing can be proven.
func (n *needs) link(f *Facts, t *tree) string {
	var programs []string
	for p := range n.keep {
		if file := t.at(p); file.ELF {
			programs = append(programs, p)
			n.dynamic = n.dynamic || file.Dynamic
		}
	}
	slices.Sort(programs)
	paths, missing := f.Needed(programs)
	if len(missing) > 0 {
		return "the original already lacks " + missing[0]
	}
	n.takeLibraries(f, t, paths)
	return ""
}

// takeLibraries keeps shared libraries: those of packages by their package.
func (n *needs) takeLibraries(f *Facts, t *tree, paths []string) {
	for _, p := range paths {
		if file := t.at(p); file != nil && file.Package != "" {
			n.add(f, file.Package, "shared libraries")
		} else if own(file) {
			n.keep[p] = true
			delete(n.removed, p)
		}
	}
}

// byName is why a package stays that nothing is seen to need.
const byName = "installed by the Dockerfile"

// tools adds the packages whose commands the start scripts call, and those that
// the Dockerfile installs by name and that are more than build tools.
func (n *needs) tools(f *Facts, t *tree) {
	for _, p := range n.start.programs {
		if file := t.at(p); file.Package != "" {
			n.add(f, file.Package, "runs "+path.Base(p))
		}
	}
	for _, name := range f.Named {
		if _, installed := f.Packages[name]; !installed {
			continue
		}
		if !f.BuildOnly(name) {
			n.add(f, name, byName)
		} else if command := startedCommand(f, t, name); command != "" {
			n.add(f, name, "the sources start "+command)
		}
	}
}

// startedCommand is a command of the package that the project's sources start.
func startedCommand(f *Facts, t *tree, pkg string) string {
	for i := range t.files {
		file := &t.files[i]
		if file.Package == pkg && file.Exec && strings.HasSuffix(parent(file.Path), "bin") && f.Starts(path.Base(file.Path)) {
			return path.Base(file.Path)
		}
	}
	return ""
}

func (n *needs) add(f *Facts, name, why string) {
	if f.Packages[name].Required {
		return
	}
	for _, p := range n.packages {
		if p.Name == name {
			return
		}
	}
	n.packages = append(n.packages, Package{name, why})
}

// people notes whether accounts made by the Dockerfile are needed: to run as, or
// to own files.
func (n *needs) people(f *Facts, t *tree) {
	user, _, _ := strings.Cut(f.User, ":")
	if user != "" && user != "root" && user != "0" {
		n.accounts = true
	}
	for p := range n.keep {
		if file := t.at(p); file.UID != 0 || file.GID != 0 {
			n.accounts = true
		}
	}
	if passwd := t.at("/etc/passwd"); passwd == nil || passwd.Base {
		n.accounts = false
	}
}
