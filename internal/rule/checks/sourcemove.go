package checks

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

// maxManifestLines is how many COPY lines of manifests a person would still write.
const maxManifestLines = 20

// A move puts an installation before the COPY of the sources.
//
// Why the result is the same, if nothing unnamed is read: the installation finds
// every file that its manifests lead to at the place it had before, and in the
// same directory. What stands between the two instructions is either settings,
// whose order to the COPY does not matter, or commands that read no sources. The
// COPY then puts the sources where they were; the context brings nothing into the
// directories that the installation fills: they are added to the ignore file, also
// when only another machine has them.
type move struct {
	pass    *rule.Pass
	stage   *dockerfile.Stage
	broad   *sourceCopy
	run     *dockerfile.Instruction
	install install

	dest string // absolute directory that the sources are copied to
	dir  string // of the context, in which the installation works
}

// plan gives the edits of the Dockerfile and of the ignore file, or what is in the
// way.
func (m *move) plan() (edits, ignore []span.Edit, blocked string) {
	if blocked = m.simple(); blocked != "" {
		return nil, nil, blocked
	}
	need := m.needs()
	if need.blocked != "" {
		return nil, nil, need.blocked
	}
	if ignore, blocked = m.keepOut(need.fills); blocked != "" {
		return nil, nil, blocked
	}
	lines, blocked := m.copies(need.paths)
	if blocked != "" {
		return nil, nil, blocked
	}
	if need.prelude != "" {
		edits, blocked = m.prepend(lines, need.prelude)
	} else {
		edits, blocked = m.swap(lines)
	}
	return edits, ignore, blocked
}

// needs is what the installation reads, together with others of its kind in the
// same RUN.
func (m *move) needs() needs {
	all := needsOf(m.pass, m.install, m.dir)
	found, moved := false, false
	for _, c := range script(m.pass, m.run).Commands {
		if c == m.install.command {
			found = true
			continue
		}
		in, ok := recogniseInstall(c)
		switch {
		case !found:
		case c.Name == "cd" || c.Name == "pushd" || c.Name == "popd":
			moved = true
		case ok && in.family() == m.install.family() && in.kind != "go build":
			if moved {
				all.blocked = cmp.Or(all.blocked, "the RUN installs in several directories")
			}
			all = all.with(needsOf(m.pass, in, m.dir))
		}
	}
	return all
}

// simple checks the COPY, the RUN and what stands between.
func (m *move) simple() string {
	ctx := m.pass.Project.Context
	c := m.broad.copy
	switch {
	case ctx == nil:
		return "the build context is not known"
	case ctx.Partial() || len(ctx.Problems()) > 0:
		return "the build context could not be read completely"
	case len(c.Sources) != 1 || len(c.Heredocs) > 0 || strings.Contains(c.Sources[0].Value, "*"):
		return "the COPY has several sources"
	case c.Parents || len(c.Exclude) > 0:
		return "the COPY has flags that choose files"
	case strings.ContainsAny(c.Dest.Value, " \"'"):
		return "the destination has blanks or quotes"
	}
	for _, mount := range m.mounts() {
		if mount.Type == "bind" && mount.From == "" {
			return "the installation mounts the context itself"
		}
	}
	return m.locate()
}

func (m *move) mounts() []dockerfile.Mount {
	r, _ := m.run.Run()
	return r.Mounts
}

// locate finds the directory of the context in which the installation works.
func (m *move) locate() string {
	args := m.pass.Project.Settings.BuildArgs
	before := m.pass.File.State(m.stage, m.broad.instruction, args)
	at := m.pass.File.State(m.stage, m.run, args)
	dest, err := dockerfile.ExpandKnown(m.broad.copy.Dest.Value, m.pass.File.Escape, before.Lookup)
	if err != nil || strings.Contains(dest, "$") || strings.Contains(at.Workdir, "$") {
		return "the destination is computed"
	}
	m.dest = absolute(before.Workdir, dest)
	work := absolute(at.Workdir, ".")
	if dir, ok := m.changedDir(); !ok {
		return "the command changes its directory in a way that cannot be followed"
	} else if dir != "" {
		work = absolute(work, dir)
	}
	if work != m.dest && !strings.HasPrefix(work, m.dest+"/") {
		return "the installation works outside the copied directory"
	}
	m.dir = path.Join(m.broad.dir, strings.TrimPrefix(work[len(m.dest):], "/"))
	return ""
}

// fromBase stands for the working directory of a base image, which is not known.
const fromBase = "/<base>"

func absolute(workdir, dir string) string {
	if path.IsAbs(dir) {
		return path.Clean(dir)
	}
	if !path.IsAbs(workdir) {
		workdir = path.Join(fromBase, workdir)
	}
	return path.Join(workdir, dir)
}

// changedDir is where "cd" commands before the installation lead.
func (m *move) changedDir() (dir string, ok bool) {
	for _, c := range script(m.pass, m.run).Commands {
		if c == m.install.command {
			return dir, true
		}
		if c.Name != "cd" && c.Name != "pushd" {
			continue
		}
		if !c.Plain() || len(c.Args) != 1 || !c.Args[0].Literal {
			return "", false
		}
		dir = path.Join(dir, c.Args[0].Value)
		if path.IsAbs(c.Args[0].Value) {
			dir = c.Args[0].Value
		}
	}
	return dir, true
}

// keepOut adds the directories that the installation fills to the ignore file:
// what the context brings there would now win over what was installed.
func (m *move) keepOut(fills []string) (edits []span.Edit, blocked string) {
	var added []string
	ctx, named := m.pass.Project.Context, namedPaths(m.pass)
	for _, name := range fills {
		dir := path.Join(m.dir, name)
		switch {
		case wouldBeIgnored(ctx, dir):
			continue
		case slices.ContainsFunc(named, func(n *names) bool { return n.copies(dir) }) || excepted(ctx, dir):
			return nil, dir + " of the build context is asked for, and would be copied over what was installed"
		}
		added = append(added, dir)
	}
	if len(added) == 0 {
		return nil, ""
	}
	if general := "**/" + path.Base(added[0]); len(added) > 1 && !slices.ContainsFunc(added, func(dir string) bool { return path.Base(dir) != path.Base(added[0]) }) {
		added = []string{general} // as people write it
	}
	text := ignoreText(m.pass)
	lines := "# installed by the build\n" + strings.Join(added, "\n") + "\n"
	if text != "" && !strings.HasSuffix(text, "\n") {
		lines = "\n" + lines
	}
	if strings.Contains(text, "\r\n") {
		lines = strings.ReplaceAll(lines, "\n", "\r\n")
	}
	return []span.Edit{span.Insert(len(text), lines)}, ""
}

// copies are the COPY lines that bring the named files and directories of the
// context to the places where the COPY of all sources would.
func (m *move) copies(names []string) (lines []string, blocked string) {
	files := map[string][]string{}
	var dirs []string
	for _, name := range names {
		rel := name
		if m.broad.dir != "." {
			var inside bool
			if rel, inside = strings.CutPrefix(name, m.broad.dir+"/"); !inside {
				return nil, name + " is not among the copied sources"
			}
		}
		if strings.ContainsAny(name, " \"'$*?[\\") {
			return nil, fmt.Sprintf("the name %q cannot be written plainly", name)
		}
		e, _ := m.pass.Project.Context.Lookup(name)
		if e.Mode.IsDir() {
			lines = append(lines, m.copyLine([]string{name}, m.place(rel)))
			continue
		}
		dir := path.Dir(rel)
		if files[dir] == nil {
			dirs = append(dirs, dir)
		}
		files[dir] = append(files[dir], name)
	}
	var first []string
	for _, dir := range dirs {
		first = append(first, m.copyLine(files[dir], strings.TrimSuffix(m.place(dir), "/")+"/"))
	}
	lines = append(first, lines...)
	if len(lines) > maxManifestLines {
		return nil, fmt.Sprintf("it would take %d lines to copy the manifests", len(lines))
	}
	return lines, ""
}

// place is a path below the destination, written as the COPY writes it.
func (m *move) place(rel string) string {
	dest := m.broad.copy.Dest.Value
	switch {
	case rel == ".":
		return dest
	case dest == "." || dest == "./":
		return "./" + rel
	}
	return strings.TrimSuffix(dest, "/") + "/" + rel
}

func (m *move) copyLine(sources []string, dest string) string {
	words := []string{likeCase(m.pass.File.Text(m.broad.instruction.Keyword), "COPY")}
	for _, fl := range m.broad.instruction.Flags {
		words = append(words, m.pass.File.Text(fl.Span))
	}
	words = append(words, sources...)
	return strings.Join(append(words, dest), " ")
}

const firstComment = "# what names the dependencies comes first: a source edit does not install them again"

// prepend installs once before the COPY; the instructions themselves stay.
func (m *move) prepend(lines []string, command string) ([]span.Edit, string) {
	if script(m.pass, m.run).Commands[0] != m.install.command {
		return nil, "other commands of the same RUN come before the installation"
	}
	mounts := ""
	for _, fl := range m.run.Flags {
		mounts += " " + m.pass.File.Text(fl.Span)
	}
	if base, ok := baseImage(m.pass, m.stage); !ok || !strings.Contains(base, "golang") || m.install.kind != "go build" {
		// The tool may be set up in between, so the COPY goes down to the installation.
		edits, text, blocked := m.lift(lines)
		if blocked != "" {
			return nil, blocked
		}
		return append(edits, m.pass.File.Editor().InsertBefore(m.run, "RUN"+mounts+" "+command+"\n"+text)...), ""
	}
	work := absolute(m.pass.File.State(m.stage, m.broad.instruction, m.pass.Project.Settings.BuildArgs).Workdir, ".")
	if want := path.Join(m.dest, strings.TrimPrefix(strings.TrimPrefix(m.dir, m.broad.dir), "/")); work != want {
		if strings.HasPrefix(want, fromBase) {
			return nil, "the working directory is not known"
		}
		command = "cd " + want + " && " + command
	}
	if m.settingsBetween() {
		return nil, "settings between the COPY and the build may matter to the download"
	}
	text := strings.Join(append(append([]string{firstComment}, lines...), "RUN"+mounts+" "+command), "\n")
	return m.pass.File.Editor().InsertBefore(m.broad.instruction, text), ""
}

// settingsBetween tells whether something between the COPY and the build may
// change how modules are fetched.
func (m *move) settingsBetween() bool {
	for _, i := range m.between() {
		if i.Name != "ENV" && i.Name != "ARG" {
			continue
		}
		for _, kv := range i.KeyValues() {
			name := strings.ToUpper(kv.Key)
			if strings.Contains(name, "PROXY") || strings.Contains(name, "TOKEN") || strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "GIT") {
				return true
			}
		}
	}
	return false
}

func (m *move) between() []*dockerfile.Instruction {
	list := m.stage.Instructions
	from, to := slices.Index(list, m.broad.instruction), slices.Index(list, m.run)
	return list[from+1 : to]
}

// passive tells whether a RUN reads no sources.
func (m *move) passive(i *dockerfile.Instruction) bool {
	sc := script(m.pass, i)
	if sc == nil || sc.Err != nil || len(sc.Commands) == 0 {
		return false
	}
	return !slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool { return !independent(c) })
}

// swap copies the manifests where the sources were copied, and the sources behind
// the installation.
func (m *move) swap(lines []string) ([]span.Edit, string) {
	edits, text, blocked := m.lift(lines)
	if blocked != "" {
		return nil, blocked
	}
	rest, blocked := m.splitRun()
	if blocked != "" {
		return nil, blocked
	}
	if rest.at.Empty() {
		return append(edits, m.pass.File.Editor().InsertAfter(m.run, m.gap()+text)...), ""
	}
	return append(edits, span.Replace(rest.at, m.eol("", text, rest.head+" "))), ""
}

// lift puts the manifests in the place of the COPY and gives its text, comments
// included, to be put further down.
func (m *move) lift(lines []string) (edits []span.Edit, text, blocked string) {
	dest, moved := m.broad.copy.Dest, false
	for _, i := range m.between() {
		switch i.Name {
		case "WORKDIR":
			moved = true
		case "COPY", "ADD", "ONBUILD":
			return nil, "", fmt.Sprintf("line %d copies something else in between", lineOf(i))
		case "RUN":
			if !m.passive(i) {
				return nil, "", fmt.Sprintf("line %d may read the sources", lineOf(i))
			}
		case "ENV", "ARG":
			if strings.Contains(m.broad.instruction.Text(), "$") {
				return nil, "", "variables of the COPY may change in between"
			}
		}
	}
	top := topOf(m.broad.instruction)
	text = m.pass.File.Text(span.Span{Start: top, End: m.broad.instruction.Span.End})
	if moved && !path.IsAbs(dest.Value) {
		if strings.HasPrefix(m.dest, fromBase) {
			return nil, "", "the working directory is not known"
		}
		at := dest.Span.Start - top
		text = text[:at] + m.dest + text[at+dest.Span.Len():]
	}
	whole := span.Span{Start: top, End: m.broad.instruction.Span.End}
	return []span.Edit{span.Replace(whole, m.eol(append([]string{firstComment}, lines...)...))}, text, ""
}

// gap is an empty line where the file leaves one behind the COPY.
func (m *move) gap() string {
	end := m.broad.instruction.Lines().End
	text := string(m.pass.File.Source[end:min(end+2, len(m.pass.File.Source))])
	if strings.HasPrefix(text, "\n") || text == "\r\n" {
		return m.pass.File.Editor().EOL()
	}
	return ""
}

func (m *move) eol(lines ...string) string {
	return strings.Join(lines, m.pass.File.Editor().EOL())
}

// A remainder is what of a RUN needs the sources: at is the joint in front of it,
// which becomes the end of one instruction and the beginning of the next.
type remainder struct {
	at   span.Span
	head string // "RUN" with its flags
}

// splitRun finds where the installation ends in its RUN. A remainder without a
// joint means that the RUN moves as a whole.
func (m *move) splitRun() (remainder, string) {
	sc := script(m.pass, m.run)
	own := slices.Index(sc.Commands, m.install.command)
	last := own
	for k, c := range sc.Commands {
		if !c.Plain() || len(c.Wrappers) > 0 && slices.Contains(c.Wrappers, "sh") {
			return remainder{}, "the installation stands in a branch or loop"
		}
		if same, ok := recogniseInstall(c); ok && same.family() == m.install.family() || independent(c) || c.Name == "cd" {
			if last == k-1 {
				last = k
			}
			continue
		}
		if k < own {
			return remainder{}, fmt.Sprintf("%s in the same RUN may read the sources", c.Name)
		}
	}
	if last == len(sc.Commands)-1 {
		return remainder{}, ""
	}
	r, _ := m.run.Run()
	next := sc.Commands[last+1]
	if r.Form != dockerfile.ShellForm || next.Join != shell.And || !sc.Commands[last].Plain() || slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool {
		return c.Name == "cd" || c.Name == "export" || c.Name == "set" || c.Name == "" || c.Join != shell.And && c.Join != shell.First
	}) {
		return remainder{}, "the rest of the RUN cannot be parted from it"
	}
	at := span.Span{Start: sc.Commands[last].Span.End, End: next.Span.Start}
	if strings.Contains(m.pass.File.Text(at), "#") {
		return remainder{}, "a comment stands in the way"
	}
	head := m.pass.File.Text(m.run.Keyword)
	for _, fl := range m.run.Flags {
		head += " " + m.pass.File.Text(fl.Span)
	}
	return remainder{at, head}, ""
}
