package image

import (
	"slices"
	"strings"
)

// A Package is an entry of the distribution's package database.
type Package struct {
	Manager    string // "dpkg" or "apk"
	Name       string
	Version    string
	Arch       string
	Essential  bool       // or of priority "required": on every system
	Priority   string     // "required", "important", "standard", "optional"; "" for apk
	Section    string     // "libs", "devel", …; "" for apk
	Auto       bool       // known to be there only because another package needs it
	Depends    [][]string // alternatives, names only; pre-dependencies included
	Recommends [][]string
	Provides   []string
	Size       int64    // installed bytes, as the package says
	Files      []string // paths as the tree has them, directories left out
}

// A Database is the package databases of an image.
type Database struct {
	Manager  string // "dpkg", "apk", "rpm", "" when there is none
	Packages []Package
	Unread   string // why Packages is empty although there is a database; "" when it was read

	owner    map[string]string
	byName   map[string]*Package
	provider map[string]*Package
}

// rpmPlaces are where rpm keeps its database.
var rpmPlaces = []string{
	"/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db",
	"/usr/lib/sysimage/rpm/Packages.db",
}

// Database reads the package database. Damaged entries are left out.
func (t *Tree) Database() *Database {
	d := &Database{}
	for _, read := range []func(*Tree) bool{d.readDpkg, d.readDistroless, d.readAPK} {
		if read(t) {
			break
		}
	}
	if d.Manager == "" {
		d.noticeRPM(t)
	}
	d.index()
	return d
}

func (d *Database) noticeRPM(t *Tree) {
	for _, p := range rpmPlaces {
		if t.Resolve(p) != nil {
			d.Manager, d.Unread = "rpm", "rpm's database is in a binary form that careen does not read"
			return
		}
	}
}

func (d *Database) index() {
	d.owner, d.byName, d.provider = map[string]string{}, map[string]*Package{}, map[string]*Package{}
	for i := range d.Packages {
		p := &d.Packages[i]
		d.byName[p.Name] = p
		for _, name := range p.Provides {
			if d.provider[name] == nil {
				d.provider[name] = p
			}
		}
		for _, f := range p.Files {
			d.owner[f] = p.Name
		}
	}
}

// Owner is the package that a path belongs to, "" when none lists it.
func (d *Database) Owner(p string) string { return d.owner[p] }

// Package is the package of that name, nil when it is not installed.
func (d *Database) Package(name string) *Package { return d.byName[name] }

// find is the installed package of that name, or one that provides it.
func (d *Database) find(name string) *Package {
	if p := d.byName[name]; p != nil {
		return p
	}
	return d.provider[name]
}

// direct lists the installed packages that p depends on. Of alternatives the first
// installed one counts.
func (d *Database) direct(p *Package) []*Package {
	var needs []*Package
	for _, alternatives := range p.Depends {
		for _, name := range alternatives {
			if dep := d.find(name); dep != nil {
				needs = append(needs, dep)
				break
			}
		}
	}
	return needs
}

// Direct lists, by name, the installed packages that each package depends on, sorted.
func (d *Database) Direct() map[string][]string {
	all := map[string][]string{}
	for i := range d.Packages {
		p := &d.Packages[i]
		for _, dep := range d.direct(p) {
			if dep.Name != p.Name {
				all[p.Name] = append(all[p.Name], dep.Name)
			}
		}
		slices.Sort(all[p.Name])
		all[p.Name] = slices.Compact(all[p.Name])
	}
	return all
}

// Needs are the names of packages that the given ones need, themselves included.
// Names that are not installed are left out.
func (d *Database) Needs(names ...string) map[string]bool {
	needed := map[string]bool{}
	var queue []*Package
	for _, n := range names {
		if p := d.find(n); p != nil {
			queue = append(queue, p)
		}
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if !needed[p.Name] {
			needed[p.Name] = true
			queue = append(queue, d.direct(p)...)
		}
	}
	return needed
}

// Dependants are the installed packages that depend on name directly, sorted.
func (d *Database) Dependants(name string) []string {
	var all []string
	for i := range d.Packages {
		p := &d.Packages[i]
		if slices.ContainsFunc(d.direct(p), func(dep *Package) bool { return dep.Name == name && p.Name != name }) {
			all = append(all, p.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Roots leaves out of names what another of them brings along: what has to be
// named so that the package manager pulls the rest. Of packages that need each
// other the first by name stays. The order of names is kept.
func (d *Database) Roots(names []string) []string {
	needs := make(map[string]map[string]bool, len(names))
	for _, n := range names {
		needs[n] = d.Needs(n)
	}
	brought := func(n string) bool {
		return slices.ContainsFunc(names, func(o string) bool {
			return o != n && needs[o][n] && (!needs[n][o] || o < n)
		})
	}
	return slices.DeleteFunc(slices.Clone(names), brought)
}

func flat(groups [][]string) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g...)
	}
	return names
}

// number reads the digits at the beginning of s.
func number(s string) int64 {
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<50 {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// installedPaths gives the paths as the tree has them: with merged /usr, dpkg
// lists /lib/x where the file is /usr/lib/x. Directories are left out: many
// packages share them.
func (t *Tree) installedPaths(files []string) []string {
	var out []string
	for _, f := range files {
		if !strings.HasPrefix(f, "/") {
			continue
		}
		if n := t.Lookup(f); n != nil && !n.IsDir() {
			out = append(out, n.Path)
		}
	}
	return out
}
