package provenance

import (
	"path"
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// gems reads RubyGems' specifications: NAME-VERSION.gemspec describes what lies
// beside them in gems/NAME-VERSION and extensions/PLATFORM/ABI/NAME-VERSION.
func (o *owners) gems(t *image.Tree, dirs []string) {
	var all []*Package
	byName := map[string]*Package{}
	for _, dir := range dirs {
		for _, n := range append(t.Children(t.Lookup(dir)), defaults(t, dir)...) {
			full, ok := strings.CutSuffix(n.Name(), ".gemspec")
			if !ok || o.byPath[n.Path] != nil {
				continue
			}
			p := gemPackage(t, n, full)
			home := path.Dir(dir)
			p.Path = path.Join(home, "gems", full)
			o.byPath[n.Path], o.byDir[p.Path], byName[home+"\x00"+p.Name] = p, p, p
			o.extensions(t, home, full, p)
			all = append(all, o.add(p))
		}
	}
	link(all, func(from *Package, name string) *Package {
		return byName[path.Dir(path.Dir(from.Path))+"\x00"+name]
	})
}

// defaults are the gems that come with Ruby.
func defaults(t *image.Tree, dir string) []*image.Node {
	if n := t.Lookup(dir + "/default"); n != nil && n.IsDir() {
		return t.Children(n)
	}
	return nil
}

func (o *owners) extensions(t *image.Tree, home, full string, p *Package) {
	root := t.Lookup(home + "/extensions")
	if root == nil || !root.IsDir() {
		return
	}
	for _, platform := range t.Children(root) {
		for _, abi := range t.Children(platform) {
			o.byDir[path.Join(abi.Path, full)] = p
		}
	}
}

var gemNeed = regexp.MustCompile(`add(?:_runtime)?_dependency\(?\s*(?:%q<|["'])([A-Za-z0-9_.-]+)`)

// gemVersion is where the version begins in NAME-VERSION.
var gemVersion = regexp.MustCompile(`-\d[^-]*(-[a-z0-9_-]+)?$`)

func gemPackage(t *image.Tree, n *image.Node, full string) *Package {
	p := &Package{Manager: "gem", Name: full}
	if at := gemVersion.FindStringIndex(full); at != nil {
		p.Name, p.Version = full[:at[0]], full[at[0]+1:]
	}
	text, err := t.ReadFile(n.Path)
	if err != nil {
		return p
	}
	for _, m := range gemNeed.FindAllStringSubmatch(string(text), -1) {
		p.needs = append(p.needs, m[1])
	}
	return p
}
