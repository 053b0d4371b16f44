package restage

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
)

// replaces tells whether the runtime stage takes the place of the user's last stage
// instead of following it: everything that stays was copied from earlier stages, so
// that it can come from there at once. It notes the origin of every copied path.
func (r *renderer) replaces(t *tree) bool {
	if len(r.file.Stages) == 1 || len(r.lineage) > 1 || r.spec.handover != nil {
		return false
	}
	all, ok := r.broughtFiles(t)
	if !ok {
		return false
	}
	if len(r.spec.Prepare) > 0 {
		if r.workshop = r.soleSource(all); r.workshop == nil {
			return false
		}
	}
	if r.spec.Accounts && len(accountSteps(r.stage)) == 0 {
		return false // they would be copied from the stage that goes
	}
	var copies []Copy
	origins := map[string]brought{}
	for _, c := range r.spec.Copies {
		for _, p := range c.Paths {
			parts := bringing(t, all, c, p)
			if twin := r.twin(); parts == nil && twin != "" && t.at(p) != nil && t.at(p).Base && !c.Dir {
				parts = []brought{{from: twin, src: p, dst: p}}
			}
			if parts == nil || c.To != "" {
				return false
			}
			for _, part := range parts {
				origins[part.dst] = part
				if last := len(copies) - 1; last >= 0 && c.Why == "" && part.beside(origins[copies[last].Paths[0]]) {
					copies[last].Paths = append(copies[last].Paths, part.dst)
					continue
				}
				copies = append(copies, Copy{Paths: []string{part.dst}, Dir: part.dir, Why: c.Why})
				c.Why = ""
			}
		}
	}
	r.spec.Copies, r.origins = copies, origins
	return true
}

// twin is the name of an earlier stage that starts from the same base, "" when none
// does: what the base has can be copied from there.
func (r *renderer) twin() string {
	for _, s := range r.file.Stages[:len(r.file.Stages)-1] {
		if base := s.Base(); base.Name != "" && base.Image.Value == r.stage.Base().Image.Value && !strings.Contains(base.Image.Value, "$") {
			return r.file.Text(base.NameSpan)
		}
	}
	return ""
}

// soleSource is the stage that everything comes from, when it can do last what the
// user's last stage was to do: it has the same base and the same files in its working
// directory, works as root, and is there for the last stage alone; else nil.
func (r *renderer) soleSource(all []brought) *dockerfile.Stage {
	if len(all) == 0 || r.file.StageByName(all[0].from) == nil {
		return nil
	}
	stage := r.file.StageByName(all[0].from)
	workdir := "/"
	for _, in := range stage.Instructions {
		switch {
		case in.Name == "USER":
			return nil
		case in.Name == "WORKDIR" && len(in.Words()) == 1:
			workdir = absolute(workdir, in.Words()[0].Value)
		}
	}
	same := stage.Base().Image.Value == r.stage.Base().Image.Value && !strings.Contains(stage.Base().Image.Value, "$")
	whole := slices.ContainsFunc(all, func(b brought) bool { return b.dir && b.src == workdir && b.dst == path.Clean(r.spec.Workdir) })
	if !same || !whole || slices.ContainsFunc(all, func(b brought) bool { return b.from != all[0].from }) {
		return nil
	}
	for _, other := range r.file.Stages {
		if other == stage || other == r.stage {
			continue
		}
		if strings.EqualFold(other.Base().Image.Value, stage.Name) || slices.ContainsFunc(other.Instructions, func(in *dockerfile.Instruction) bool {
			return strings.Contains(strings.ToLower(in.Text()), "from="+stage.Name)
		}) {
			return nil
		}
	}
	return stage
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
	if r.workshop != nil {
		r.lines = []string{""}
		r.prepare()
		r.edits = append(r.edits, span.Insert(r.workshop.Span.End, strings.Join(r.lines, eolOf(r.file))))
	}
}

// copyOrigins writes the copies of one kind from where their files come from, each
// with the comment that the user's own line has.
func (r *renderer) copyOrigins(c Copy) {
	r.comment(c.Why)
	for _, p := range c.Paths {
		if b := r.origins[p]; b.step != nil && !r.told[b.step] {
			r.told[b.step] = true
			for _, comment := range b.step.Leading {
				r.line(r.file.Text(comment.Span))
			}
		}
	}
	var words []string
	for _, p := range c.Paths {
		words = append(words, r.origins[p].src)
	}
	first, dest := r.origins[c.Paths[0]], c.Paths[0]
	if !c.Dir && path.Base(first.src) == path.Base(dest) {
		dest = strings.TrimSuffix(path.Dir(dest), "/") + "/"
	}
	flags := "COPY --from=" + first.from + " "
	if first.owner != "" {
		flags += "--chown=" + first.owner + " "
	}
	r.line(flags + strings.Join(append(words, r.relative(dest)), " "))
}
