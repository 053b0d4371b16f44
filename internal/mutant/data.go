package mutant

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// settings are the extensions of texts that programs read their configuration from.
var settings = []string{".conf", ".cfg", ".ini", ".json", ".yaml", ".yml", ".toml", ".properties", ".xml", ".env", ".cnf"}

// data removes and changes the files that the project brought.
func (b *breeder) data() {
	var plain, configured, links []*image.Node
	for _, n := range b.brought() {
		switch {
		case n.IsLink():
			links = append(links, n)
		case !n.IsRegular():
		case slices.Contains(settings, path.Ext(n.Path)) && b.text[n] != "":
			configured = append(configured, n)
		case n.ELF == nil && !slices.Contains([]string{".md", ".pyc", ".h", ".o"}, path.Ext(n.Path)):
			plain = append(plain, n)
		}
	}
	for _, n := range spread(plain, 2*b.most) {
		b.add("project's file removed", n.Path, "B17", image.Edit{Remove: []string{n.Path}})
	}
	for _, n := range spread(plain, b.most) {
		if text := b.text[n]; len(text) > 1 {
			b.rewritten("project's file cut in half", "B17", n, []byte(text[:len(text)/2]))
		}
	}
	for _, n := range spread(configured, b.most) {
		b.add("settings removed", n.Path, "B17", image.Edit{Remove: []string{n.Path}})
		if other := otherValue(b.text[n]); other != "" {
			b.rewritten("value swapped in settings", "B22", n, []byte(other))
		}
	}
	for _, n := range spread(links, b.most) {
		b.linked(n)
	}
	b.directories()
}

// value is one that means something else when it is changed a little.
var value = regexp.MustCompile(`\b(true|false|on|off|yes|no)\b|\d+`)

// opposite of the words that switch something.
var opposite = map[string]string{"true": "false", "false": "true", "on": "off", "off": "on", "yes": "no", "no": "yes"}

// otherValue changes the first value of a text; "" when it has none.
func otherValue(text string) string {
	at := value.FindStringIndex(text)
	if at == nil {
		return ""
	}
	old := text[at[0]:at[1]]
	now := opposite[old]
	if now == "" {
		now = old + "1"
	}
	return text[:at[0]] + now + text[at[1]:]
}

// linked spoils a link.
func (b *breeder) linked(n *image.Node) {
	b.add("link removed", n.Path, "B10", image.Edit{Remove: []string{n.Path}})
	other := *n
	other.Link = "/nowhere"
	b.add("link left dangling", n.Path, "B10", image.Edit{Put: []image.Write{{Node: other}}})
	other.Link = "/etc/passwd"
	b.add("link led elsewhere", n.Path, "B10", image.Edit{Put: []image.Write{{Node: other}}})
}

// directories removes empty directories that the project made, and whole ones.
func (b *breeder) directories() {
	var empty, full []*image.Node
	b.tree.Walk(func(n *image.Node) bool {
		if !n.IsDir() || !strings.HasPrefix(n.Path, "/app/") && !strings.HasPrefix(n.Path, "/srv/") && !strings.HasPrefix(n.Path, "/data") && !strings.HasPrefix(n.Path, "/opt/") {
			return true
		}
		if n.Empty() {
			empty = append(empty, n)
		} else {
			full = append(full, n)
		}
		return true
	})
	for _, n := range spread(empty, b.most) {
		b.add("empty directory removed", n.Path, "C5", image.Edit{Remove: []string{n.Path}})
	}
	for _, n := range spread(full, b.most) {
		b.add("directory removed", n.Path, "B17", image.Edit{Remove: []string{n.Path}})
	}
}
