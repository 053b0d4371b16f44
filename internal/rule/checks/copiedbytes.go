package checks

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func copiedBytes() *rule.Rule {
	return &rule.Rule{
		ID: "copied-bytes",
		Doc: rule.Doc{
			Title: "chown or chmod that stores copied files again",
			Text: `A layer stores whole files. Changing the owner or mode of a file that an earlier COPY brought
stores all of its bytes a second time. COPY --chown and --chmod set both while copying.

The fix moves the owner or mode to the COPY. For one file and a numeric mode it is safe: COPY gives
the file that mode and nothing between the two reads it. For directories, for modes like +x, which
start from what the checkout has, and for owners by name the rebuilt image has to prove it. A recursive
chown of a directory stays for the directory itself, without -R: COPY does not change a directory that
was there before. It is not offered where a step in between may write into the directory, or creates
the user.`,
			Before: "COPY run.sh /usr/local/bin/\nRUN chmod 755 /usr/local/bin/run.sh && ldconfig",
			After:  "COPY --chmod=755 run.sh /usr/local/bin/\nRUN ldconfig",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Check:    checkCopiedBytes,
	}
}

func checkCopiedBytes(p *rule.Pass) {
	eachShippedCommand(p, func(s step, sc *shell.Script, n int, before []step) {
		if a, ok := attributesOf(p, s, sc, n); ok {
			reportCopied(p, s, sc.Commands[n], a, before)
		}
	})
}

// An attribute is what a chown or chmod sets.
type attribute struct {
	flag      string // of COPY: "chown" or "chmod"
	value     string // as the command has it
	recursive shell.Word
	deep      bool     // -R
	paths     []string // absolute
}

// attributesOf reads a chown or chmod whose paths are known.
func attributesOf(p *rule.Pass, s step, sc *shell.Script, n int) (a attribute, ok bool) {
	c := sc.Commands[n]
	if c.Name != "chown" && c.Name != "chmod" {
		return a, false
	}
	a.flag = c.Name
	moved := slices.ContainsFunc(sc.Commands[:n], func(c *shell.Command) bool { return c.Name == "cd" })
	st := surroundingsOf(p, s).state
	for _, w := range c.Args {
		switch {
		case w.Value == "-R" || w.Value == "--recursive":
			a.recursive, a.deep = w, true
		case strings.HasPrefix(w.Value, "--"):
			return a, false
		case strings.HasPrefix(w.Value, "-") && a.value == "" && !strings.ContainsAny(w.Value, "rwxst"):
			if strings.Contains(w.Value, "R") {
				a.deep = true
			} else if w.Value != "-v" && w.Value != "-f" && w.Value != "-c" {
				return a, false
			}
		case a.value == "":
			a.value = w.Value
		default:
			at, known := place(p, st, homely(w.Value))
			if !known || moved && !path.IsAbs(homely(w.Value)) {
				return a, false
			}
			a.paths = append(a.paths, at)
		}
	}
	return a, a.value != "" && len(a.paths) > 0
}

// covers tells whether the command changes a path.
func (a attribute) covers(name string) bool {
	for _, at := range a.paths {
		dir := strings.TrimSuffix(at, "/*")
		if name == at || a.deep && ecosystem.Inside(name, dir) || strings.HasSuffix(at, "/*") && path.Dir(name) == dir {
			return true
		}
		if ok, err := path.Match(at, name); err == nil && ok {
			return true
		}
	}
	return false
}

func reportCopied(p *rule.Pass, s step, c *shell.Command, a attribute, earlier []step) {
	var by []step
	var size int64
	for _, e := range earlier {
		if e.Name == "RUN" {
			continue
		}
		hit := false
		for _, w := range writes(p, e) {
			if a.covers(w.path) {
				hit = true
				size += w.size
			}
		}
		if hit {
			by = append(by, e)
		}
	}
	if len(by) == 0 {
		return
	}
	f := diag.Finding{
		Span:    c.Span,
		Message: fmt.Sprintf("%s stores again what line %d copied", c.Name, lineOf(by[0].Instruction)),
		Reason:  fmt.Sprintf("a layer stores whole files, so the bytes are in the image twice; COPY --%s sets it while copying", a.flag),
		Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: "the files that were copied"}},
	}
	if size > 0 {
		f.Saving = []diag.Estimate{{Quantity: diag.DiskBytes, Value: float64(size), Evidence: "size of the copied files in the build context"}}
	}
	if e, ok := p.Bytes(s.Instruction); ok && onlyAttributes(p, s) {
		f.Saving = []diag.Estimate{e}
	}
	m := mending{p, s, c, a, by, earlier}
	f.Change = m.change()
	p.Report(f)
}

// onlyAttributes tells whether the step does nothing else: then its layer is what
// is stored again.
func onlyAttributes(p *rule.Pass, s step) bool {
	return !slices.ContainsFunc(script(p, s.Instruction).Commands, func(c *shell.Command) bool { return c.Name != "chown" && c.Name != "chmod" })
}

// A mending moves an attribute from a command to the COPYs before it.
type mending struct {
	p       *rule.Pass
	s       step
	c       *shell.Command
	a       attribute
	by      []step // the COPYs whose files are changed
	earlier []step
}

// change is nil where the files might come out another way.
func (m mending) change() *diag.Change {
	if !m.c.Plain() || len(m.a.paths) != 1 || m.by[0].stage != m.s.stage {
		return nil
	}
	value, level := m.value()
	cut := m.cut()
	if value == "" || cut == nil || !m.quiet() {
		return nil
	}
	edits := cut
	for _, by := range m.by {
		if _, has := by.Flag(m.a.flag); has || !m.whole(by) || !m.resolves(by, value) {
			return nil
		}
		edits = append(edits, m.p.File.Editor().AddFlag(by.Instruction, m.a.flag, value)...)
	}
	change := m.p.Edit(fmt.Sprintf("set it with COPY --%s", m.a.flag), edits)
	change.Applicability = level
	return change
}

// value is the flag's value and who may set it.
func (m mending) value() (string, diag.Applicability) {
	if m.a.flag == "chown" {
		return owner(m.a.value), diag.Proven
	}
	if octal(m.a.value) {
		if m.a.deep {
			return m.a.value, diag.Proven
		}
		return m.a.value, diag.Safe
	}
	if m.a.deep || len(m.by) != 1 {
		return "", ""
	}
	return m.executable(), diag.Proven
}

// owner is a chown's owner as COPY needs it: chown leaves the group alone where
// none is given, and what COPY makes is root's.
func owner(value string) string {
	user, group, both := strings.Cut(value, ":")
	if strings.ContainsAny(value, "$*?\"'`") || user == "" || both && group == "" {
		return ""
	}
	if both {
		return value
	}
	if strings.Contains(user, ".") {
		return ""
	}
	return user + ":0"
}

func octal(mode string) bool {
	return len(mode) >= 3 && len(mode) <= 4 && strings.Trim(mode, "01234567") == ""
}

// executable is the mode of the one file that +x makes of what the checkout has.
func (m mending) executable() string {
	c, ok := m.by[0].Copy()
	if !ok || c.From != "" || len(c.Sources) != 1 || m.p.Project.Context == nil {
		return ""
	}
	found := m.p.Project.Context.Match(c.Sources[0].Value)
	if len(found) != 1 || !found[0].Mode.IsRegular() {
		return ""
	}
	add := map[string]fs.FileMode{"+x": 0o111, "a+x": 0o111, "u+x": 0o100, "ugo+x": 0o111}[m.a.value]
	if add == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(found[0].Mode.Perm()|add), 8)
}

// beforeChmod matches the tags of frontends that have no COPY --chmod.
var beforeChmod = regexp.MustCompile(`^(1\.[01]([.-].*)?|experimental)$`)

// chmodKnown tells whether the frontend that the file asks for is new enough.
func chmodKnown(syntax string) bool {
	return syntax == "" || strings.Contains(syntax, "docker/dockerfile") && !beforeChmod.MatchString(dockerfile.SplitReference(syntax).Tag)
}

// resolves tells whether the COPY can make sense of the value: with --link it does
// not see the image's users.
func (m mending) resolves(by step, value string) bool {
	if m.a.flag == "chmod" && !chmodKnown(m.p.File.Directive("syntax")) {
		return false
	}
	_, link := by.Flag("link")
	return !link || m.a.flag == "chmod" || strings.Trim(value, "0123456789:") == ""
}

// cut takes the command out, or -R out of it where the directory itself may have
// been there before.
func (m mending) cut() []span.Edit {
	if m.a.deep {
		if m.a.recursive.Span.Empty() || strings.ContainsAny(m.a.paths[0], "*?[") {
			return nil
		}
		return m.c.Remove(m.a.recursive)
	}
	if len(script(m.p, m.s.Instruction).Commands) == 1 && len(m.s.Inner) == 0 && len(m.s.Heredocs) == 0 {
		return m.p.File.Editor().Remove(m.s.Instruction, false)
	}
	return m.c.Delete()
}

// whole tells whether all that the COPY brings is changed: a flag changes all.
func (m mending) whole(by step) bool {
	list := writes(m.p, by)
	if len(list) == maxWritten {
		return false
	}
	for _, w := range list {
		if !m.a.covers(w.path) {
			return false
		}
	}
	if m.a.deep {
		return true
	}
	// One file, by its own name: a directory of one file would do too, and is not told apart.
	c, _ := by.Copy()
	return len(list) == 1 && len(c.Sources) == 1 && (c.From == "" || !strings.HasSuffix(c.Dest.Value, "/"))
}

// quiet tells whether the steps between the first COPY and the command neither
// write below the path nor read it, and create no user.
func (m mending) quiet() bool {
	k := slices.IndexFunc(m.earlier, func(e step) bool { return e.Instruction == m.by[0].Instruction })
	for _, e := range m.earlier[k:] {
		switch e.Name {
		case "RUN":
			if !m.harmless(e) {
				return false
			}
		case "USER", "ONBUILD":
			return false
		}
	}
	own := script(m.p, m.s.Instruction).Commands
	for _, c := range own {
		if c == m.c {
			break
		}
		if !m.harmlessCommand(c) {
			return false
		}
	}
	return true
}

func (m mending) harmless(e step) bool {
	sc := script(m.p, e.Instruction)
	return sc != nil && sc.Err == nil && !slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool { return !m.harmlessCommand(c) })
}

// harmlessCommand knows commands that keep to their own places.
func (m mending) harmlessCommand(c *shell.Command) bool {
	if strings.Contains(strings.Join(c.Texts(), " "), path.Base(m.a.paths[0])) && m.a.paths[0] != "/" && c.Name != "chown" && c.Name != "chmod" {
		return false
	}
	switch c.Name {
	case "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "ldconfig", "update-ca-certificates", "locale-gen":
		return !ecosystem.Inside(m.a.paths[0], "/etc") && !ecosystem.Inside(m.a.paths[0], "/usr/share")
	case "set", "true", ":", "rm", "mkdir", "ln", "chown", "chmod":
		return len(c.Redirs) == 0
	}
	return false
}
