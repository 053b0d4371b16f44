package verify

import (
	"context"
	"io"
	"path"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/careenhq/careen/internal/image"
)

// A goPackages answers whether the programs of the new image hold a package of Go.
// Every Go program carries the names of its functions with the full path of their
// package (runtime/symtab.go), also when it was stripped of symbols.
type goPackages struct {
	c    *comparison
	held map[string]bool // by import path, once looked for
}

// leavesOut tells whether a source of the old image belongs to a package of Go that no
// program of the new image holds. It is false for every doubt: another language, a
// source outside of a module, package main, whose functions carry no path, or no
// program that says it is of the module (it may be packed).
func (g *goPackages) leavesOut(ctx context.Context, n *image.Node, source []byte) (bool, error) {
	module, name := g.importPath(ctx, n)
	if name == "" || goMain(source) {
		return false, nil
	}
	if held, known := g.held[name]; known {
		return !held, nil
	}
	symbols, seen := symbolPath(name)+".", map[string]bool{}
	programs := func(n *image.Node) bool { return n.IsRegular() && n.ELF != nil && g.c.new.own(n) }
	words := newNeedles([]string{module, symbols})
	err := g.c.new.tree.ReadMany(ctx, programs, func(_ *image.Node, r io.Reader) error {
		return words.search(r, func(word string) { seen[word] = true })
	})
	if err != nil {
		return false, err
	}
	if g.held == nil {
		g.held = map[string]bool{}
	}
	g.held[name] = seen[symbols] || !seen[module]
	return !g.held[name], nil
}

// importPath gives the module and the package that a Go source belongs to, "" where
// no go.mod of the old image tells.
func (g *goPackages) importPath(ctx context.Context, n *image.Node) (module, name string) {
	if path.Ext(n.Path) != ".go" {
		return "", ""
	}
	for _, dir := range ancestors(n.Path) {
		text, err := g.c.old.tree.Read(ctx, path.Join(dir, "go.mod"), maxScript)
		if err != nil {
			continue
		}
		if module = modfile.ModulePath(text); module != "" {
			return module, path.Join(module, strings.TrimPrefix(path.Dir(n.Path), dir))
		}
		return "", ""
	}
	return "", ""
}

// goMain tells whether a source is of package main.
func goMain(source []byte) bool {
	for line := range strings.Lines(string(source)) {
		if name, ok := strings.CutPrefix(line, "package "); ok {
			return strings.TrimSpace(strings.SplitN(name, "//", 2)[0]) == "main"
		}
	}
	return true
}

// symbolPath is how the linker writes an import path: dots of its last element are
// escaped (cmd/internal/objabi, PathToPrefix).
func symbolPath(name string) string {
	dir, last := path.Split(name)
	return dir + strings.ReplaceAll(last, ".", "%2e")
}
