package provenance

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// A Package is what some package manager, or a file itself, says was installed.
type Package struct {
	Manager    string   `json:"manager"` // "dpkg", "apk", "pip", "npm", "gem", "composer", "go", "maven"
	Name       string   `json:"name"`
	Version    string   `json:"version,omitempty"` // "" when its manager keeps none
	Path       string   `json:"path,omitempty"`    // where it is, of a package that has a place of its own
	Section    string   `json:"section,omitempty"` // dpkg's
	System     bool     `json:"system,omitempty"`  // of the distribution
	Dev        bool     `json:"dev,omitempty"`     // only developing needs it, as the project's manifest says
	Base       bool     `json:"base,omitempty"`    // its bytes are all in the base's layers
	Bytes      int64    `json:"bytes"`             // of its files that a container sees, documentation included
	Files      int      `json:"files"`
	Dependants []string `json:"dependants,omitempty"` // installed packages that ask for it
	Holds      []string `json:"holds,omitempty"`      // what is packed inside: modules of a Go program, archives in a jar

	needs []string // names, as its manager knows them
}

// Label is how a report calls the package.
func (p *Package) Label() string {
	if p.System {
		return p.Name
	}
	return p.Name + " (" + p.Manager + ")"
}

// owners knows which package a path belongs to.
type owners struct {
	all    []*Package
	byPath map[string]*Package
	byDir  map[string]*Package // all below the directory
	unread []string            // what could not be read, and why
}

// findOwners reads every package database that the tree keeps.
func findOwners(t *image.Tree) *owners {
	o := &owners{byPath: map[string]*Package{}, byDir: map[string]*Package{}}
	o.system(t)
	var dirs directories
	dirs.collect(t)
	o.python(t, dirs.distInfo)
	o.node(t, dirs.modules)
	o.gems(t, dirs.specifications)
	o.composer(t, dirs.installed)
	return o
}

// directories are where managers keep their accounts, found in one walk.
type directories struct{ distInfo, modules, specifications, installed []string }

func (d *directories) collect(t *image.Tree) {
	t.Walk(func(n *image.Node) bool {
		name := n.Name()
		switch {
		case !n.IsDir():
			if name == "installed.json" && path.Base(path.Dir(n.Path)) == "composer" {
				d.installed = append(d.installed, n.Path)
			}
		case strings.HasSuffix(name, ".dist-info"):
			d.distInfo = append(d.distInfo, n.Path)
		case name == "node_modules":
			d.modules = append(d.modules, n.Path)
		case name == "specifications":
			d.specifications = append(d.specifications, n.Path)
		}
		return true
	})
}

func (o *owners) add(p *Package) *Package {
	o.all = append(o.all, p)
	return p
}

// of is the package that a path belongs to: the one that lists it, else the one
// whose directory it is in. What Python compiled belongs to its source's package.
func (o *owners) of(p string, in *place) *Package {
	if owner := o.byPath[p]; owner != nil {
		return owner
	}
	if in.owner != nil {
		return in.owner
	}
	dir, name := path.Split(p)
	if cache, ok := strings.CutSuffix(dir, "__pycache__/"); ok && strings.HasSuffix(name, ".pyc") {
		source, _, _ := strings.Cut(name, ".")
		return o.byPath[cache+source+".py"]
	}
	return nil
}

// system takes over the distribution's database.
func (o *owners) system(t *image.Tree) {
	db := t.Database()
	if db.Unread != "" {
		o.unread = append(o.unread, db.Manager+": "+db.Unread)
	}
	names := map[string]*Package{}
	for i := range db.Packages {
		d := &db.Packages[i]
		p := o.add(&Package{Manager: d.Manager, Name: d.Name, Version: d.Version, Section: d.Section, System: true})
		names[d.Name] = p
		for _, f := range d.Files {
			o.byPath[f] = p
		}
	}
	for name, needed := range db.Direct() {
		for _, n := range needed {
			names[n].Dependants = append(names[n].Dependants, name)
		}
	}
	for _, p := range names {
		slices.Sort(p.Dependants)
	}
}

// link turns what packages need into who needs them. resolve finds a package by
// the name that another one gives.
func link(all []*Package, resolve func(from *Package, name string) *Package) {
	for _, p := range all {
		for _, name := range p.needs {
			if to := resolve(p, name); to != nil && to != p && !slices.Contains(to.Dependants, p.Name) {
				to.Dependants = append(to.Dependants, p.Name)
			}
		}
	}
	for _, p := range all {
		slices.Sort(p.Dependants)
	}
}
