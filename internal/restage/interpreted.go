package restage

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// script is what the derivation knows of a program that an interpreter or a server
// of the distribution runs.
type script struct {
	speaks   *language
	roots    []string        // directories that hold the application
	drop     []string        // directories below them that the build stage deletes last
	shared   []string        // where installers put modules, beside the base's own
	fromBase map[string]bool // packages that the base has
	fixed    string          // a program of the base that no package owns, and that is started
}

// Interpreted derives the runtime stage of a program that is started through an
// interpreter or a packaged server: the application's directories as a whole, what
// language installers added, and the packages that either needs.
func Interpreted(f *Facts) (*needs, *script, string) {
	t := index(f.Files)
	s := resolveStart(f, t)
	if s.unknown != "" {
		return nil, nil, s.unknown
	}
	n := &needs{start: s, keep: map[string]bool{}, removed: map[string]string{}, dynamic: true}
	app := &script{speaks: speaks(f, &s), roots: appRoots(f, t), fromBase: basePackages(t)}
	n.sortScript(f, t, app)
	gone := append(n.unserved(f, t, app), n.installedFrom(f, t, app)...)
	n.drop(gone)
	app.roots = slices.DeleteFunc(app.roots, func(root string) bool { return slices.Contains(gone, root) })
	app.drop = slices.DeleteFunc(app.drop, func(dir string) bool { return rootOf(gone, dir) != "" })
	n.repository(f, t)
	if len(n.keep) == 0 {
		return nil, nil, "its own steps leave no file that the container could need"
	}
	for _, p := range s.programs {
		if file := t.at(p); file != nil && file.Base && file.Package == "" {
			app.fixed = p
		}
	}
	n.calls(f, t)
	n.libraries(f, t)
	n.tools(f, t)
	n.buildersOf(t, gone)
	n.startedTools(f, t)
	n.modules(f, t, app)
	n.roots(f)
	n.people(f, t)
	return n, app, ""
}

// installedFrom are the directories of an application that a step installed to another
// place, and that nothing names any more.
func (n *needs) installedFrom(f *Facts, t *tree, app *script) []string {
	return slices.DeleteFunc(n.abandoned(f, t, app.roots), func(root string) bool {
		for file := range n.keep {
			if rootOf([]string{root}, file) != "" && copiedOut(t, app.roots, t.at(file)) != "" {
				return false
			}
		}
		return true
	})
}

// appRoots are the outermost directories of the project's own that a COPY or ADD
// put files into, and the working directory when it got any.
func appRoots(f *Facts, t *tree) []string {
	seen := map[string]bool{}
	workdir := path.Clean("/" + f.Workdir)
	for i := range t.files {
		file := &t.files[i]
		if in := f.Instruction(file.Layer); file.Dir || file.Base || in != "COPY" && in != "ADD" {
			continue
		}
		if workdir != "/" && rootOf([]string{workdir}, file.Path) != "" {
			seen[workdir] = true
		} else if root := outermost(t, file.Path); root != "" {
			seen[root] = true
		}
	}
	var roots []string
	for dir := range seen {
		roots = append(roots, dir)
	}
	slices.Sort(roots)
	return roots
}

// outermost is the highest directory above a file that the project made; "" where
// packages write too.
func outermost(t *tree, file string) string {
	root := ""
	if rootOf(managedDirs, file) != "" {
		return ""
	}
	for dir := parent(file); dir != "/"; dir = parent(dir) {
		if own(t.at(dir)) && !commonDirs[dir] {
			root = dir
		}
	}
	return root
}

func basePackages(t *tree) map[string]bool {
	packages := map[string]bool{}
	for i := range t.files {
		if file := &t.files[i]; file.Base && file.Package != "" {
			packages[file.Package] = true
		}
	}
	return packages
}

// sortScript keeps an application whole but for directories that only developers
// read, and everything else of the project's own that no cache or manager holds.
func (n *needs) sortScript(f *Facts, t *tree, app *script) {
	dropped := map[string]bool{}
	u := &uses{f: f, t: t, start: &n.start}
	for i := range t.files {
		file := &t.files[i]
		if !own(file) || file.Dir {
			continue
		}
		dir, reason := "", ""
		root := rootOf(app.roots, file.Path)
		switch {
		case slices.Contains(n.start.programs, file.Path):
		case root != "":
			dir, reason = goesWith(u, root, file.Path)
		case file.Link != "" && strings.HasPrefix(file.Path, "/var/log/"):
			// a log that a step sent to the container's output
		default:
			reason = cmp.Or(managed(f, file), leave(file.Path), bytecode(t, file.Path))
		}
		if reason == "" {
			n.keep[file.Path] = true
			if lib := moduleDir(file.Path); lib != "" && !slices.Contains(app.shared, lib) {
				app.shared = append(app.shared, lib)
			}
			continue
		}
		n.removed[file.Path] = reason
		if dir != "" && !dropped[dir] {
			dropped[dir] = true
			app.drop = append(app.drop, dir)
		}
	}
}

// goesWith is the directory below an application's root that goes with a file in
// it, and why; empty when the file stays.
func goesWith(u *uses, root, file string) (dir, reason string) {
	top, _, nested := strings.Cut(strings.TrimPrefix(file, root+"/"), "/")
	dir = path.Join(root, top)
	if reason = leaveNames[top]; nested && reason != "" {
		return dir, reason
	}
	if reason = devDirs[top]; nested && reason != "" && !u.of(dir) {
		return dir, reason
	}
	return "", ""
}

// libraries adds the packages that own the shared libraries of extension modules.
// One that the original cannot load itself is none of the runtime stage's business.
func (n *needs) libraries(f *Facts, t *tree) {
	var programs []string
	for p := range n.keep {
		if t.at(p).ELF {
			programs = append(programs, p)
		}
	}
	slices.Sort(programs)
	paths, _ := f.Needed(programs)
	n.takeLibraries(f, t, paths)
}

// calls adds what the shell scripts of the application call, those that other scripts
// read in among them.
func (n *needs) calls(f *Facts, t *tree) {
	var scripts []string
	for p := range n.keep {
		if file := t.at(p); file.Link == "" && !file.ELF && (file.Exec || path.Ext(p) == ".sh" || path.Ext(p) == ".bash") && file.Size <= maxSetting {
			scripts = append(scripts, p)
		}
	}
	slices.Sort(scripts)
	for _, p := range scripts {
		text := f.Read(p)
		if _, isShell := shebang(text); text == "" || !isShell {
			continue
		}
		s := n.start
		if s.addText(f, t, text, maxDepth); s.unknown == "" {
			n.start.programs = s.programs
		}
	}
}

// startedTools adds the packages of the base whose commands the sources start: a
// smaller base need not have them.
func (n *needs) startedTools(f *Facts, t *tree) {
	for i := range t.files {
		file := &t.files[i]
		if file.Base && file.Exec && file.Package != "" && strings.HasSuffix(parent(file.Path), "bin") && f.Starts(path.Base(file.Path)) {
			n.add(f, file.Package, "the sources start "+path.Base(file.Path))
		}
	}
}

// modules adds what the language's interpreter is incomplete without, and the
// packages whose modules the sources load: some came as recommendations of others.
func (n *needs) modules(f *Facts, t *tree, app *script) {
	for _, text := range f.Sources {
		if app.speaks.loads == nil {
			break
		}
		for _, end := range app.speaks.loads(text) {
			for _, i := range t.named[path.Base(end)] {
				if file := &t.files[i]; file.Package != "" && app.speaks.finds(file.Path, end) {
					n.add(f, file.Package, "the sources load its modules")
				}
			}
		}
	}
	for _, name := range app.speaks.complete {
		if _, installed := f.Packages[name]; installed {
			n.add(f, name, app.speaks.name+"'s own modules")
		}
	}
}

// scriptRungs are the bases of an interpreted program: the slim form of its own
// official image, slim Debian where packages bring all that is started, its own. Where
// packages are installed, what they recommend is left out first.
func scriptRungs(f *Facts, n *needs, app *script, original string) []Rung {
	var rungs []Rung
	bases := []Rung{{Name: "slim", Base: slimForm(original)}, {Name: "same", Base: original}}
	if name, _ := official(original); name != "" && app.fixed == "" {
		bases = append([]Rung{{Name: "distribution", Base: slimBase(f.Release)}}, bases...)
		if bases[1].Base == "" {
			bases[0].Name = "slim"
		}
	}
	for i, base := range bases {
		if base.Base == "" || base.Base == original && base.Name != "same" || slices.ContainsFunc(bases[:i], func(r Rung) bool { return r.Base == base.Base }) {
			continue
		}
		base.Shell = true
		rungs = append(rungs, base)
		if len(n.packages) > 0 {
			base.Name, base.Recommends = base.Name+"-recommends", true
			rungs = append(rungs, base)
		}
	}
	return rungs
}

// scriptSpec puts an interpreted program on one rung.
func (n *needs) scriptSpec(f *Facts, app *script, r Rung, prune bool, original string) *Spec {
	t := index(f.Files)
	s := &Spec{Kind: "interpreted", Base: r.Base, Shell: true, Packages: n.toInstall(f), Accounts: n.accounts, Workdir: f.Workdir, Configure: true, Recommends: r.Recommends}
	s.Title = "leave the build tools in a first stage"
	s.Why = "Only what runs: " + app.speaks.what + "."
	c := coverer{t: t, keep: n.keep, shared: app.shared}
	if prune && len(app.drop) > 0 && !slices.ContainsFunc(app.drop, quoted) {
		c.absent = n.removed
		s.Prepare = []Prepare{{"Nothing reads these at run time.", "RUN rm -rf " + strings.Join(app.drop, " ")}}
	}
	s.Copies, s.links = c.cover()
	slices.SortStableFunc(s.Copies, func(a, b Copy) int { return inRoot(app.roots, a) - inRoot(app.roots, b) })
	s.dirs = ownDirs(f, t, s.Copies)
	if r.Base == original {
		s.Packages = slices.DeleteFunc(slices.Clone(s.Packages), func(p Package) bool { return app.fromBase[p.Name] })
	}
	if bundle := t.at(certificateBundle); r.Base != original || bundle != nil && !bundle.Base {
		s.certificates(t)
	}
	s.Path = searchPath(f, n, r)
	s.ldconfig = n.cached(f, t)
	s.Removed = n.left()
	return s
}

// quoted tells whether a path means something else in a shell command.
func quoted(p string) bool {
	return strings.ContainsFunc(p, func(c rune) bool {
		return !strings.ContainsRune("-_./", c) && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
}

// inRoot orders the application behind what it was installed on: it changes most.
func inRoot(roots []string, c Copy) int {
	if rootOf(roots, c.Paths[0]) != "" {
		return 1
	}
	return 0
}
