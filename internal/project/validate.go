package project

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// validator checks values that have the right kind but may still make no sense.
type validator struct {
	path     string
	root     *yaml.Node
	problems []error
}

func (c *Config) validate(root *yaml.Node) error {
	v := &validator{path: c.Path, root: root}
	v.local(c.File, "file")
	v.mirrors(c.Mirrors)
	v.builder(c.Builder)
	if c.Runs < 0 || c.Runs > maxRuns {
		v.fail("want a number from 1 to 100", "runs")
	}
	v.run(c.Run)
	for i, h := range c.Checks.HTTP {
		v.http(h, i)
	}
	for i, cmd := range c.Checks.Commands {
		v.command(cmd, i)
	}
	for i, t := range c.Tests {
		v.test(t, i)
	}
	v.patterns(c.Bases.Allow, "allow")
	v.patterns(c.Bases.Deny, "deny")
	return errors.Join(v.problems...)
}

// fail reports a problem with the value at the given keys.
func (v *validator) fail(message string, keys ...any) {
	name := ""
	for _, k := range keys {
		if i, ok := k.(int); ok {
			name += fmt.Sprintf("[%d]", i)
			continue
		}
		name = join(name, k.(string))
	}
	v.problems = append(v.problems, fmt.Errorf("%s:%d: %s: %s", v.path, lineOf(v.root, keys), name, message))
}

// local refuses paths that leave the project by their text. Links are refused
// when the file is read.
func (v *validator) local(name string, keys ...any) {
	if name != "" && !filepath.IsLocal(filepath.FromSlash(name)) {
		v.fail(fmt.Sprintf("%q leaves the project; name a file below it", name), keys...)
	}
}

func (v *validator) port(n int, keys ...any) {
	if n < 0 || n > 65535 {
		v.fail("want a port from 1 to 65535", keys...)
	}
}

func (v *validator) absolute(name string, keys ...any) {
	if name != "" && !path.IsAbs(name) {
		v.fail(fmt.Sprintf("%q: want a path that begins with /", name), keys...)
	}
}

func (v *validator) mirrors(m Mirrors) {
	for host, addresses := range m {
		for i, address := range addresses {
			if err := checkMirror(host, address); err != nil {
				v.fail(err.Error(), "mirrors", host, i)
			}
		}
	}
}

// builder takes addresses only. Schemes that run a program are for flags and the
// environment, which a repository cannot set.
func (v *validator) builder(address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "unix" && u.Scheme != "tcp" {
		v.fail("want an address such as unix:///run/buildkit/buildkitd.sock or tcp://host:1234", "builder")
	}
}

func (v *validator) run(r RunConfig) {
	v.port(r.Ready.Port, "run", "ready", "port")
	v.absolute(r.Ready.Path, "run", "ready", "path")
	for i, dir := range r.Tmpfs {
		v.absolute(dir, "run", "tmpfs", i)
	}
	v.variables(r.Env, "run", "env")
}

func (v *validator) variables(env map[string]string, keys ...any) {
	for name := range env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			v.fail(fmt.Sprintf("%q is no name of a variable", name), keys...)
		}
	}
}

func (v *validator) http(h HTTPCheck, i int) {
	at := []any{"checks", "http", i}
	if h.Path == "" {
		v.fail("needs a path", at...)
	}
	v.absolute(h.Path, append(at, "path")...)
	v.port(h.Port, append(at, "port")...)
	if h.Status != 0 && (h.Status < 100 || h.Status > 599) {
		v.fail("want a status from 100 to 599", append(at, "status")...)
	}
	if strings.Trim(h.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		v.fail("want a method such as GET or POST", append(at, "method")...)
	}
}

func (v *validator) command(c CommandCheck, i int) {
	at := []any{"checks", "commands", i}
	if c.Args != nil && c.Run != nil {
		v.fail("has both args (after the ENTRYPOINT) and run (the whole command line)", at...)
	}
	if c.Args == nil && c.Run == nil {
		v.fail("needs args (after the ENTRYPOINT) or run (the whole command line)", at...)
	}
}

func (v *validator) test(t Test, i int) {
	if len(t.Run) == 0 {
		v.fail("needs run, the command line", "tests", i)
	}
	if t.In != "" && t.In != InImage && t.In != InTools {
		v.fail(fmt.Sprintf("%q: want image or tools", t.In), "tests", i, "in")
	}
}

func (v *validator) patterns(patterns []string, key string) {
	for i, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			v.fail(fmt.Sprintf("%q: %v", p, err), "bases", key, i)
		}
	}
}

// lineOf is the line of the value at keys, or of the nearest thing above it.
func lineOf(n *yaml.Node, keys []any) int {
	if n.Kind == yaml.DocumentNode {
		n = n.Content[0]
	}
	for _, k := range keys {
		next := child(n, k)
		if next == nil {
			break
		}
		n = next
	}
	return n.Line
}

func child(n *yaml.Node, key any) *yaml.Node {
	if i, ok := key.(int); ok {
		if n.Kind == yaml.SequenceNode && i < len(n.Content) {
			return n.Content[i]
		}
		return nil
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
