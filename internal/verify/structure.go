package verify

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// Outline derives from an image what one may hold of it: its settings, the commands
// that it starts and calls, the files that the project brought, the accounts in use.
func Outline(ctx context.Context, s Subject) (*diag.Structure, error) {
	opened, err := open(ctx, s)
	if err != nil {
		return nil, err
	}
	out := opened.outline()
	return &out, nil
}

// secretName matches variables whose value is not written into a file.
var secretName = regexp.MustCompile(`(?i)(password|passwd|passphrase|secret|token|credential|api_?key|private_?key|access_?key)`)

func (s *side) outline() diag.Structure {
	c := s.config.Config
	out := diag.Structure{
		Env: environment(c.Env), User: c.User, Workdir: c.WorkingDir, Entrypoint: c.Entrypoint, Cmd: c.Cmd,
		Ports: sortedKeys(c.ExposedPorts), Volumes: sortedKeys(c.Volumes), Labels: c.Labels,
		Commands: []diag.StructureFile{}, Files: []diag.StructureFile{}, Users: []diag.StructureUser{},
	}
	for name := range out.Env {
		if secretName.MatchString(name) {
			out.Env[name] = ""
		}
	}
	for _, p := range s.usedCommands() {
		if n := s.tree.Resolve(p); n != nil {
			f := structureFile(n)
			f.Path = p
			out.Commands = append(out.Commands, f)
		}
	}
	for _, n := range s.broughtFiles() {
		out.Files = append(out.Files, structureFile(n))
	}
	if id := s.identity(); id.known {
		if a := s.account("/etc/passwd", id.uid); a != nil {
			out.Users = append(out.Users, diag.StructureUser{Name: a[0], UID: a[2], GID: a[3]})
		}
	}
	return out
}

func structureFile(n *image.Node) diag.StructureFile {
	kind := "file"
	switch {
	case n.IsDir():
		kind = "directory"
	case n.IsLink():
		kind = "link"
	}
	return diag.StructureFile{Path: n.Path, Mode: n.Mode & 0o7777, UID: n.UID, GID: n.GID, Kind: kind}
}

// usedCommands are the paths of the programs that the image starts, that its health
// check runs and that the project's scripts call.
func (s *side) usedCommands() []string {
	c := s.config.Config
	var lines [][]string
	lines = append(lines, c.Entrypoint, c.Cmd)
	if h := activeHealthcheck(s.config); h != nil {
		lines = append(lines, h.Test[1:])
		if h.Test[0] == "CMD-SHELL" {
			lines[2] = []string{"/bin/sh", "-c", h.Test[1]}
		}
	}
	var names []string
	for i, argv := range lines {
		switch {
		case isShellForm(argv):
			called, _ := calledCommands(argv[2])
			names = append(append(names, argv[0]), called...)
		case len(argv) > 0 && (i != 1 || len(c.Entrypoint) == 0):
			names = append(names, argv[0])
		}
	}
	s.tree.Walk(func(n *image.Node) bool {
		if n.IsRegular() && s.own(n) && moduleOf(n.Path) == "" && noise(n.Path) == "" && isShellScript(n) && !forDevelopers(n.Path) {
			called, _ := calledCommands(s.text(n.Path))
			names = append(names, called...)
		}
		return true
	})
	var found []string
	for _, name := range names {
		if p := s.command(name); p != "" && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	slices.Sort(found)
	return found
}

// maxOutlined bounds the files of an outline: people are to read it.
const maxOutlined = 60

// broughtFiles are the project's own files that a running program may read, those
// nearest to the root first, and directories in place of what is too many.
func (s *side) broughtFiles() []*image.Node {
	var found []*image.Node
	s.tree.Walk(func(n *image.Node) bool {
		if n.IsDir() && path.Base(n.Path) == "node_modules" {
			return false
		}
		if n.IsLink() && s.packaged(n) {
			return true // an alternative, made while packages were installed
		}
		wanted := !n.IsDir() && s.own(n) && noise(n.Path) == "" && kindOf(n.Path).reason == "" && !within("/etc", n.Path) && !within("/var", n.Path)
		if wanted {
			found = append(found, n)
		}
		return true
	})
	slices.SortStableFunc(found, func(a, b *image.Node) int { return strings.Count(a.Path, "/") - strings.Count(b.Path, "/") })
	if len(found) > maxOutlined {
		found = found[:maxOutlined]
	}
	slices.SortFunc(found, func(a, b *image.Node) int { return strings.Compare(a.Path, b.Path) })
	return found
}

// packaged tells whether a link leads to a package's file, directly or by another link.
func (s *side) packaged(n *image.Node) bool {
	to := s.tree.Resolve(n.Path)
	return to != nil && s.db.Owner(to.Path) != ""
}

// structure is level 3: the outline of the old image, held of the new one as somebody
// would who never saw the old one. What the other levels explain is not asked for, and
// the settings are level 0's.
func (c *comparison) structure(s *sheet) {
	want := c.old.outline()
	s.checked("commands", "files", "accounts")
	for _, f := range want.Commands {
		if n := c.new.tree.Resolve(f.Path); n == nil && !c.new.hasCommand(path.Base(f.Path)) && c.stillCalled(f.Path) {
			s.differs(diag.Difference{Check: "commands", Path: f.Path, Label: "B12", Reason: "the image uses this command, and the new one lacks it"})
		} else if n != nil && f.Mode&0o111 != 0 && !n.Executable() {
			s.differs(diag.Difference{Check: "commands", Path: f.Path, Label: "B9", Old: fmt.Sprintf("%04o", f.Mode), New: fmt.Sprintf("%04o", n.Mode), Reason: "the command cannot be executed"})
		}
	}
	for _, f := range want.Files {
		old := c.old.tree.Lookup(f.Path)
		if c.new.tree.Lookup(f.Path) != nil || old == nil {
			continue
		}
		if _, lost := c.whyRemoved(old); lost != nil {
			s.differs(diag.Difference{Check: "files", Path: f.Path, Label: lost.label, Reason: lost.reason})
		}
	}
	c.sameUsers(s, want.Users)
}

// stillCalled tells whether the new image uses a command: what nothing there calls may
// go.
func (c *comparison) stillCalled(command string) bool {
	name := path.Base(command)
	called := func(argv []string) bool {
		if isShellForm(argv) {
			names, _ := calledCommands(argv[2])
			return slices.Contains(names, name)
		}
		return len(argv) > 0 && path.Base(argv[0]) == name
	}
	if config := c.new.config.Config; called(config.Entrypoint) || len(config.Entrypoint) == 0 && called(config.Cmd) {
		return true
	}
	h := activeHealthcheck(c.new.config)
	return h != nil && (called(h.Test[1:]) || called(healthCommand(c)))
}

func (c *comparison) sameUsers(s *sheet, want []diag.StructureUser) {
	for _, u := range want {
		if u.UID == "0" {
			continue
		}
		got := c.new.account("/etc/passwd", u.Name)
		if got == nil || got[2] != u.UID {
			s.differs(diag.Difference{Check: "accounts", Path: u.Name, Old: u.UID, Label: "B14", Reason: "the image runs as an account that the new one does not have"})
		}
	}
}

// notTold leaves out what an earlier level said of the same thing.
func (s *sheet) notTold(earlier ...*sheet) {
	s.differences = slices.DeleteFunc(s.differences, func(d diag.Difference) bool {
		return slices.ContainsFunc(earlier, func(e *sheet) bool {
			return slices.ContainsFunc(e.differences, func(was diag.Difference) bool {
				name := path.Base(d.Path)
				return within(was.Path, d.Path) || strings.HasSuffix(was.Path, " "+name) || was.Path == name || was.Old == name
			})
		})
	})
}
