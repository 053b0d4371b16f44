package checks

import (
	"fmt"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
)

func unpinnedBase() *rule.Rule {
	return &rule.Rule{
		ID: "unpinned-base",
		Doc: rule.Doc{
			Title: "Base image without a version",
			Text: `A base without a tag, or with the tag "latest", is another image whenever its maker
releases one. Every layer above it is then built again on the next machine that pulls it, at a
time nobody chose, and a build that worked yesterday may fail today.

Which version is right is for a person to say, so nothing is applied. When a baseline exists,
the digest that was measured is shown.`,
			Before: "FROM node",
			After:  "FROM node:22-bookworm-slim",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Aliases:  []string{"DL3006", "DL3007"},
		Check:    checkUnpinnedBase,
	}
}

func checkUnpinnedBase(p *rule.Pass) {
	for _, s := range p.File.Stages {
		name, ok := baseImage(p, s)
		if !ok {
			continue
		}
		ref := dockerfile.SplitReference(name)
		if ref.Digest != "" || ref.Tag != "" && ref.Tag != "latest" {
			continue
		}
		what := "has no tag"
		if ref.Tag == "latest" {
			what = `is tagged "latest"`
		}
		reason := "every release of the base changes the image and builds all layers above it again"
		if digest := p.Evidence.Bases[name]; digest != "" {
			reason += fmt.Sprintf("; measured with %s", digest)
		}
		p.Report(diag.Finding{
			Span:    s.Base().Image.Span,
			Message: fmt.Sprintf("base image %s %s", name, what),
			Reason:  reason,
		})
	}
}

// baseImage is the image that a stage starts from, with variables substituted; ok
// is false when it builds on another stage or on nothing, or is not known.
func baseImage(p *rule.Pass, s *dockerfile.Stage) (name string, ok bool) {
	args := p.Project.Settings.BuildArgs
	if p.File.Parent(s, args) != nil {
		return "", false
	}
	name, err := p.File.BaseName(s, args)
	if err != nil || name == "" || name == "scratch" || strings.ContainsAny(name, "$ ") || strings.HasSuffix(name, ":") {
		return "", false
	}
	return name, true
}
