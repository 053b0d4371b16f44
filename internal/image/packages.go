package image

import (
	"path"
	"slices"
	"strings"
)

// A Package is an entry of the distribution's package database.
type Package struct {
	Manager   string // "dpkg" or "apk"
	Name      string
	Version   string
	Arch      string
	Essential bool       // or of priority "required": on every system
	Section   string     // "libs", "devel", …
	Depends   [][]string // alternatives, names only; PreDepends included
	Provides  []string
	Size      int64    // installed bytes, as the package says
	Files     []string // paths as the tree has them
}

// A Database is the package databases of an image.
type Database struct {
	Manager  string // "dpkg", "apk", "" when there is none
	Packages []Package

	owner  map[string]string
	byName map[string]*Package
}

// Database reads the package database.
func (t *Tree) Database() *Database {
	d := &Database{owner: map[string]string{}, byName: map[string]*Package{}}
	if text, err := t.ReadFile("/var/lib/dpkg/status"); err == nil && len(text) > 0 {
		d.Manager = "dpkg"
		d.readStatus(t, string(text))
	} else if dir := t.Resolve("/var/lib/dpkg/status.d"); dir != nil {
		d.Manager = "dpkg"
		for _, n := range dir.sorted() {
			if !strings.HasSuffix(n.Path, ".md5sums") {
				d.readStatus(t, string(n.content))
			}
		}
	} else if text, err := t.ReadFile("/lib/apk/db/installed"); err == nil {
		d.Manager = "apk"
		d.readAPK(t, string(text))
	}
	for i := range d.Packages {
		p := &d.Packages[i]
		d.byName[p.Name] = p
		for _, f := range p.Files {
			d.owner[f] = p.Name
		}
	}
	return d
}

// Owner is the package that a path belongs to, "" when none lists it.
func (d *Database) Owner(p string) string { return d.owner[p] }

// Package is the package of that name, nil when it is not installed.
func (d *Database) Package(name string) *Package { return d.byName[name] }

// readStatus reads dpkg's status file (deb-control(5), dpkg-query(1)).
func (d *Database) readStatus(t *Tree, text string) {
	for stanza := range strings.SplitSeq(text, "\n\n") {
		f := fields(stanza)
		if f["Package"] == "" || f["Status"] != "" && !strings.HasSuffix(f["Status"], " installed") {
			continue
		}
		p := Package{
			Manager: "dpkg", Name: f["Package"], Version: f["Version"], Arch: f["Architecture"], Section: f["Section"],
			Essential: f["Essential"] == "yes" || f["Priority"] == "required",
			Depends:   append(relations(f["Pre-Depends"]), relations(f["Depends"])...),
			Provides:  flat(relations(f["Provides"])), Size: atoi(f["Installed-Size"]) * 1024,
		}
		p.Files = t.listed(p.Name, p.Arch)
		d.Packages = append(d.Packages, p)
	}
}

func fields(stanza string) map[string]string {
	f := map[string]string{}
	last := ""
	for line := range strings.SplitSeq(stanza, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			f[last] += "\n" + line
			continue
		}
		if key, value, ok := strings.Cut(line, ":"); ok {
			last = key
			f[key] = strings.TrimSpace(value)
		}
	}
	return f
}

// relations parses "a (>= 1) | b, c:any" to names.
func relations(text string) [][]string {
	var all [][]string
	for group := range strings.SplitSeq(text, ",") {
		var names []string
		for alt := range strings.SplitSeq(group, "|") {
			words := strings.FieldsFunc(alt, func(r rune) bool { return strings.ContainsRune(" \t\n([", r) })
			if len(words) > 0 {
				name, _, _ := strings.Cut(words[0], ":")
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			all = append(all, names)
		}
	}
	return all
}

func flat(groups [][]string) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g...)
	}
	return names
}

func atoi(s string) int64 {
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<50 {
			break
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// listed reads the paths of a package from dpkg's info directory, or from the
// md5sums beside a distroless status file.
func (t *Tree) listed(name, arch string) []string {
	for _, base := range []string{name, name + ":" + arch} {
		if text, err := t.ReadFile("/var/lib/dpkg/info/" + base + ".list"); err == nil {
			return t.canonical(strings.Split(string(text), "\n"))
		}
	}
	var files []string
	if text, err := t.ReadFile("/var/lib/dpkg/status.d/" + name + ".md5sums"); err == nil {
		for line := range strings.Lines(string(text)) {
			if _, file, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
				files = append(files, "/"+file)
			}
		}
	}
	return t.canonical(files)
}

// canonical gives the paths as the tree has them: with merged /usr, dpkg lists
// /lib/x where the file is /usr/lib/x. Directories are left out: many packages
// share them.
func (t *Tree) canonical(files []string) []string {
	var out []string
	for _, f := range files {
		if f == "" || f == "/." {
			continue
		}
		n := t.Lookup(f)
		if n == nil || n.IsDir() {
			continue
		}
		out = append(out, n.Path)
	}
	return out
}

// readAPK reads apk's installed database (apk-db(5)).
func (d *Database) readAPK(t *Tree, text string) {
	for stanza := range strings.SplitSeq(text, "\n\n") {
		p := Package{Manager: "apk"}
		dir := ""
		var files []string
		for line := range strings.SplitSeq(stanza, "\n") {
			key, value, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			switch key {
			case "P":
				p.Name = value
			case "V":
				p.Version = value
			case "A":
				p.Arch = value
			case "I":
				p.Size = atoi(value)
			case "D":
				for _, dep := range strings.Fields(value) {
					p.Depends = append(p.Depends, []string{strings.FieldsFunc(dep, func(r rune) bool { return strings.ContainsRune("<>=~", r) })[0]})
				}
			case "p":
				for _, dep := range strings.Fields(value) {
					name, _, _ := strings.Cut(dep, "=")
					p.Provides = append(p.Provides, name)
				}
			case "F":
				dir = value
			case "R":
				files = append(files, path.Join("/", dir, value))
			}
		}
		if p.Name == "" {
			continue
		}
		p.Essential = slices.Contains([]string{"alpine-baselayout", "alpine-keys", "apk-tools", "busybox", "musl", "libc-utils", "alpine-release"}, p.Name)
		p.Files = t.canonical(files)
		d.Packages = append(d.Packages, p)
	}
}

// Needs are the names of packages that the given ones need, themselves included.
// Of alternatives the installed one counts.
func (d *Database) Needs(names ...string) map[string]bool {
	needed := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		p := d.find(name)
		if p == nil || needed[p.Name] {
			return
		}
		needed[p.Name] = true
		for _, alternatives := range p.Depends {
			for _, alt := range alternatives {
				if d.find(alt) != nil {
					visit(alt)
					break
				}
			}
		}
	}
	for _, n := range names {
		visit(n)
	}
	return needed
}

// find is the installed package of that name, or one that provides it.
func (d *Database) find(name string) *Package {
	if p := d.byName[name]; p != nil {
		return p
	}
	for i := range d.Packages {
		if slices.Contains(d.Packages[i].Provides, name) {
			return &d.Packages[i]
		}
	}
	return nil
}

// Roots leaves out of names what another of them brings along.
func (d *Database) Roots(names []string) []string {
	var roots []string
	for _, n := range names {
		others := slices.DeleteFunc(slices.Clone(names), func(o string) bool { return o == n })
		brought := false
		for _, o := range others {
			needs := d.Needs(o)
			if needs[n] && !(d.Needs(n)[o] && o > n) {
				brought = true
				break
			}
		}
		if !brought {
			roots = append(roots, n)
		}
	}
	return roots
}
