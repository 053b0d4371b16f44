package restage

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
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

// replaces tells whether the runtime stage takes the place of the user's last stage
// instead of following it: everything that stays was copied from earlier stages, so
// that it can come from there at once. It notes the origin of every copied path.
func (r *renderer) replaces(t *tree) bool {
	if len(r.file.Stages) == 1 || len(r.lineage) > 1 || len(r.spec.Prepare) > 0 || r.spec.handover != nil {
		return false
	}
	all, ok := r.broughtFiles(t)
	if !ok {
		return false
	}
	if r.spec.Accounts && len(accountSteps(r.stage)) == 0 {
		return false // they would be copied from the stage that goes
	}
	var copies []Copy
	origins := map[string]brought{}
	for _, c := range r.spec.Copies {
		for _, p := range c.Paths {
			parts := bringing(t, all, c, p)
			if parts == nil || c.To != "" {
				return false
			}
			for _, part := range parts {
				copies = append(copies, Copy{Paths: []string{part.dst}, Dir: part.dir, Why: c.Why})
				origins[part.dst] = part
				c.Why = ""
			}
		}
	}
	r.spec.Copies, r.origins = copies, origins
	return true
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

// replace writes the runtime stage in the place of the user's last stage.
func (r *renderer) replace() {
	r.sortInstructions()
	r.edits, r.build = nil, ""
	base := r.stage.Base()
	if base.Name != "" {
		r.runtime = r.file.Text(base.NameSpan)
	}
	r.compose()
	text := strings.TrimSuffix(r.text(), "\n")
	r.edits = []span.Edit{span.Replace(r.stage.Span, strings.TrimSuffix(text, "\r"))}
}

// copyOrigins writes the copies of one kind from where their files come from, each
// with the comment that the user's own line has.
func (r *renderer) copyOrigins(c Copy) {
	r.comment(c.Why)
	for _, p := range c.Paths {
		b := r.origins[p]
		for _, comment := range b.step.Leading {
			if !r.told[b.step] {
				r.line(r.file.Text(comment.Span))
			}
		}
		r.told[b.step] = true
		dest := p
		if !c.Dir && path.Base(b.src) == path.Base(p) {
			dest = strings.TrimSuffix(path.Dir(p), "/") + "/"
		}
		flags := "COPY --from=" + b.from + " "
		if b.owner != "" {
			flags += "--chown=" + b.owner + " "
		}
		r.line(flags + strings.Join([]string{b.src, r.relative(dest)}, " "))
	}
}
