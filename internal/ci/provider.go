package ci

import (
	"fmt"
	"strings"
)

// A provider is a CI system: its files, each with the template it is made of.
type provider struct {
	name  string
	files []generated
}

type generated struct {
	path     string // NAME stands for the name of the workflow
	template string
	entry    bool
}

var providers = []provider{
	{"github", []generated{
		{".github/workflows/NAME.yml", "github.yml", false},
		{".github/workflows/NAME-comment.yml", "github-comment.yml", false},
	}},
	{"gitlab", []generated{
		{"NAME.gitlab-ci.yml", "gitlab.yml", false},
		{".gitlab-ci.yml", "gitlab-entry.yml", true},
	}},
	{"azure", []generated{{"azure-pipelines-NAME.yml", "azure.yml", false}}},
}

// Providers are the CI systems that Workflows knows.
func Providers() []string {
	var names []string
	for _, p := range providers {
		names = append(names, p.name)
	}
	return names
}

// Workflows are the files that build, compare, measure and judge a project in CI.
func Workflows(name string, s Setup) ([]File, error) {
	if err := s.check(name); err != nil {
		return nil, err
	}
	for _, p := range providers {
		if p.name == name {
			return s.files(p)
		}
	}
	return nil, fmt.Errorf("provider %q: want %s", name, strings.Join(Providers(), ", "))
}

func (s Setup) files(p provider) ([]File, error) {
	var files []File
	for _, g := range p.files {
		text, err := s.fill(g.template)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: strings.ReplaceAll(g.path, "NAME", s.Name), Text: text, Entry: g.entry})
	}
	return files, nil
}
