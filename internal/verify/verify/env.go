package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// environment is an image's ENV by name; the last entry of a name wins, as it does
// for the container runtimes.
func environment(list []string) map[string]string {
	env := map[string]string{}
	for _, entry := range list {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// alwaysUsed are variables that the C library or every runtime reads, so that
// nobody has to name them to depend on them.
func alwaysUsed(name string) bool {
	switch name {
	case "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD", "SSL_CERT_FILE", "SSL_CERT_DIR":
		return true
	}
	return strings.HasPrefix(name, "LC_")
}

// toolchainOf names the program without which a variable of the official base
// images is a record and nothing more; "" for every other variable.
func toolchainOf(name string) string {
	switch name {
	case "GOLANG_VERSION", "GOTOOLCHAIN", "GOPATH":
		return "go"
	case "YARN_VERSION":
		return "yarn"
	case "NODE_VERSION":
		return "node"
	case "RUSTUP_HOME", "CARGO_HOME", "RUST_VERSION":
		return "cargo"
	case "MAVEN_HOME", "MAVEN_CONFIG":
		return "mvn"
	case "GRADLE_HOME", "GRADLE_VERSION":
		return "gradle"
	case "PYTHON_PIP_VERSION", "PYTHON_SETUPTOOLS_VERSION", "PYTHON_GET_PIP_URL", "PYTHON_GET_PIP_SHA256":
		return "pip"
	}
	return ""
}

// envs compares the environment, variable by variable.
func (c *comparison) envs(s *sheet) {
	s.checked("env")
	older, newer := environment(c.old.config.Config.Env), environment(c.new.config.Config.Env)
	for _, name := range sortedKeys(older) {
		value, kept := newer[name]
		switch {
		case name == "PATH":
			c.paths(s, older[name], value)
		case !kept:
			c.lostVariable(s, name, older[name])
		case value != older[name]:
			c.changedVariable(s, name, older[name], value)
		}
	}
	for _, name := range sortedKeys(newer) {
		if _, had := older[name]; !had {
			c.addedVariable(s, name, newer[name])
		}
	}
}

// lostVariable judges a variable that the new image lacks. One that came with the
// old base and that nothing left can use is explained; one that the project set
// never is.
func (c *comparison) lostVariable(s *sheet, name, value string) {
	d := diag.Difference{Check: "env", Path: name, Old: value, Label: "B6", Reason: "the variable is not set in the new image"}
	switch tool := toolchainOf(name); {
	case c.old.setByProject("ENV", name, value):
		d.Reason = "the project sets this variable and the new image lacks it"
		s.differs(d)
	case tool != "" && !c.new.hasCommand(tool):
		s.note("ENV %s is gone with the %s that the old base came with", name, tool)
	case c.old.base == nil || alwaysUsed(name):
		s.differs(d)
	default:
		if user := c.new.mentions(name); user != "" {
			d.Reason = fmt.Sprintf("the variable came with the old base and %s names it", user)
			s.differs(d)
			return
		}
		s.note("ENV %s came with the old base and nothing in the new image names it", name)
	}
}

func (c *comparison) changedVariable(s *sheet, name, older, newer string) {
	tool := toolchainOf(name)
	if tool != "" && !c.new.hasCommand(tool) && !c.old.setByProject("ENV", name, older) {
		s.note("ENV %s changed from %s to %s; no %s is left that it could describe", name, older, newer, tool)
		return
	}
	s.differs(diag.Difference{Check: "env", Path: name, Old: older, New: newer, Label: "B6",
		Reason: "the variable has another value"})
}

// addedVariable judges a variable that only the new image has.
func (c *comparison) addedVariable(s *sheet, name, value string) {
	_, fromBase := c.new.baseEnv()[name]
	switch {
	case (name == "SSL_CERT_FILE" || name == "SSL_CERT_DIR") && c.new.has(value):
		s.note("ENV %s=%s is new and points at certificates that are there", name, value)
	case fromBase && !alwaysUsed(name):
		s.note("ENV %s=%s comes with the new base", name, value)
	default:
		s.differs(diag.Difference{Check: "env", Path: name, New: value, Label: "B6",
			Reason: "the old image does not set this variable"})
	}
}

// paths compares PATH. An entry may go when the new image has nothing there to
// find; order matters only where one name is found in two places.
func (c *comparison) paths(s *sheet, older, newer string) {
	if older == newer {
		return
	}
	before, after := splitPath(older), splitPath(newer)
	for _, dir := range before {
		if slices.Contains(after, dir) {
			continue
		}
		if held := c.new.firstIn(dir); held != "" {
			s.differs(diag.Difference{Check: "env", Path: "PATH", Old: older, New: newer, Label: "B6",
				Reason: fmt.Sprintf("%s is no longer searched, though the new image has %s", dir, held)})
			continue
		}
		s.note("PATH lost %s, which is empty or absent in the new image", dir)
	}
	if name, first, then := c.new.reordered(before, after); name != "" {
		s.differs(diag.Difference{Check: "env", Path: "PATH", Old: older, New: newer, Label: "B6",
			Reason: fmt.Sprintf("%s is now found in %s, no longer in %s", name, then, first)})
		return
	}
	s.note("PATH differs only in entries and order that find the same programs")
}

func splitPath(path string) []string {
	var dirs []string
	for _, dir := range strings.Split(path, ":") {
		if dir != "" && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
