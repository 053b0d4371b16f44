package verify

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// A tongue is a language whose programs load modules by name while they run.
type tongue struct {
	name       string
	extensions []string // of sources and modules
	// wanted are the modules that a source loads by a literal name. With eager, those
	// alone that are loaded whenever the source is.
	wanted func(text string, eager bool) []string
	// find gives the files of a module as one image has them, nil when it lacks it.
	find func(s *side, module, from string) []*image.Node
}

// tongues are the languages other than Node's, whose modules imports() follows.
var tongues = []tongue{
	{"Python", []string{".py", ".so"}, pythonImports, findPython},
	{"Perl", []string{".pm", ".pl", ".so"}, perlImports, findBySuffix("::", ".pm")},
	{"Ruby", []string{".rb", ".so"}, rubyImports, findBySuffix("", ".rb", ".so")},
}

// isSource tells whether a file is written in the language, by its name or its first
// line.
func (t tongue) isSource(n *image.Node) bool {
	if !n.IsRegular() || n.ELF != nil || n.Size > maxScript {
		return false
	}
	if ext := path.Ext(n.Path); ext != ".so" && slices.Contains(t.extensions, ext) {
		return true
	}
	interpreter, argument, ok := shebang([]byte("#!" + n.Shebang))
	if n.Shebang == "" || !ok {
		return false
	}
	if target := envTarget(interpreter, argument); target != "" {
		interpreter = target
	}
	return strings.HasPrefix(path.Base(interpreter), strings.ToLower(t.name))
}

var (
	pythonImport = regexp.MustCompile(`(?m)^([ \t]*)import[ \t]+([^\n#;]+)`)
	pythonFrom   = regexp.MustCompile(`(?m)^([ \t]*)from[ \t]+([.\w]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#;]+))`)
	pythonByName = regexp.MustCompile(`\b(?:import_module|__import__)\(\s*["']([\w.]+)["']`)
)

// pythonImports reads import statements. `from a import b` may mean the module a.b.
func pythonImports(text string, eager bool) []string {
	var names []string
	for _, m := range pythonImport.FindAllStringSubmatch(text, -1) {
		if eager && m[1] != "" {
			continue
		}
		for name := range strings.SplitSeq(m[2], ",") {
			name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
			names = append(names, name)
		}
	}
	for _, m := range pythonFrom.FindAllStringSubmatch(text, -1) {
		if eager && m[1] != "" {
			continue
		}
		names = append(names, m[2])
		for name := range strings.SplitSeq(m[3]+m[4], ",") {
			name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
			if name != "" && name != "*" {
				names = append(names, strings.TrimSuffix(m[2], ".")+"."+name)
			}
		}
	}
	if !eager {
		for _, m := range pythonByName.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// findPython looks where Python's path leads (sys.path): beside the source, in the
// working directory, PYTHONPATH, the standard library and the site directories. Every
// package on the way to a module is loaded with it.
func findPython(s *side, module, from string) []*image.Node {
	rest := strings.TrimLeft(module, ".")
	if up := len(module) - len(rest); up > 0 {
		dir := path.Dir(from)
		for range up - 1 {
			dir = path.Dir(dir)
		}
		return s.pythonIn(dir, rest)
	}
	for _, dir := range append([]string{path.Dir(from)}, s.pythonPath()...) {
		if found := s.pythonIn(dir, rest); found != nil {
			return found
		}
	}
	return nil
}

func (s *side) pythonIn(dir, module string) []*image.Node {
	var found []*image.Node
	for part := range strings.SplitSeq(module, ".") {
		n := s.pythonPart(dir, part)
		if n == nil {
			return nil
		}
		found = append(found, n)
		dir = path.Join(dir, part)
	}
	return found
}

// pythonPart is a module or package of a directory; a directory alone is a namespace.
func (s *side) pythonPart(dir, name string) *image.Node {
	at := s.tree.Resolve(dir)
	if at == nil || !at.IsDir() || name == "" {
		return nil
	}
	for _, file := range []string{name + "/__init__.py", name + ".py"} {
		if n := s.tree.Resolve(path.Join(dir, file)); n != nil && n.IsRegular() {
			return n
		}
	}
	for _, n := range s.tree.Children(at) {
		if strings.HasPrefix(n.Name(), name+".") && strings.HasSuffix(n.Name(), ".so") {
			return s.tree.Resolve(n.Path)
		}
	}
	if n := s.tree.Resolve(path.Join(dir, name)); n != nil && n.IsDir() {
		return n
	}
	return nil
}

// pythonPath is where modules of this image may lie, read off its directories.
func (s *side) pythonPath() []string {
	if s.pyPath != nil {
		return s.pyPath
	}
	s.pyPath = []string{s.config.Config.WorkingDir}
	s.pyPath = append(s.pyPath, strings.Split(s.env["PYTHONPATH"], ":")...)
	s.tree.Walk(func(n *image.Node) bool {
		base := n.Name()
		switch {
		case !n.IsDir(), base == "doc", base == "node_modules":
			return false
		case base == "site-packages", base == "dist-packages", base == "lib-dynload":
			s.pyPath = append(s.pyPath, n.Path)
			return base == "dist-packages" || base == "site-packages"
		case pythonHome.MatchString(n.Path):
			s.pyPath = append(s.pyPath, n.Path)
		}
		return true
	})
	s.pyPath = slices.DeleteFunc(s.pyPath, func(dir string) bool { return dir == "" })
	return s.pyPath
}

// pythonHome is the directory of a standard library.
var pythonHome = regexp.MustCompile(`/lib/python\d(\.\d+)?$`)

var perlUse = regexp.MustCompile(`(?m)^([ \t]*)(?:use|require)[ \t]+([A-Z]\w*(?:::\w+)*)|[;{}][ \t]*(?:use|require)[ \t]+([A-Z]\w*(?:::\w+)*)`)

func perlImports(text string, eager bool) []string {
	text, _, _ = strings.Cut(text, "\n__END__")
	var names []string
	for _, m := range perlUse.FindAllStringSubmatch(text, -1) {
		switch {
		case m[3] != "" && !eager:
			names = append(names, m[3])
		case m[3] == "" && (m[1] == "" || !eager):
			names = append(names, m[2])
		}
	}
	return names
}

var rubyRequire = regexp.MustCompile(`(?m)^([ \t]*)require(?:_relative)?[ \t(]+["']([\w./-]+)["']`)

func rubyImports(text string, eager bool) []string {
	var names []string
	for _, m := range rubyRequire.FindAllStringSubmatch(text, -1) {
		if m[1] == "" || !eager {
			names = append(names, m[2])
		}
	}
	return names
}

// findBySuffix finds modules by the end of their path, whatever directory of the
// language's search path they are in.
func findBySuffix(separator string, extensions ...string) func(*side, string, string) []*image.Node {
	return func(s *side, module, _ string) []*image.Node {
		if separator != "" {
			module = strings.ReplaceAll(module, separator, "/")
		}
		module = strings.TrimPrefix(path.Clean("/"+module), "/")
		for _, ext := range extensions {
			end := "/" + strings.TrimSuffix(module, ext) + ext
			for _, n := range s.called(path.Base(end)) {
				if strings.HasSuffix(n.Path, end) {
					return []*image.Node{n}
				}
			}
		}
		return nil
	}
}
