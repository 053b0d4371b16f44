package verify

import (
	"context"
	"encoding/json"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

const nodeModules = "/node_modules/"

// moduleOf is the directory of the Node module that a file belongs to, "" for
// files of no module.
func moduleOf(file string) string {
	i := strings.LastIndex(file+"/", nodeModules)
	if i < 0 || len(file) <= i+len(nodeModules) {
		return ""
	}
	root, rest := file[:i+len(nodeModules)], file[i+len(nodeModules):]
	name, after, _ := strings.Cut(rest, "/")
	if strings.HasPrefix(name, "@") && after != "" {
		inner, _, _ := strings.Cut(after, "/")
		name += "/" + inner
	}
	return root + name
}

func (s *side) hasModules() bool {
	found := false
	s.tree.Walk(func(n *image.Node) bool {
		found = found || n.IsDir() && n.Name() == "node_modules" && !within("/usr/local/lib", n.Path) && !within("/usr/lib", n.Path)
		return !found
	})
	return found
}

// resolvesModule finds a module from a directory upwards.
func (s *side) resolvesModule(name, dir string) bool {
	for {
		if path.Base(dir) != "node_modules" && s.has(path.Join(dir, "node_modules", name)) {
			return true
		}
		if dir == "/" {
			return false
		}
		dir = path.Dir(dir)
	}
}

// imported matches the names in require and import of JavaScript and TypeScript.
var imported = regexp.MustCompile(`(?:\brequire(?:\.resolve)?\(\s*|\bimport\(\s*|\bfrom\s*|\bimport\s+)["']([^"'\s]+)["']`)

// imports checks that what the project's own JavaScript asks for by name is there,
// and the dependencies that each module's manifest names, as far as the old image
// has them (nodejs.org, "Modules: Loading from node_modules folders").
func (c *comparison) imports(ctx context.Context, s *sheet) error {
	if !c.old.hasModules() {
		return nil
	}
	s.checked("imports")
	said := map[string]bool{}
	isSource := func(n *image.Node) bool {
		if !n.IsRegular() || n.Size > maxScript || c.new.fromBase(n) {
			return false
		}
		if moduleOf(n.Path) != "" {
			return n.Name() == "package.json" && path.Dir(n.Path) == moduleOf(n.Path)
		}
		return isJavaScript(n.Path)
	}
	return c.new.tree.ReadMany(ctx, isSource, func(n *image.Node, r io.Reader) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		for _, name := range wantedModules(n, text) {
			dir := path.Dir(n.Path)
			if said[name] || c.new.resolvesModule(name, dir) || !c.old.resolvesModule(name, dir) {
				continue
			}
			said[name] = true
			s.differs(diag.Difference{Check: "imports", Path: n.Path, Old: name, Label: "B16",
				Reason: n.Path + " asks for the module " + name + ", which is not in the new image"})
		}
		return nil
	})
}

func isJavaScript(file string) bool {
	switch path.Ext(file) {
	case ".js", ".mjs", ".cjs":
		return true
	}
	return false
}

// wantedModules are the modules that a source file imports, or that a module's
// manifest depends on.
func wantedModules(n *image.Node, text []byte) []string {
	var names []string
	if n.Name() == "package.json" {
		var manifest struct {
			Dependencies map[string]string `json:"dependencies"`
		}
		if json.Unmarshal(text, &manifest) == nil {
			names = sortedKeys(manifest.Dependencies)
		}
		return names
	}
	for _, match := range imported.FindAllSubmatch(text, -1) {
		if name := packageName(string(match[1])); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// packageName is the module of an import, "" for relative paths and Node's own.
func packageName(spec string) string {
	if strings.HasPrefix(spec, ".") || strings.HasPrefix(spec, "/") || strings.Contains(spec, ":") || strings.HasPrefix(spec, "#") {
		return ""
	}
	parts := strings.Split(spec, "/")
	if strings.HasPrefix(spec, "@") {
		if len(parts) < 2 {
			return ""
		}
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// devModules are the module directories that a package-lock.json beside them marks
// as needed for development only (lockfile version 2 and 3).
func (s *side) devModules() map[string]bool {
	if s.dev != nil {
		return s.dev
	}
	s.dev = map[string]bool{}
	s.tree.Walk(func(n *image.Node) bool {
		if n.Name() == "package-lock.json" && moduleOf(n.Path) == "" {
			s.readLock(n.Path)
		}
		return true
	})
	return s.dev
}

func (s *side) readLock(file string) {
	var lock struct {
		Packages map[string]struct {
			Dev bool `json:"dev"`
		} `json:"packages"`
	}
	if json.Unmarshal([]byte(s.text(file)), &lock) != nil {
		return
	}
	for name, p := range lock.Packages {
		if p.Dev {
			s.dev[path.Join(path.Dir(file), name)] = true
		}
	}
}

// developmentOnly tells whether a module, or one that it lies within, is needed for
// development only.
func (s *side) developmentOnly(module string) bool {
	for module != "" {
		if s.devModules()[module] {
			return true
		}
		module = moduleOf(path.Dir(path.Dir(module)))
	}
	return false
}
