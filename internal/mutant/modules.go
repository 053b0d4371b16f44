package mutant

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// A language says how its sources name modules and under which file names those lie.
type language struct {
	name       string
	extensions []string
	imports    *regexp.Regexp
	files      func(module string) []string // ends of paths, best first
}

var languages = []language{
	{"Python", []string{".py"}, regexp.MustCompile(`(?m)^[ \t]*(?:import|from)[ \t]+([A-Za-z_][\w.]*)`), func(m string) []string {
		p := strings.ReplaceAll(m, ".", "/")
		return []string{"/" + p + ".py", "/" + p + "/__init__.py", "/" + p + ".cpython-*.so"}
	}},
	{"Node", []string{".js", ".mjs", ".cjs"}, regexp.MustCompile(`(?:require\(|from\s+|import\s+)\s*["']([^"']+)["']`), func(m string) []string {
		return []string{"/node_modules/" + m + "/package.json"}
	}},
	{"Perl", []string{".pl", ".pm", ".cgi"}, regexp.MustCompile(`\b(?:use|require)[ \t]+([A-Z][\w:]*)`), func(m string) []string {
		return []string{"/" + strings.ReplaceAll(m, "::", "/") + ".pm"}
	}},
	{"Ruby", []string{".rb"}, regexp.MustCompile(`(?m)^[ \t]*require(?:_relative)?[ \t(]+["']([^"']+)["']`), func(m string) []string {
		return []string{"/" + strings.TrimSuffix(m, ".rb") + ".rb", "/" + m + ".so"}
	}},
	{"PHP", []string{".php"}, regexp.MustCompile(`(?:require|include)(?:_once)?\b[^;"']*["']([^"']+)["']`), func(m string) []string {
		return []string{"/" + strings.TrimLeft(m, "/.")}
	}},
}

// modules removes what the project's sources import, eagerly or within a function.
func (b *breeder) modules() {
	for _, l := range languages {
		var found []*image.Node
		for _, n := range b.brought() {
			if slices.Contains(l.extensions, path.Ext(n.Path)) || strings.Contains(strings.ToLower(n.Shebang), strings.ToLower(l.name)) {
				for _, m := range l.imports.FindAllStringSubmatch(b.text[n], -1) {
					found = append(found, b.moduleFile(l.files(m[1]), n.Path))
				}
			}
		}
		found = slices.DeleteFunc(unique(found), func(n *image.Node) bool { return n == nil })
		for _, n := range spread(found, 2*b.most) {
			if l.name == "Node" {
				dir := b.tree.Lookup(path.Dir(n.Path))
				b.removed("Node module", "B2", dir)
				continue
			}
			b.removed(l.name+" module", "B2", n)
		}
	}
	b.archives()
	b.children()
}

// quoted is a word in quotes that may name a program.
var quoted = regexp.MustCompile(`["']([a-z][a-z0-9.+-]+)["']`)

// children removes the programs that sources seem to start.
func (b *breeder) children() {
	var found []*image.Node
	for _, l := range languages {
		for _, n := range b.brought() {
			if !slices.Contains(l.extensions, path.Ext(n.Path)) && !strings.Contains(strings.ToLower(n.Shebang), strings.ToLower(l.name)) {
				continue
			}
			for _, m := range quoted.FindAllStringSubmatch(b.text[n], -1) {
				if p := b.tree.Command(m[1], b.config.WorkingDir, b.env); p != "" && !slices.Contains(builtins, m[1]) {
					found = append(found, b.tree.Resolve(p))
				}
			}
		}
	}
	for _, n := range spread(unique(found), 2*b.most) {
		b.removed("child process", "C8", n)
	}
}

// moduleFile finds a module by the ends of its possible paths, the nearest to the
// source that asks first.
func (b *breeder) moduleFile(ends []string, from string) *image.Node {
	for _, end := range ends {
		before, after, pattern := strings.Cut(end, "*")
		var best *image.Node
		for name, nodes := range b.named(path.Base(end), pattern) {
			for _, n := range nodes {
				fits := strings.HasSuffix(n.Path, end)
				if pattern {
					fits = strings.Contains(n.Path, before) && strings.HasSuffix(name, after)
				}
				if fits && n.Path != from && (best == nil || common(n.Path, from) > common(best.Path, from) || common(n.Path, from) == common(best.Path, from) && n.Path < best.Path) {
					best = n
				}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// named are the nodes of that name, or of every name that a pattern may mean.
func (b *breeder) named(name string, pattern bool) map[string][]*image.Node {
	if !pattern {
		return map[string][]*image.Node{name: b.byName[name]}
	}
	start, _, _ := strings.Cut(name, "*")
	found := map[string][]*image.Node{}
	for have, nodes := range b.byName {
		if strings.HasPrefix(have, start) {
			found[have] = nodes
		}
	}
	return found
}

// common counts the bytes with which two paths begin alike.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// archives removes what a Java program is made of, and the image of its modules.
func (b *breeder) archives() {
	var jars []*image.Node
	for _, n := range b.brought() {
		if ext := path.Ext(n.Path); ext == ".jar" || ext == ".class" || ext == ".war" {
			jars = append(jars, n)
		}
	}
	for _, n := range spread(jars, b.most) {
		b.removed("Java archive", "B2", n)
	}
	if len(jars) == 0 {
		return
	}
	for _, name := range []string{"modules", "libjvm.so", "libnio.so", "libnet.so", "java.security"} {
		for _, n := range b.byName[name] {
			if strings.Contains(n.Path, "/jvm/") || strings.Contains(n.Path, "/java-") {
				b.removed("Java runtime's "+name, "B2", n)
				break
			}
		}
	}
}
