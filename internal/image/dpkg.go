package image

import (
	"path"
	"slices"
	"strings"
)

// readDpkg reads dpkg's database (dpkg-query(1), deb-control(5)); false when there
// is none.
func (d *Database) readDpkg(t *Tree) bool {
	text, err := t.ReadFile("/var/lib/dpkg/status")
	if err != nil || len(text) == 0 {
		return false
	}
	diverted := t.diversions()
	auto := t.autoInstalled()
	for stanza := range strings.SplitSeq(string(text), "\n\n") {
		p, ok := dpkgPackage(stanza)
		if !ok {
			continue
		}
		p.Auto = auto[p.Name]
		p.Files = t.installedPaths(diverted.apply(p.Name, t.dpkgList(p.Name, p.Arch)))
		d.Packages = append(d.Packages, p)
	}
	d.Manager = "dpkg"
	return true
}

// readDistroless reads one status file per package, as images have that were put
// together without dpkg.
func (d *Database) readDistroless(t *Tree) bool {
	dir := t.Resolve("/var/lib/dpkg/status.d")
	if dir == nil || dir.Empty() {
		return false
	}
	for _, n := range dir.sorted() {
		if path.Ext(n.Path) == ".md5sums" {
			continue
		}
		for stanza := range strings.SplitSeq(string(n.content), "\n\n") {
			if p, ok := dpkgPackage(stanza); ok {
				p.Files = t.installedPaths(t.summed(n.Path))
				d.Packages = append(d.Packages, p)
			}
		}
	}
	d.Manager = "dpkg"
	return true
}

func dpkgPackage(stanza string) (p Package, ok bool) {
	f := fields(stanza)
	if f["Package"] == "" || f["Status"] != "" && !strings.HasSuffix(f["Status"], " installed") {
		return p, false
	}
	return Package{
		Manager: "dpkg", Name: f["Package"], Version: f["Version"], Arch: f["Architecture"],
		Section: f["Section"], Priority: f["Priority"], Essential: f["Essential"] == "yes" || f["Priority"] == "required",
		Depends:    append(relations(f["Pre-Depends"]), relations(f["Depends"])...),
		Recommends: relations(f["Recommends"]), Provides: flat(relations(f["Provides"])),
		Size: number(f["Installed-Size"]) * 1024,
	}, true
}

func fields(stanza string) map[string]string {
	f := map[string]string{}
	last := ""
	for line := range strings.SplitSeq(stanza, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if dpkgFields[last] {
				f[last] += line
			}
			continue
		}
		if key, value, ok := strings.Cut(line, ":"); ok {
			last = key
			if dpkgFields[key] {
				f[key] = strings.TrimSpace(value)
			}
		}
	}
	return f
}

// dpkgFields are those that a Package is made of.
var dpkgFields = map[string]bool{
	"Package": true, "Status": true, "Version": true, "Architecture": true, "Section": true, "Priority": true, "Essential": true,
	"Pre-Depends": true, "Depends": true, "Recommends": true, "Provides": true, "Installed-Size": true,
}

// relations parses "a (>= 1) | b, c:any" to names.
func relations(text string) [][]string {
	var all [][]string
	for group := range strings.SplitSeq(text, ",") {
		var names []string
		for alternative := range strings.SplitSeq(group, "|") {
			words := strings.FieldsFunc(alternative, func(r rune) bool { return strings.ContainsRune(" \t\n([", r) })
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

// dpkgList reads the paths of a package. Packages that may be installed for several
// architectures at once carry theirs in the name.
func (t *Tree) dpkgList(name, arch string) []string {
	for _, base := range []string{name, name + ":" + arch} {
		if text, err := t.ReadFile("/var/lib/dpkg/info/" + base + ".list"); err == nil {
			return strings.Split(string(text), "\n")
		}
	}
	return nil
}

// summed reads the paths beside a distroless status file: sums have no links and
// no directories in them.
func (t *Tree) summed(status string) []string {
	text, err := t.ReadFile(status + ".md5sums")
	if err != nil {
		return nil
	}
	var files []string
	for line := range strings.Lines(string(text)) {
		if _, file, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			files = append(files, "/"+strings.TrimPrefix(file, "./"))
		}
	}
	return files
}

// diversions says where a file of any other package than the diverting one is
// (dpkg-divert(1)).
type diversions map[string]diversion

type diversion struct{ to, by string }

func (t *Tree) diversions() diversions {
	text, err := t.ReadFile("/var/lib/dpkg/diversions")
	if err != nil {
		return nil
	}
	all := diversions{}
	lines := strings.Split(string(text), "\n")
	for triple := range slices.Chunk(lines, 3) {
		if len(triple) == 3 {
			all[triple[0]] = diversion{to: triple[1], by: triple[2]}
		}
	}
	return all
}

func (d diversions) apply(pkg string, files []string) []string {
	if len(d) == 0 {
		return files
	}
	for i, f := range files {
		if to, ok := d[f]; ok && to.by != pkg {
			files[i] = to.to
		}
	}
	return files
}

// autoInstalled reads apt's list of packages that nobody asked for by name.
func (t *Tree) autoInstalled() map[string]bool {
	text, err := t.ReadFile("/var/lib/apt/extended_states")
	if err != nil {
		return nil
	}
	auto := map[string]bool{}
	name := ""
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Package":
			name = value
		case "Auto-Installed":
			auto[name] = value == "1"
		}
	}
	return auto
}
