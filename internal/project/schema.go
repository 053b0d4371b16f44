package project

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	configType = reflect.TypeFor[Config]()
	textType   = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// schema compares a YAML tree with the Go type it is to become. The yaml package
// would refuse the same trees in words about Go types.
type schema struct {
	path     string
	problems []error
}

func (s *schema) err() error { return errors.Join(s.problems...) }

func (s *schema) problem(n *yaml.Node, format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf("%s:%d: %s", s.path, n.Line, fmt.Sprintf(format, args...)))
}

func (s *schema) check(n *yaml.Node, t reflect.Type, key string) {
	switch {
	case n.Kind == yaml.DocumentNode:
		s.check(n.Content[0], t, key)
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.problem(n, "YAML anchors and aliases are not understood here; write the value out")
	case n.Tag == "!!null":
	case reflect.PointerTo(t).Implements(textType):
		s.text(n, t, key)
	case t.Kind() == reflect.Struct:
		s.keys(n, t, key)
	case t.Kind() == reflect.Map:
		s.mapping(n, t, key)
	case t.Kind() == reflect.Slice:
		s.list(n, t, key)
	default:
		s.scalar(n, t, key)
	}
}

func (s *schema) keys(n *yaml.Node, t reflect.Type, key string) {
	if n.Kind != yaml.MappingNode {
		s.problem(n, "%s: want keys with values, e.g. %s", orFile(key), example(t))
		return
	}
	fields := fieldsOf(t)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		field, ok := fields[name]
		if !ok {
			s.unknown(n.Content[i], key, fields)
			continue
		}
		s.check(n.Content[i+1], field, join(key, name))
	}
}

func (s *schema) unknown(n *yaml.Node, key string, fields map[string]reflect.Type) {
	known := make([]string, 0, len(fields))
	for name := range fields {
		known = append(known, name)
	}
	slices.Sort(known)
	if best := nearest(n.Value, known); best != "" {
		s.problem(n, "unknown key %q; did you mean %q?", join(key, n.Value), join(key, best))
		return
	}
	s.problem(n, "unknown key %q; known here: %s", join(key, n.Value), strings.Join(known, ", "))
}

func (s *schema) mapping(n *yaml.Node, t reflect.Type, key string) {
	if n.Kind != yaml.MappingNode {
		s.problem(n, "%s: want keys with values", orFile(key))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind != yaml.ScalarNode {
			s.problem(n.Content[i], "%s: want a word as key", orFile(key))
			continue
		}
		s.check(n.Content[i+1], t.Elem(), join(key, n.Content[i].Value))
	}
}

func (s *schema) list(n *yaml.Node, t reflect.Type, key string) {
	if n.Kind != yaml.SequenceNode {
		s.problem(n, "%s: want a list, e.g. [a, b]", orFile(key))
		return
	}
	for i, item := range n.Content {
		s.check(item, t.Elem(), fmt.Sprintf("%s[%d]", key, i))
	}
}

func (s *schema) text(n *yaml.Node, t reflect.Type, key string) {
	if n.Kind != yaml.ScalarNode {
		s.problem(n, "%s: want one value", key)
		return
	}
	value := reflect.New(t).Interface().(encoding.TextUnmarshaler)
	if err := value.UnmarshalText([]byte(n.Value)); err != nil {
		s.problem(n, "%s: %v", key, err)
	}
}

// scalar accepts any plain value for a text: PORT: 8080 is what people write.
func (s *schema) scalar(n *yaml.Node, t reflect.Type, key string) {
	want := ""
	switch {
	case n.Kind != yaml.ScalarNode:
		want = "one value"
	case t.Kind() == reflect.Int && n.Tag != "!!int":
		want = "a whole number"
	case t.Kind() == reflect.Bool && n.Tag != "!!bool":
		want = "true or false"
	}
	if want != "" {
		s.problem(n, "%s: want %s", orFile(key), want)
	}
}

func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "-" {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}

func example(t reflect.Type) string {
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "-" {
			return name + ": …"
		}
	}
	return ""
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

func orFile(key string) string {
	if key == "" {
		return "configuration"
	}
	return key
}

// nearest is the known word that two typing errors, or one in three letters, turn
// into word, or "".
func nearest(word string, known []string) string {
	best, least := "", min(len(word), max(2, len(word)/3)+1)
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlError puts file and line in front, as everywhere else.
func yamlError(path string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatchIndex(text); m != nil {
		return fmt.Errorf("%s:%s: %s", path, text[m[2]:m[3]], strings.TrimSpace(text[m[1]:]))
	}
	return fmt.Errorf("%s: %s", path, text)
}
