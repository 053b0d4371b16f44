package careen

import (
	"path"
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/project"
)

// mentions answers whether the project's own sources name a file or a command:
// evidence that something is used at run time.
type mentions struct {
	text    []string
	config  []string        // settings that a program may read: there a word needs no quotes
	seen    map[string]bool // answers; nil when there was too much to read
	started map[string]bool // programs that the sources start, once asked for
}

// Bounds of what is searched: beyond them the answer is "yes", which keeps a file.
const (
	maxSource  = 1 << 20  // of one file
	maxSources = 64 << 20 // of all
)

// newMentions reads the source files that a build would send, without tests.
func newMentions(p *project.Project) *mentions {
	m := &mentions{seen: map[string]bool{}}
	if p.Context == nil {
		return m
	}
	total := int64(0)
	for _, e := range p.Context.Entries() {
		settings := isSettings(e.Path)
		if !e.Sent || !e.Mode.IsRegular() || e.Size > maxSource || !settings && !isSource(e.Path) {
			continue
		}
		if total += e.Size; total > maxSources {
			m.text, m.config = nil, nil
			m.seen = nil
			return m
		}
		text, err := p.Context.Read(e.Path, maxSource)
		switch {
		case err != nil:
		case settings:
			m.config = append(m.config, string(text))
		default:
			m.text = append(m.text, string(text))
		}
	}
	return m
}

func isSource(name string) bool {
	if strings.Contains(name, "node_modules/") || strings.Contains(name, "_test.") || strings.Contains(name, ".test.") || strings.Contains(name, ".spec.") {
		return false
	}
	if besideProgram(name) {
		return false
	}
	switch path.Ext(name) {
	case ".go", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".rs", ".js", ".mjs", ".cjs", ".ts", ".mts", ".tsx", ".jsx", ".py", ".rb", ".php", ".pl", ".pm", ".java", ".kt", ".sh":
		return true
	}
	return false
}

// besideProgram tells whether a file lies where the project keeps what is not part of
// the program: tests, and the modules of others.
func besideProgram(name string) bool {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		switch part {
		case "test", "tests", "testdata", "__tests__", "e2e", "spec", "vendor":
			return true
		}
	}
	return false
}

// isSettings tells whether a file of the project may hold settings of its program, and
// not those of tools or a list of what is installed.
func isSettings(name string) bool {
	base := path.Base(name)
	if besideProgram(name) || strings.HasPrefix(name, "docs/") || strings.HasPrefix(name, "doc/") {
		return false // reports and schemas name files that no program opens
	}
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.Contains(name, "node_modules/") || strings.HasPrefix(base, "docker-compose") ||
		strings.HasPrefix(base, "compose.") || strings.HasPrefix(base, "tsconfig") || strings.Contains(base, "lock") {
		return false
	}
	switch base {
	case "package.json", "careen.yaml", "mkdocs.yml", "pyproject.toml", "Cargo.toml", "composer.json", "Taskfile.yml":
		return false
	}
	switch path.Ext(name) {
	case ".yaml", ".yml", ".toml", ".ini", ".conf", ".cfg", ".properties", ".env", ".json", ".xml":
		return true
	}
	return false
}

// of tells whether a source file holds the word as a string, alone or as an
// element of a path or the first word of a command, or settings hold it as a value.
func (m *mentions) of(word string) bool {
	if m.seen == nil {
		return true
	}
	if yes, known := m.seen[word]; known {
		return yes
	}
	pattern := regexp.MustCompile("[\"'`](?:[\\w.@%+-]*/)*" + regexp.QuoteMeta(word) + "[\"'`/ ]")
	yes := false
	for _, text := range m.text {
		if strings.Contains(text, word) && pattern.MatchString(text) {
			yes = true
			break
		}
	}
	yes = yes || m.set(word)
	m.seen[word] = yes
	return yes
}

// set tells whether settings hold the word as a value, or as an element of a path that
// is one.
func (m *mentions) set(word string) bool {
	value := regexp.MustCompile(`(?m)[:=\s"'\[,>](?:[\w.@%+-]*/)*` + regexp.QuoteMeta(word) + `(?:/[^\s"',<]*)?["'\s,\]<]*$`)
	for _, text := range m.config {
		if strings.Contains(text, word) && value.MatchString(text) {
			return true
		}
	}
	return false
}

// starts tells whether a source file starts the command as a program of its own.
func (m *mentions) starts(command string) bool {
	if m.seen == nil {
		return true
	}
	if m.started == nil {
		m.started = map[string]bool{}
		for _, text := range m.text {
			for _, name := range ecosystem.StartedPrograms([]byte(text)) {
				m.started[path.Base(name)] = true
			}
		}
	}
	return m.started[command]
}
