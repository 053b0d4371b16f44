package checks

import (
	"path"
	"slices"

	"golang.org/x/mod/modfile"
)

// nothingDownloaded is why an order is right as it is.
const nothingDownloaded = "the module has no dependencies to download"

// golang is what downloading modules reads: go.mod and go.sum of the main modules,
// and go.mod of modules that are replaced by local directories.
func (r *reader) golang(in install) {
	if in.kind == "go build" {
		r.prelude = "go mod download"
	}
	if r.has("vendor/modules.txt") {
		r.block("the modules are vendored, nothing is downloaded")
		return
	}
	dir := r.dir
	for !r.has("go.mod") && !r.has("go.work") && r.dir != "." {
		r.dir = path.Dir(r.dir) // go looks upwards
	}
	if in.kind == "go build" && r.dir != dir {
		r.block("the command works below the module's directory")
	}
	if !r.has("go.work") {
		r.module(".")
		return
	}
	r.workfile()
}

func (r *reader) workfile() {
	work, err := modfile.ParseWork("go.work", []byte(r.read("go.work")), nil)
	if err != nil {
		r.block("go.work cannot be read")
		return
	}
	r.add("go.work.sum")
	for _, use := range work.Use {
		r.module(path.Clean(use.Path))
	}
	r.replaced(".", work.Replace)
}

// module lists a main module's files.
func (r *reader) module(dir string) {
	name := path.Join(dir, "go.mod")
	mod, err := modfile.ParseLax(name, []byte(r.read(name)), nil)
	if err != nil {
		r.block(name + " cannot be read")
		return
	}
	if dir == "." && r.prelude != "" && len(mod.Require) == 0 {
		r.block(nothingDownloaded)
	}
	r.add(path.Join(dir, "go.sum"))
	if full, err := modfile.Parse(name, []byte(r.text(name)), nil); err == nil {
		r.replaced(dir, full.Replace)
	} else if len(mod.Replace) == 0 {
		r.block(name + " cannot be read")
	}
}

// replaced lists go.mod of the local directories that stand for modules.
func (r *reader) replaced(dir string, list []*modfile.Replace) {
	for _, rep := range list {
		if !modfile.IsDirectoryPath(rep.New.Path) {
			continue
		}
		name := path.Join(dir, rep.New.Path, "go.mod")
		if path.IsAbs(rep.New.Path) {
			r.block("go.mod replaces a module by " + rep.New.Path)
			return
		}
		if !slices.Contains(r.paths, path.Join(r.dir, name)) {
			r.read(name)
		}
	}
}
