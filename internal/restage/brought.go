package restage

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/dockerfile"
)

// brought is one source of a "COPY --from" of the user's last stage: where its files
// lie in the stage that they come from, and where in the image.
type brought struct {
	step     *dockerfile.Instruction
	from     string // stage or image
	owner    string // --chown
	src, dst string
	dir      bool
}

// beside tells whether two files can be copied by one line.
func (b brought) beside(o brought) bool {
	keeps := func(b brought) bool { return !b.dir && path.Base(b.src) == path.Base(b.dst) }
	return b.from == o.from && b.owner == o.owner && path.Dir(b.dst) == path.Dir(o.dst) && keeps(b) && keeps(o)
}

// bringing are the copies that bring a path, cut down to what lies there: one that brings
// it or a directory above it, or those that bring everything below it; nil when none do.
func bringing(t *tree, all []brought, c Copy, p string) []brought {
	above := func(p string) int {
		return slices.IndexFunc(all, func(b brought) bool { return b.dst == p || b.dir && rootOf([]string{b.dst}, p) != "" })
	}
	if i := above(p); i >= 0 {
		b := all[i]
		b.src, b.dst, b.dir = path.Join(b.src, strings.TrimPrefix(p, b.dst)), p, c.Dir
		return []brought{b}
	}
	for i := range t.files {
		if file := &t.files[i]; !file.Dir && rootOf([]string{p}, file.Path) != "" && above(file.Path) < 0 {
			return nil
		}
	}
	var parts []brought
	for _, b := range slices.Backward(all) {
		if rootOf([]string{p}, b.dst) != "" {
			parts = append(parts, b)
		}
	}
	return parts
}

// broughtFiles reads the copies of the user's last stage, later ones first; false when
// one of them cannot be followed.
func (r *renderer) broughtFiles(t *tree) ([]brought, bool) {
	var all []brought
	workdir := ""
	for _, in := range r.stage.Instructions {
		switch in.Name {
		case "ADD", "ONBUILD":
			return nil, false
		case "RUN":
			if len(all) > 0 && !leavesFiles(in) {
				return nil, false
			}
		case "WORKDIR":
			if words := in.Words(); len(words) == 1 {
				workdir = path.Join("/", workdir, words[0].Value)
				if path.IsAbs(words[0].Value) {
					workdir = path.Clean(words[0].Value)
				}
			}
		case "COPY":
			some, ok := readBrought(in, workdir, t)
			if !ok {
				return nil, false
			}
			all = append(some, all...)
		}
	}
	return all, true
}

// besides are commands that do not touch what was copied before them.
var besides = map[string]bool{
	"apt-get": true, "apt": true, "apk": true, "update-ca-certificates": true, "useradd": true, "adduser": true, "groupadd": true, "addgroup": true,
	"mkdir": true, "set": true, "true": true, "rm": true,
}

// leavesFiles tells whether a step does nothing to files that were copied: it installs
// packages, makes accounts or directories, and removes records of packages.
func leavesFiles(in *dockerfile.Instruction) bool {
	run, ok := in.Run()
	if !ok || run.Form == dockerfile.ExecForm || run.Form == dockerfile.FileForm {
		return false
	}
	file, err := syntax.NewParser().Parse(strings.NewReader(run.Text), "")
	if err != nil {
		return false
	}
	leaves := true
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		name := call.Args[0].Lit()
		leaves = leaves && besides[name]
		for _, word := range call.Args[1:] {
			leaves = leaves && (name != "rm" || strings.HasPrefix(word.Lit(), "-") || strings.HasPrefix(word.Lit(), "/var/"))
		}
		return true
	})
	return leaves
}

func readBrought(in *dockerfile.Instruction, workdir string, t *tree) ([]brought, bool) {
	c, ok := in.Copy()
	if !ok || c.From == "" || c.Chmod != "" || c.Parents || len(c.Exclude) > 0 || len(c.Heredocs) > 0 || strings.ContainsAny(in.Text(), "$*?[\\\"'") {
		return nil, false
	}
	if !path.IsAbs(c.Dest.Value) && workdir == "" {
		return nil, false
	}
	dest := absolute(workdir, c.Dest.Value)
	var all []brought
	for _, source := range c.Sources {
		b := brought{step: in, from: c.From, owner: c.Chown, src: path.Join("/", source.Value), dst: dest}
		if into := path.Join(dest, path.Base(b.src)); strings.HasSuffix(c.Dest.Value, "/") || len(c.Sources) > 1 {
			if file := t.at(into); file != nil && !file.Dir {
				b.dst = into
			}
		}
		at := t.at(b.dst)
		if at == nil {
			return nil, false
		}
		b.dir = at.Dir
		all = append(all, b)
	}
	return all, true
}
