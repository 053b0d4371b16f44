package checks

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func dockerignore() *rule.Rule {
	return &rule.Rule{
		ID: "dockerignore",
		Doc: rule.Doc{
			Title: "Build context with files that no build needs",
			Text: `What .dockerignore lets through is sent to the builder with each change, and a COPY of a
directory puts it into the image: history, installed packages of another machine, logs, secrets. It
also makes the COPY and all below it run again when such a file changes.

The rule looks at what the context holds and what the Dockerfile copies. The fix names only what is
there. It is proven, not safe, since a build may read anything it was given; what an instruction or
a command names is never kept out, .git is not where a build asks git, build outputs and secrets
only where git ignores them, so that a fresh clone lacks them too.`,
			Before: "# no .dockerignore, .git and node_modules in the context\nCOPY . .",
			After:  "# .dockerignore: .git, **/node_modules, *.log\nCOPY . .",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Check:    checkDockerignore,
	}
}

func checkDockerignore(p *rule.Pass) {
	if p.Project.Context == nil {
		return
	}
	broad := wideCopies(p)
	if len(broad) == 0 {
		return
	}
	var secrets, others []litter
	ordinary := false
	for _, h := range copiedLitter(p, broad) {
		if h.class == secret {
			secrets = append(secrets, h)
			continue
		}
		others = append(others, h)
		ordinary = ordinary || h.class != recipe
	}
	if len(secrets) > 0 {
		p.Report(secretFinding(p, broad[0], secrets))
	}
	if ordinary {
		p.Report(litterFinding(p, broad[0], others))
		return
	}
	for _, c := range broad {
		if p.Project.IgnorePath == "" && c.dir == "." {
			reportMissing(p, c, others)
			return
		}
	}
}

// wideCopies are the instructions that copy whole directories of the context.
func wideCopies(p *rule.Pass) []*sourceCopy {
	var list []*sourceCopy
	for _, s := range p.File.Stages {
		for _, i := range s.Instructions {
			c, ok := i.Copy()
			if !ok || c.From != "" {
				continue
			}
			for _, src := range c.Sources {
				dir := path.Clean("/" + src.Value)[1:]
				if isRemote(src.Value) {
					continue
				}
				if e, ok := p.Project.Context.Lookup(dir); ok && e.Mode.IsDir() {
					list = append(list, &sourceCopy{i, c, dir})
				} else if dir == "" || dir == "*" {
					list = append(list, &sourceCopy{i, c, "."})
				}
			}
		}
	}
	return list
}

// reportMissing says that there is no ignore file where all of the context is
// copied: the Dockerfile itself is part of it.
func reportMissing(p *rule.Pass, c *sourceCopy, hits []litter) {
	f := diag.Finding{
		Span: c.instruction.Span, Severity: diag.Info,
		Message: "there is no .dockerignore",
		Reason:  "whatever comes to lie in the directory is sent and copied, the Dockerfile included, and makes the COPY run again",
	}
	if len(hits) > 0 {
		f.Change = ignoreChange(p, hits)
	}
	p.Report(f)
}

// secretFinding is apart from the rest: it matters more, and keeping a secret out
// may break a program that reads it at run time.
func secretFinding(p *rule.Pass, c *sourceCopy, hits []litter) diag.Finding {
	f := diag.Finding{
		Span: c.instruction.Span, Severity: diag.Error,
		Message: fmt.Sprintf("secrets may be copied into the image: %s", summary(hits)),
		Reason:  "everyone who can pull the image can read what is in its layers; hand secrets over when the container starts, or with RUN --mount=type=secret",
	}
	offer(p, &f, hits)
	if f.Change != nil {
		f.Change.ID, f.Change.Title = p.Variant("secrets"), "keep secrets out of the build context"
	}
	return f
}

func litterFinding(p *rule.Pass, c *sourceCopy, all []litter) diag.Finding {
	hits := slices.DeleteFunc(slices.Clone(all), func(h litter) bool { return h.class == recipe })
	files, size := 0, int64(0)
	for _, h := range hits {
		files, size = files+h.files, size+h.bytes
	}
	message := fmt.Sprintf("%s lets %s through that no build needs: %s", p.IgnoreName(), rule.Size(size), summary(hits))
	if p.Project.IgnorePath == "" {
		message = fmt.Sprintf("without a .dockerignore %s are sent that no build needs: %s", rule.Size(size), summary(hits))
	}
	f := diag.Finding{
		Span: c.instruction.Span, Message: message,
		Reason: "they are sent to the builder, copied into the image, and make the COPY run again when they change",
		Saving: []diag.Estimate{{
			Quantity: diag.ContextBytes, Value: float64(size),
			Evidence: fmt.Sprintf("%d files in the directory as it is", files),
		}},
	}
	offer(p, &f, all)
	return f
}

// offer adds the change that keeps the hits out, as far as that is worth trying.
func offer(p *rule.Pass, f *diag.Finding, hits []litter) {
	removable := slices.DeleteFunc(slices.Clone(hits), func(h litter) bool { return !h.removable })
	if slices.ContainsFunc(removable, func(h litter) bool { return h.class != recipe }) {
		f.Change = ignoreChange(p, removable)
		return
	}
	f.Reason += "; git has them too, so whether the build needs them is for a person to say"
}

// summary names the largest paths and how many there are besides.
func summary(hits []litter) string {
	const shown = 4
	byBytes := slices.Clone(hits)
	slices.SortStableFunc(byBytes, func(a, b litter) int { return cmp.Compare(b.bytes, a.bytes) })
	var parts []string
	for _, h := range byBytes[:min(shown, len(byBytes))] {
		parts = append(parts, fmt.Sprintf("%s (%s, %s)", h.path, h.class, rule.Size(h.bytes)))
	}
	if more := len(byBytes) - shown; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, ", ")
}

// ignoreChange adds the paths to the ignore file, which is made when missing.
func ignoreChange(p *rule.Pass, hits []litter) *diag.Change {
	text, added := ignoreText(p), ""
	if text != "" && !strings.HasSuffix(text, "\n") {
		added = "\n"
	}
	for _, class := range classes() {
		var patterns []string
		for _, h := range hits {
			if h.class == class && !slices.Contains(patterns, h.pattern) {
				patterns = append(patterns, h.pattern)
			}
		}
		if class == recipe && len(patterns) > 0 && text == "" {
			patterns = append(patterns, buildctx.IgnoreName) // it will be there
		}
		if len(patterns) > 0 {
			slices.Sort(patterns)
			added += "# " + class.why() + "\n" + strings.Join(patterns, "\n") + "\n"
		}
	}
	if strings.Contains(text, "\r\n") {
		added = strings.ReplaceAll(added, "\n", "\r\n")
	}
	return &diag.Change{
		Title:  "keep out of the build context what no build needs",
		Files:  []diag.FileEdit{{File: p.IgnoreName(), Edits: []span.Edit{span.Insert(len(text), added)}}},
		Leaves: leaves(p, hits),
	}
}

// ignoreText is the ignore file in force; "" without one.
func ignoreText(p *rule.Pass) string {
	if ig := p.Project.Context.Ignore(); ig != nil && p.Project.IgnorePath != "" {
		return string(ig.Source)
	}
	return ""
}

// leaves are the places of the old image where the paths were copied to. What the
// build makes itself in the same place is left out: it must still be missed when
// it is gone.
func leaves(p *rule.Pass, hits []litter) []diag.Leave {
	inPlace := anyRun(p, func(c *shell.Command) bool {
		in, ok := recogniseInstall(c)
		return ok && isPython(in.kind) && in.kind != "pip"
	})
	var list []diag.Leave
	for _, c := range wideCopies(p) {
		st := p.File.State(p.File.Stages[c.instruction.Stage], c.instruction, p.Project.Settings.BuildArgs)
		dest, err := dockerfile.ExpandKnown(c.copy.Dest.Value, p.File.Escape, st.Lookup)
		place := absolute(st.Workdir, dest)
		if err != nil || strings.Contains(place, "$") || strings.HasPrefix(place, fromBase) {
			continue
		}
		for _, h := range hits {
			if !remade(h) && !isNode(h) && !(h.class == installed && inPlace) {
				list = append(list, left(c, place, h)...)
			}
		}
	}
	return list
}

// left is what one copy no longer brings to a place.
func left(c *sourceCopy, place string, h litter) []diag.Leave {
	names := h.paths
	if names == nil {
		names = []string{h.path}
	}
	var list []diag.Leave
	for _, name := range names {
		rel, inside := strings.CutPrefix(name, c.dir+"/")
		if c.dir == "." {
			rel, inside = name, true
		}
		if !inside {
			continue
		}
		glob := path.Join(place, rel)
		if h.dir {
			glob += "/**"
		}
		list = append(list, diag.Leave{Glob: glob, Reason: "kept out of the build context: " + h.class.why()})
	}
	return list
}
