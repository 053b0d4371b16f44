package provenance

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// A manifest is what package.json says of a package's needs (npm, "package.json").
type manifest struct {
	Name         string         `json:"name"`
	Version      string         `json:"version"`
	Dependencies map[string]any `json:"dependencies"`
	Optional     map[string]any `json:"optionalDependencies"`
	Peer         map[string]any `json:"peerDependencies"`
	Dev          map[string]any `json:"devDependencies"`
}

func (m *manifest) needs() []string {
	all := map[string]any{}
	for _, group := range []map[string]any{m.Dependencies, m.Optional, m.Peer} {
		maps.Copy(all, group)
	}
	return slices.Sorted(maps.Keys(all))
}

// nodeTree is the packages below node_modules directories, looked up as Node does.
type nodeTree struct {
	t     *image.Tree
	byDir map[string]*Package
	real  map[*image.Node]*Package
}

// node reads the packages in node_modules directories, and which of them only the
// development of the project beside needs: those that its manifest leads to by its
// devDependencies alone.
func (o *owners) node(t *image.Tree, dirs []string) {
	tree := &nodeTree{t, map[string]*Package{}, map[*image.Node]*Package{}}
	var all []*Package
	for _, dir := range dirs {
		for _, at := range modulesIn(t, dir) {
			if o.byPath[at.Path+"/package.json"] != nil {
				continue // the distribution's own package
			}
			p := nodePackage(t, at, strings.TrimPrefix(at.Path, dir+"/"))
			tree.byDir[at.Path], tree.real[at], o.byDir[at.Path] = p, p, p
			all = append(all, o.add(p))
		}
	}
	resolve := func(from *Package, name string) *Package { return tree.find(from.Path, name) }
	link(all, resolve)
	for _, dir := range dirs {
		if !strings.Contains(path.Dir(dir), "/node_modules") {
			tree.development(path.Dir(dir), all)
		}
	}
}

// modulesIn are the package directories right in a node_modules directory, those
// of scopes included and links left out.
func modulesIn(t *image.Tree, dir string) []*image.Node {
	var found []*image.Node
	for _, n := range t.Children(t.Lookup(dir)) {
		switch {
		case !n.IsDir() || strings.HasPrefix(n.Name(), "."):
		case strings.HasPrefix(n.Name(), "@"):
			for _, scoped := range t.Children(n) {
				if scoped.IsDir() {
					found = append(found, scoped)
				}
			}
		default:
			found = append(found, n)
		}
	}
	return found
}

func nodePackage(t *image.Tree, at *image.Node, name string) *Package {
	p := &Package{Manager: "npm", Name: name, Path: at.Path}
	if m := readManifest(t, at.Path); m != nil {
		p.Version, p.needs = m.Version, m.needs()
	}
	return p
}

func readManifest(t *image.Tree, dir string) *manifest {
	text, err := t.ReadFile(dir + "/package.json")
	if err != nil {
		return nil
	}
	m := &manifest{}
	if json.Unmarshal(text, m) != nil {
		return nil
	}
	return m
}

// find looks a package up from a directory, upwards through node_modules.
func (n *nodeTree) find(from, name string) *Package {
	for dir := from; ; dir = path.Dir(dir) {
		if path.Base(dir) != "node_modules" {
			if p := n.at(path.Join(dir, "node_modules", name)); p != nil {
				return p
			}
		}
		if dir == "/" || dir == "." {
			return nil
		}
	}
}

// at is the package at a path, through the links that pnpm makes.
func (n *nodeTree) at(p string) *Package {
	if found := n.byDir[p]; found != nil {
		return found
	}
	if at := n.t.Resolve(p); at != nil {
		return n.real[at]
	}
	return nil
}

// development marks what only the devDependencies of a project lead to.
func (n *nodeTree) development(project string, all []*Package) {
	m := readManifest(n.t, project)
	if m == nil || len(m.Dev) == 0 {
		return
	}
	running, developing := n.reach(project, m.needs()), n.reach(project, slices.Sorted(maps.Keys(m.Dev)))
	for _, p := range all {
		if developing[p] && !running[p] {
			p.Dev = true
		}
	}
}

func (n *nodeTree) reach(project string, names []string) map[*Package]bool {
	reached := map[*Package]bool{}
	var follow func(from string, names []string)
	follow = func(from string, names []string) {
		for _, name := range names {
			if p := n.find(from, name); p != nil && !reached[p] {
				reached[p] = true
				follow(p.Path, p.needs)
			}
		}
	}
	follow(project, names)
	return reached
}
