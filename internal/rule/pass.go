package rule

import (
	"path"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/span"
)

// Name is what a change calls the Dockerfile: relative to the project, or as the
// user named it when it lies outside.
func (p *Pass) Name() string { return nameOf(p.Project.Rel, p.Project.Path) }

func nameOf(rel, given string) string {
	if rel != "" {
		return rel
	}
	return given
}

// IgnoreName is what a change calls the ignore file, which may not exist yet.
func (p *Pass) IgnoreName() string {
	if p.Project.IgnorePath != "" {
		return p.Project.IgnorePath
	}
	return ".dockerignore"
}

// Edit is a change of the Dockerfile alone.
func (p *Pass) Edit(title string, edits ...[]span.Edit) *diag.Change {
	return &diag.Change{Title: title, Files: []diag.FileEdit{{File: p.Name(), Edits: flatten(edits)}}}
}

// Variant names one of several changes that the rule offers: "rule-id:variant".
func (p *Pass) Variant(variant string) string { return p.Rule.ID + ":" + path.Clean(variant) }

func flatten(lists [][]span.Edit) []span.Edit {
	var out []span.Edit
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}
