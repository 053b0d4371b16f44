package checks

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func earlyArg() *rule.Rule {
	return &rule.Rule{
		ID: "early-arg",
		Doc: rule.Doc{
			Title: "ARG that changes with every commit placed early",
			Text: `An ARG is part of every RUN below it, used there or not. One that holds the commit or the
time of the build makes all of them run again each time. Declare it where it is first used; what only
labels the image belongs at the end of the stage.

The fix moves the ARG, with the LABEL and ENV lines made of it, below the RUN steps that do not read
it. It is proven, not safe: a program may read its whole environment. Only commands that are known
to ignore it are crossed, and others when no file of the project mentions the name.`,
			Before: "ARG GIT_SHA\nLABEL revision=$GIT_SHA\nRUN npm ci",
			After:  "RUN npm ci\nARG GIT_SHA\nLABEL revision=$GIT_SHA",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Check:    checkEarlyArg,
	}
}

func checkEarlyArg(p *rule.Pass) {
	for _, s := range p.File.Stages {
		var groups []*group
		for _, g := range volatileGroups(s) {
			g.pass, g.stage = p, s
			g.reach()
			groups = together(groups, g)
		}
		for _, g := range groups {
			g.report()
		}
	}
}

// together makes one group of those that move to the same place.
func together(groups []*group, g *group) []*group {
	if len(g.above) == 0 {
		return groups
	}
	for _, other := range groups {
		if len(g.crossed) > 0 && len(other.crossed) > 0 && g.last() == other.last() {
			other.take(g)
			return groups
		}
	}
	return append(groups, g)
}

// A group is ARGs that change with every commit, and the LABEL and ENV
// instructions made of them. It moves as one.
type group struct {
	pass    *rule.Pass
	stage   *dockerfile.Stage
	members []*dockerfile.Instruction // in file order, the first is an ARG
	names   []string                  // variables that the members set
	uses    []string                  // variables that they are made of

	above   []*dockerfile.Instruction // RUNs below it and above the first that names one of its variables
	crossed []*dockerfile.Instruction // the first of those, as far as it may move
}

// take adds what another group holds.
func (g *group) take(other *group) {
	g.members = append(g.members, other.members...)
	g.names = append(g.names, other.names...)
	g.uses = append(g.uses, other.uses...)
	slices.SortFunc(g.members, func(a, b *dockerfile.Instruction) int { return a.Span.Start - b.Span.Start })
}

func (g *group) last() *dockerfile.Instruction { return g.crossed[len(g.crossed)-1] }

// volatileGroups finds the groups of a stage. ARGs that share a member are one.
func volatileGroups(s *dockerfile.Stage) []*group {
	var groups []*group
	for _, i := range s.Instructions {
		switch i.Name {
		case "ARG":
			if names := volatileNames(i); len(names) > 0 {
				groups = append(groups, &group{members: []*dockerfile.Instruction{i}, names: names})
			}
		case "LABEL", "ENV":
			groups = join(groups, i)
		}
	}
	return groups
}

// join adds an instruction to the group that it is made of, and makes one of
// several.
func join(groups []*group, i *dockerfile.Instruction) []*group {
	used := variablesOf(i)
	var home *group
	var rest []*group
	for _, g := range groups {
		switch {
		case !slices.ContainsFunc(g.names, func(n string) bool { return slices.Contains(used, n) }):
			rest = append(rest, g)
		case home == nil:
			home = g
			rest = append(rest, g)
		default:
			home.take(g)
		}
	}
	if home == nil {
		return groups
	}
	home.members = append(home.members, i)
	home.uses = append(home.uses, used...)
	if i.Name == "ENV" {
		for _, kv := range i.KeyValues() {
			home.names = append(home.names, kv.Key)
		}
	}
	slices.SortFunc(home.members, func(a, b *dockerfile.Instruction) int { return a.Span.Start - b.Span.Start })
	return rest
}

func variablesOf(i *dockerfile.Instruction) []string {
	line, _ := i.Logical()
	return dockerfile.Variables(line, i.File().Escape)
}

// volatileNames are the names of an ARG when all of them change with every commit.
func volatileNames(i *dockerfile.Instruction) []string {
	var names []string
	for _, kv := range i.KeyValues() {
		if !isVolatile(kv.Key) || !placeholder(kv.Value) {
			return nil
		}
		names = append(names, kv.Key)
	}
	return names
}

// isVolatile tells names under which people pass the commit or the time.
func isVolatile(name string) bool {
	parts := strings.Split(strings.ToUpper(name), "_")
	for k, part := range parts {
		switch part {
		case "COMMIT", "REVISION", "BUILDDATE", "BUILDTIME", "TIMESTAMP", "CACHEBUST", "CACHEBUSTER":
			return true
		}
		if k == 0 {
			continue
		}
		switch parts[k-1] + "_" + part {
		case "GIT_SHA", "GIT_SHA1", "GIT_REF", "GIT_HASH", "GIT_REV", "GIT_BRANCH", "GIT_DESCRIBE", "VCS_REF", "SOURCE_REF",
			"BUILD_DATE", "BUILD_TIME", "BUILD_NUMBER", "BUILD_NUM", "BUILD_ID", "BUILD_SHA", "BUILD_REF", "BUILD_URL",
			"CACHE_BUST", "CACHE_BUSTER", "CI_JOB", "CI_PIPELINE":
			return true
		}
	}
	return false
}

// placeholder tells defaults that stand for "not given". Any other default is a
// pinned value.
func placeholder(value string) bool {
	switch strings.ToLower(strings.Trim(value, `"'`)) {
	case "", "unknown", "none", "dev", "development", "local", "latest", "head", "main", "master", "undefined", "n/a", "0", "1", "unset", "not-set":
		return true
	}
	return false
}

func (g *group) report() {
	f := diag.Finding{
		Span: g.members[0].Span,
		Message: fmt.Sprintf("%s with every build, above %s that do not name it",
			changing(g.args()), steps(len(g.above))),
		Reason: "a RUN runs again when any ARG above it has a new value, used or not",
	}
	if e, ok := g.price(); ok {
		f.Saving = []diag.Estimate{e}
	}
	if len(g.crossed) == 0 {
		f.Reason += fmt.Sprintf("; no fix is offered: line %d may read it from its environment", lineOf(g.above[0]))
	} else {
		f.Change = g.pass.Edit("declare what changes per commit below what does not", g.moveBelow(g.last()))
	}
	g.pass.Report(f)
}

func changing(names []string) string {
	if len(names) == 1 {
		return "ARG " + names[0] + " changes"
	}
	return "ARG " + strings.Join(names, ", ") + " change"
}

func steps(n int) string {
	if n == 1 {
		return "a step"
	}
	return fmt.Sprintf("%d steps", n)
}

func (g *group) args() []string {
	var names []string
	for _, m := range g.members {
		for _, kv := range m.KeyValues() {
			if m.Name == "ARG" {
				names = append(names, kv.Key)
			}
		}
	}
	return names
}

// reach follows the stage down from the first member.
func (g *group) reach() {
	free := true
	at := slices.Index(g.stage.Instructions, g.members[0])
	for _, i := range g.stage.Instructions[at+1:] {
		if slices.Contains(g.members, i) {
			continue
		}
		if g.named(i) || g.redefines(i) || i.Name == "ONBUILD" {
			return
		}
		if i.Name != "RUN" {
			continue
		}
		g.above = append(g.above, i)
		if free = free && g.ignoredBy(i); free {
			g.crossed = append(g.crossed, i)
		}
	}
}

// named tells whether an instruction names a variable of the group.
func (g *group) named(i *dockerfile.Instruction) bool {
	text := i.Text()
	for _, name := range g.names {
		for at := strings.Index(text, name); at >= 0; {
			if word(text, at, at+len(name)) || at > 0 && strings.IndexByte("-=", text[at-1]) >= 0 {
				return true
			}
			next := strings.Index(text[at+1:], name)
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	return false
}

// redefines tells whether an instruction gives another value to something that the
// members set or are made of.
func (g *group) redefines(i *dockerfile.Instruction) bool {
	for _, kv := range i.KeyValues() {
		switch i.Name {
		case "ARG", "ENV":
			if slices.Contains(g.uses, kv.Key) || slices.Contains(g.names, kv.Key) {
				return true
			}
		case "LABEL":
			for _, m := range g.members {
				if m.Name == "LABEL" && slices.ContainsFunc(m.KeyValues(), func(own dockerfile.KeyValue) bool { return own.Key == kv.Key }) {
					return true
				}
			}
		}
	}
	return false
}

// ignoredBy tells whether a RUN does not look at the group's variables.
func (g *group) ignoredBy(i *dockerfile.Instruction) bool {
	sc := script(g.pass, i)
	if sc.Err != nil || len(sc.Commands) == 0 {
		return false
	}
	if !slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool { return !g.blind(c) }) {
		return true
	}
	if slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool { return c.Name == "env" || c.Name == "printenv" || c.Name == "export" }) {
		return false
	}
	return !g.mentioned()
}

// blind tells commands that do not look at variables of a project's own choice.
func (g *group) blind(c *shell.Command) bool {
	if independent(c) {
		return true
	}
	in, ok := recogniseInstall(c)
	if ok && in.kind != "go build" && in.kind != "cargo" && in.kind != "maven" {
		return true
	}
	switch c.Name {
	case "mkdir", "chown", "chmod", "cp", "mv", "rm", "ln", "touch", "cd", "tar":
		return true
	}
	return false
}

// mentioned tells whether a file of the project has the name of one of the
// variables, or a tool hands the whole family of such names on.
func (g *group) mentioned() bool {
	for _, name := range g.names {
		for _, prefix := range []string{"VITE_", "REACT_APP_", "NEXT_PUBLIC_", "NUXT_", "VUE_APP_", "GATSBY_", "PUBLIC_", "EXPO_PUBLIC_", "NG_APP_"} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	if g.pass.Project.Context == nil {
		return true
	}
	all := rule.OfContext(g.pass, func() corpus { return readCorpus(g.pass) })
	if !all.complete {
		return true
	}
	for _, name := range g.names {
		if strings.Contains(all.text, name) {
			return true
		}
	}
	return false
}

// price adds up what the steps were measured to take.
func (g *group) price() (diag.Estimate, bool) {
	e := diag.Estimate{Quantity: diag.SourceSeconds}
	for _, i := range g.above {
		if one, ok := g.pass.Seconds(i, diag.SourceSeconds); ok {
			e.Value += one.Value
			e.Evidence = fmt.Sprintf("%s below it, %s", steps(len(g.above)), g.pass.Evidence.Source)
		}
	}
	return e, e.Value > 0
}

// moveBelow puts the members that stand above an instruction right behind it.
func (g *group) moveBelow(last *dockerfile.Instruction) []span.Edit {
	var edits []span.Edit
	var lines []string
	for _, m := range g.members {
		if m.Span.Start > last.Span.Start {
			continue
		}
		top := topOf(m)
		lines = append(lines, g.pass.File.Text(span.Span{Start: top, End: m.Span.End}))
		edits = append(edits, span.Delete(span.Span{Start: top, End: m.Lines().End}))
	}
	return append(edits, g.pass.File.Editor().InsertAfter(last, strings.Join(lines, "\n"))...)
}

// topOf is where the lines of an instruction and the comments above it begin.
func topOf(i *dockerfile.Instruction) int {
	at := i.Span.Start
	if len(i.Leading) > 0 {
		at = i.Leading[0].Span.Start
	}
	ix := i.File().Index()
	return ix.Line(ix.Position(at).Line).Start
}

// A corpus is the text of a context's files. It is complete when all of them could
// be read.
type corpus struct {
	text     string
	complete bool
}

const (
	maxCorpus     = 16 << 20
	maxCorpusFile = 1 << 20
)

// readCorpus reads the project's own text files; packages and history hold no
// names of the project's variables.
func readCorpus(p *rule.Pass) corpus {
	var b strings.Builder
	ctx := p.Project.Context
	for _, e := range ctx.Entries() {
		if !e.Sent || !e.Mode.IsRegular() || strings.HasPrefix(e.Path, ".git/") || strings.Contains("/"+e.Path, "/node_modules/") || isBinaryName(e.Path) || isDockerfileLike(e.Path) {
			continue
		}
		if e.Size > maxCorpusFile || int64(b.Len())+e.Size > maxCorpus {
			return corpus{}
		}
		text, err := ctx.Read(e.Path, maxCorpusFile)
		if err != nil {
			return corpus{}
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return corpus{b.String(), !ctx.Partial() && len(ctx.Problems()) == 0}
}

func isBinaryName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".ico", ".woff", ".woff2", ".ttf", ".pdf", ".mp4", ".webp", ".jar", ".so", ".a", ".o", ".lock", ".sum":
		return true
	}
	return isArchiveName(name) || path.Base(name) == "package-lock.json"
}

// isDockerfileLike tells files that set the variables rather than read them.
func isDockerfileLike(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.Contains(base, "dockerfile") || strings.Contains(base, "compose") || strings.HasPrefix(name, ".github/") || strings.HasPrefix(base, ".gitlab-ci") || base == "jenkinsfile" || strings.HasPrefix(name, ".circleci/") || strings.HasSuffix(base, ".md")
}
