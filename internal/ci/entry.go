package ci

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Included tells whether a .gitlab-ci.yml includes all local files that an entry of
// careen includes. It is an error when the file does not parse.
func Included(entry File, text []byte) (bool, error) {
	if err := parses(entry.Path, text); err != nil {
		return false, err
	}
	have := locals(text)
	for _, name := range locals(entry.Text) {
		if !slices.Contains(have, name) {
			return false, nil
		}
	}
	return true, nil
}

// locals are the files of the repository that a .gitlab-ci.yml includes.
func locals(text []byte) []string {
	var doc struct {
		Include any `yaml:"include"`
	}
	if yaml.Unmarshal(text, &doc) != nil {
		return nil
	}
	list, ok := doc.Include.([]any)
	if !ok {
		list = []any{doc.Include}
	}
	var names []string
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok {
			item = fields["local"]
		}
		if name, ok := item.(string); ok {
			names = append(names, strings.TrimPrefix(name, "/"))
		}
	}
	return names
}
