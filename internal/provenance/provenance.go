// Package provenance says of every file of an image where it came from: the base or
// the instruction that wrote it, the package that owns it, the file of the build
// context that it is a copy of. From that it sums the image's bytes by cause.
//
// Every byte of every layer is counted once: as part of a file that a container
// sees, as hidden by a later layer, or as the tar's own headers. So the causes add
// up to what the layers hold. It reads what package image has read and, on demand,
// programs and archives that carry their own account; it never builds. Whether a
// file is needed is not its question: packages trace and restage answer that.
package provenance

import (
	"context"
	"slices"

	"github.com/careenhq/careen/internal/image"
)

// A Source is what is known of an image besides its layers. The zero value of a
// field means that nothing is.
type Source struct {
	Name         string
	Base         Base
	Instructions []Instruction                            // by layer; without them the image's history is read
	BuildOnly    func(name string) bool                   // tells whether a distribution's package by its nature serves building
	Context      func(size int64, digest [32]byte) string // the path in the build context of a file with that content
}

// A Base is the image that an image was built on.
type Base struct {
	Name   string `json:"name,omitempty"`
	Layers int    `json:"layers"`       // how many of the lowest layers are its
	By     string `json:"by,omitempty"` // how that is known: "the build", "--base", "a guess by the lowest layer"
}

// An Instruction is what wrote a layer.
type Instruction struct {
	Text  string `json:"text"`            // "RUN apt-get update"
	Stage string `json:"stage,omitempty"` // of the Dockerfile, when known
	File  string `json:"file,omitempty"`  // the Dockerfile, when known
	First int    `json:"first,omitempty"` // line in it, from 1
	Last  int    `json:"last,omitempty"`
}

// A Kind is a reason for bytes to be in an image.
type Kind string

// The kinds. Of several that would fit a file the first one counts; bytes that no
// container sees come before all others.
const (
	Deleted   Kind = "deleted"   // removed by a later layer
	Rewritten Kind = "rewritten" // written again by a later layer with other content
	Copied    Kind = "copied"    // written again with the same content: chmod, chown, touch
	FromBase  Kind = "base"      // in the base's layers
	Git       Kind = "git"       // repository data
	Cache     Kind = "cache"     // what package managers and compilers keep for the next time
	Docs      Kind = "docs"      // documentation, manuals, translations
	Dev       Kind = "dev"       // packages that only developing needs
	Toolchain Kind = "toolchain" // compilers and what serves building
	Packages  Kind = "packages"  // owned by any other package
	Sources   Kind = "context"   // as it is in the build context
	App       Kind = "app"       // everything else: built, downloaded or generated
	Overhead  Kind = "overhead"  // headers and padding of the layers' tars
)

// kinds is their order in a report whose bytes are equal.
var kinds = [...]Kind{FromBase, Packages, Toolchain, Dev, Sources, App, Cache, Docs, Git, Copied, Rewritten, Deleted, Overhead}

// A Fact is what is known of one file that a container sees.
type Fact struct {
	Kind    Kind
	Within  string   // what the bytes are summed under within their kind
	Package *Package // that owns it; nil when none does
	Context string   // path in the build context of a file with the same content
	Layer   int      // position of the layer that carries the bytes
}

// A Map is the provenance of an image. It is read-only and may be shared.
type Map struct {
	Tree   *image.Tree
	Report Report

	source Source
	facts  map[*image.Node]Fact
	dirs   map[string]*Directory
	owners *owners
}

// Of makes the map of an image. Only layers that hold programs or archives with an
// account of their own are read again.
func Of(ctx context.Context, im *image.Image, tree *image.Tree, s Source) (*Map, error) {
	if s.Instructions == nil {
		s.Instructions = FromHistory(im)
	}
	if s.Base.By == "" {
		s.Base = guessBase(tree)
	}
	m := &Map{Tree: tree, source: s, facts: map[*image.Node]Fact{}, dirs: map[string]*Directory{}}
	m.owners = findOwners(tree)
	if err := m.owners.readInside(ctx, tree, s.Base.Layers); err != nil {
		return nil, err
	}
	m.visit(tree.Root(), &place{})
	m.Report = m.report(im)
	return m, nil
}

// Fact is what is known of a file of the tree, zero for directories.
func (m *Map) Fact(n *image.Node) Fact { return m.facts[n] }

// Below sums what a container sees at and below a directory, zero for other paths.
func (m *Map) Below(dir string) Directory {
	if d := m.dirs[dir]; d != nil {
		return *d
	}
	return Directory{Path: dir}
}

// Instruction is what wrote a layer, zero when that is not known.
func (m *Map) Instruction(layer int) Instruction {
	if layer < 0 || layer >= len(m.source.Instructions) {
		return Instruction{}
	}
	return m.source.Instructions[layer]
}

// visit decides for a directory's files, with what its parents decided.
func (m *Map) visit(dir *image.Node, in *place) {
	children := m.Tree.Children(dir)
	here := in.enter(dir, children, m.owners)
	for _, n := range children {
		if n.IsDir() {
			m.visit(n, here)
			continue
		}
		m.facts[n] = m.decide(n, here)
	}
}

// decide applies the order of the kinds.
func (m *Map) decide(n *image.Node, in *place) Fact {
	f := Fact{Layer: n.Carrier(), Package: m.owners.of(n.Path, in)}
	f.Kind, f.Within = m.kind(n, in, f.Package)
	own := f.Layer >= m.source.Base.Layers
	if own && (f.Kind == App || f.Kind == Git) && n.Size > 0 && n.IsRegular() && m.source.Context != nil {
		f.Context = m.source.Context(n.Size, n.Digest)
	}
	switch {
	case !own:
		f.Within, f.Kind = baseParts[f.Kind], FromBase
	case f.Kind == App && f.Context != "":
		f.Kind = Sources
	}
	return f
}

// baseParts name what a base holds.
var baseParts = map[Kind]string{
	Git: "repository data", Cache: "caches", Docs: "docs and locales", Dev: "development packages", Toolchain: "toolchain",
	Packages: "packages", App: "files of no package",
}

// kind is the first kind that fits a file, whoever's layer it is in.
func (m *Map) kind(n *image.Node, in *place, owner *Package) (k Kind, within string) {
	switch {
	case in.git != "":
		return Git, in.git
	case in.cache != "":
		return Cache, in.cache
	case in.docs != "":
		return Docs, in.docs
	case owner != nil && owner.Dev:
		return Dev, owner.Label()
	case owner != nil && m.building(owner):
		return Toolchain, owner.Label()
	case owner != nil:
		return Packages, owner.Label()
	case in.tool != "":
		return Toolchain, in.tool
	}
	return App, top(n.Path)
}

// building tells whether a distribution's package serves building.
func (m *Map) building(p *Package) bool {
	if p.Section == "devel" || p.Section == "libdevel" {
		return true
	}
	return p.System && m.source.BuildOnly != nil && m.source.BuildOnly(p.Name)
}

// order is a kind's place among others with as many bytes.
func order(k Kind) int { return slices.Index(kinds[:], k) }
