package verify

import (
	"context"
	"io"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/image"
)

// childProcesses checks that the programs which the project's sources start by name
// are still there. The sources of an interpreted language are read in the new
// image, those of a compiled one where the old image has them.
func (c *comparison) childProcesses(ctx context.Context, s *sheet) error {
	s.checked("child processes")
	said := map[string]bool{}
	packages := &goPackages{c: c}
	report := func(n *image.Node, r io.Reader) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		for _, name := range ecosystem.StartedPrograms(text) {
			if head := path.Join("/", c.old.config.Config.WorkingDir, ".git", "HEAD"); name == "git" && c.old.has(head) && !c.new.has(head) {
				s.differs(diag.Difference{Check: "child processes", Path: n.Path, Old: head, Label: "C8",
					Reason: n.Path + " starts git, and the repository in the working directory is not in the new image"})
			}
			if said[name] || !c.old.hasCommand(name) || c.new.hasCommand(name) {
				continue
			}
			if unused, err := packages.leavesOut(ctx, n, text); err != nil || unused {
				return err
			}
			said[name] = true
			s.differs(diag.Difference{Check: "child processes", Path: n.Path, Old: name, Label: "C8",
				Reason: n.Path + " starts " + name + ", which is not in the new image"})
		}
		return nil
	}
	interpreted := func(n *image.Node) bool { return c.new.isProgramText(n) && interpretedSource(n) }
	if err := c.new.tree.ReadMany(ctx, interpreted, report); err != nil {
		return err
	}
	compiled := func(n *image.Node) bool { return c.old.isProgramText(n) && compiledSource(n.Path) }
	return c.old.tree.ReadMany(ctx, compiled, report)
}

func (s *side) isProgramText(n *image.Node) bool {
	return n.IsRegular() && n.Size < maxScript && s.own(n) && moduleOf(n.Path) == "" && noise(n.Path) == "" && !forDevelopers(n.Path)
}

func interpretedSource(n *image.Node) bool {
	switch path.Ext(n.Path) {
	case ".js", ".mjs", ".cjs", ".py", ".rb", ".php", ".pl", ".pm":
		return true
	}
	return n.Shebang != "" && !isShellScript(n)
}

func compiledSource(file string) bool {
	switch path.Ext(file) {
	case ".go", ".c", ".cc", ".cpp", ".cxx", ".rs":
		return true
	}
	return false
}

// installer tells whether a source belongs to what installs Python modules: it starts
// compilers and the like when it is asked to build one, and brings copies of modules
// along for itself alone. Every virtual environment has it.
func installer(file string) bool {
	_, below, ok := strings.Cut(file, "-packages/") // of site and dist
	top, _, nested := strings.Cut(below, "/")
	switch top {
	case "pip", "setuptools", "pkg_resources", "wheel", "_distutils_hack":
		return ok && nested
	}
	return false
}

// forDevelopers tells whether a source file is a test or a tool of the build, which
// no running container executes.
func forDevelopers(file string) bool {
	if isTest(path.Base(file)) || installer(file) {
		return true
	}
	for part := range strings.SplitSeq(path.Dir(file), "/") {
		switch part {
		case "test", "tests", "testdata", "__tests__", "e2e", "spec", "scripts", "hack", "tools", "build", "vendor", "examples", "benchmarks", "ci", ".github", "third_party":
			return true
		}
	}
	return false
}
