package checks

import (
	"path"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
)

// surroundings are what a step's programs find: who runs them, with which
// variables, as far as the text of the Dockerfile tells.
type surroundings struct {
	pass  *rule.Pass
	step  step
	state *dockerfile.State
}

func surroundingsOf(p *rule.Pass, s step) surroundings {
	type key struct{ i *dockerfile.Instruction }
	return surroundings{p, s, rule.OfFile(p, key{s.Instruction}, func() *dockerfile.State {
		return p.File.State(s.stage, s.Instruction, p.Project.Settings.BuildArgs)
	})}
}

// root tells whether the step runs as root; a base that says nothing is taken to.
func (s surroundings) root() bool {
	user, _, _ := strings.Cut(s.state.User, ":")
	return user == "" || user == "root" || user == "0"
}

// lookup is a variable's value, with what a root's shell and well-known base
// images set.
func (s surroundings) lookup(name string) (string, bool) {
	if v, ok := s.state.Lookup(name); ok {
		return v, !strings.Contains(v, "$")
	}
	switch name {
	case "HOME":
		return "/root", s.root()
	case "GOPATH":
		switch base := s.base(); {
		case base == "golang":
			return "/go", true
		case distribution(base):
			return s.below("HOME", "go")
		}
	case "CARGO_HOME":
		switch base := s.base(); {
		case base == "rust":
			return "/usr/local/cargo", true
		case distribution(base):
			return s.below("HOME", ".cargo")
		}
	case "npm_config_store_dir":
		return s.below("PNPM_HOME", "store")
	case "GRADLE_USER_HOME":
		if s.base() == "gradle" {
			return "/home/gradle/.gradle", true
		}
	}
	return "", false
}

func (s surroundings) below(home, dir string) (string, bool) {
	if v, ok := s.lookup(home); ok {
		return path.Join(v, dir), true
	}
	return "", false
}

// base is the last element of the name of the image that the stage stands on.
func (s surroundings) base() string {
	line := lineage(s.pass, s.step.stage)
	last := line[len(line)-1]
	name, err := s.pass.File.BaseName(last, s.pass.Project.Settings.BuildArgs)
	if err != nil {
		name = last.Base().Image.Value // the variable is mostly the tag
	}
	return path.Base(dockerfile.SplitReference(name).Name)
}

// distribution tells plain images of a distribution: toolchains installed there
// keep their caches in the home directory.
func distribution(base string) bool {
	switch base {
	case "debian", "ubuntu", "alpine", "fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "archlinux", "buildpack-deps",
		"ubi8", "ubi9", "ubi", "leap", "tumbleweed":
		return true
	}
	return false
}

// cacheDirs are the directories that a manager fills when this step calls it.
func (s surroundings) cacheDirs(m *ecosystem.Manager) (dirs []cacheDir) {
	for _, c := range m.Caches {
		if dir, ok := c.Resolve(s.lookup); ok && dir != "/" {
			dirs = append(dirs, cacheDir{c, dir})
		}
	}
	return dirs
}

// A cacheDir is a cache and the place where a step has it.
type cacheDir struct {
	ecosystem.Cache
	dir string
}
