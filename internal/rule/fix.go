package rule

import (
	"fmt"
	"maps"
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/span"
)

// maxRounds bounds how often fixes are made and the result is looked at again.
// Each round settles every place where fixes do not meet.
const maxRounds = 10

// Files are the files of a project that fixes may rewrite, by path relative to
// the project. A missing key is a file that does not exist.
type Files map[string][]byte

// FilesOf are the files of a project as they are.
func FilesOf(p *project.Project) Files {
	files := Files{nameOf(p.Rel, p.Path): p.Dockerfile.Source}
	if p.Context != nil && p.Context.Ignore() != nil && p.IgnorePath != "" {
		files[p.IgnorePath] = p.Context.Ignore().Source
	}
	return files
}

// With gives the files after a change; f stays as it is.
func (f Files) With(c diag.Change) (Files, error) {
	next := maps.Clone(f)
	for _, fe := range c.Files {
		text, err := span.Apply(next[fe.File], fe.Edits)
		if err != nil {
			return nil, fmt.Errorf("change %s: %s: %w", c.ID, fe.File, err)
		}
		next[fe.File] = text
	}
	return next, nil
}

// On is the project with these files in place of its own. Parts that have not
// changed are shared with p.
func On(p *project.Project, files Files) (*project.Project, error) {
	q := *p
	if src := files[nameOf(p.Rel, p.Path)]; string(src) != string(p.Dockerfile.Source) {
		q.Dockerfile = dockerfile.Parse(src)
	}
	if p.Context == nil {
		return &q, nil
	}
	name := ignoreName(p)
	text, exists := files[name]
	before := p.Context.Ignore()
	if !exists || before != nil && string(before.Source) == string(text) {
		return &q, nil
	}
	ignore, err := buildctx.ParseIgnore(name, text)
	if err != nil {
		return nil, err
	}
	q.IgnorePath = name
	q.Context, err = buildctx.Open(p.Dir, ignore)
	return &q, err
}

func ignoreName(p *project.Project) string { return (&Pass{Project: p}).IgnoreName() }

// Fixed is the outcome of Fix.
type Fixed struct {
	Files   Files         // as they should be
	Changes []diag.Change // made, in order
	Left    Result        // what the rules say about the fixed files
	Unmade  []string      // changes that could not be made, with the reason
}

// Fix makes the changes that findings offer and that want accepts, until none is
// left. Of changes that touch the same bytes the first is made; the others are
// offered again by the next round if they still apply. A change whose result a
// build would refuse is not made.
func (d *Driver) Fix(p *project.Project, evidence *Evidence, want func(diag.Change) bool) (*Fixed, error) {
	out := &Fixed{Files: FilesOf(p)}
	refused := map[string]bool{}
	for round := 0; ; {
		out.Left = d.Run(p, evidence)
		chosen := compatible(out.Left.Findings, func(c diag.Change) bool { return want(c) && !refused[key(c)] })
		if len(chosen) == 0 {
			return out, nil
		}
		if round == maxRounds {
			for _, c := range chosen {
				out.Unmade = append(out.Unmade, fmt.Sprintf("%s: still offered after %d rounds", c.ID, maxRounds))
			}
			return out, nil
		}
		next, err := attempt(p, out.Files, chosen)
		if err != nil && len(chosen) > 1 {
			chosen = chosen[:1] // one of them is to blame
			next, err = attempt(p, out.Files, chosen)
		}
		if err != nil {
			refused[key(chosen[0])] = true
			out.Unmade = append(out.Unmade, fmt.Sprintf("%s: %v", chosen[0].ID, err))
			continue
		}
		round++
		out.Changes = append(out.Changes, chosen...)
		if p, err = On(p, next); err != nil {
			return nil, err
		}
		out.Files = next
	}
}

// attempt is the files after changes, if a build would accept them.
func attempt(p *project.Project, files Files, changes []diag.Change) (Files, error) {
	next, err := together(files, changes)
	if err != nil {
		return nil, err
	}
	f := dockerfile.Parse(next[nameOf(p.Rel, p.Path)])
	if len(f.Problems) > 0 {
		at := f.Index().Position(f.Problems[0].Span.Start)
		return nil, fmt.Errorf("the result is no valid Dockerfile: line %d: %s", at.Line, f.Problems[0].Message)
	}
	return next, nil
}

// key tells a change from another of the same ID.
func key(c diag.Change) string { return fmt.Sprint(c.ID, c.Files) }

// compatible are the changes of findings that want accepts and that can be made
// to one text together, in order.
func compatible(findings []diag.Finding, want func(diag.Change) bool) []diag.Change {
	var chosen []diag.Change
	for _, f := range findings {
		if f.Change == nil || !want(*f.Change) {
			continue
		}
		if !slices.ContainsFunc(chosen, func(c diag.Change) bool { return collide(c, *f.Change) }) {
			chosen = append(chosen, *f.Change)
		}
	}
	return chosen
}

// collide tells whether two changes touch the same or neighbouring bytes. Two
// insertions at one place count: their order would be left to chance.
func collide(a, b diag.Change) bool {
	for _, x := range a.Files {
		for _, y := range b.Files {
			if x.File == y.File && overlap(x.Edits, y.Edits) {
				return true
			}
		}
	}
	return false
}

func overlap(a, b []span.Edit) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Start <= y.End && y.Start <= x.End {
				return true
			}
		}
	}
	return false
}

// together makes changes that were all made from the same text.
func together(files Files, changes []diag.Change) (Files, error) {
	edits := map[string][]span.Edit{}
	for _, c := range changes {
		for _, fe := range c.Files {
			edits[fe.File] = append(edits[fe.File], fe.Edits...)
		}
	}
	next := maps.Clone(files)
	for name, list := range edits {
		text, err := span.Apply(next[name], list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		next[name] = text
	}
	return next, nil
}
