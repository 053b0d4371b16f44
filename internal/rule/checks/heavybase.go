package checks

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/span"
)

func heavyBase() *rule.Rule {
	return &rule.Rule{
		ID: "heavy-base",
		Doc: rule.Doc{
			Title: "Heavier base than needed",
			Text: `The full images of languages carry compilers, headers, version control and a mail client for
building anything on them. Their -slim variants have the same interpreter on the same distribution;
-jre has the same Java without its compiler.

The fix changes the final stage's tag to that variant. It is proven, not safe: something may need a
library or program that only the full image has. It is not offered where a step of the stage, or its
health check, visibly calls such a program, or where careen.yaml forbids the base.`,
			Before: "FROM node:22",
			After:  "FROM node:22-slim",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Check:    checkHeavyBase,
	}
}

func checkHeavyBase(p *rule.Pass) {
	s := finalStage(p)
	if s == nil {
		return
	}
	name, ok := baseImage(p, s)
	if !ok {
		return
	}
	ref := dockerfile.SplitReference(name)
	lighter := lighterTag(ref)
	if lighter == "" {
		return
	}
	light := dockerfile.Reference{Name: ref.Name, Tag: lighter}.String()
	f := diag.Finding{
		Span:    s.Base().Image.Span,
		Message: fmt.Sprintf("the final stage is based on %s where %s may do", name, light),
		Reason:  "the full image carries compilers, headers and tools for building on it, in every pull",
	}
	if p.Evidence.Base > 0 {
		f.Saving = []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: fmt.Sprintf("the base weighs %s, %s", rule.Size(p.Evidence.Base), p.Evidence.Source)}}
	}
	switch tool, line := missingTool(p, s, ref); {
	case ref.Digest != "":
		f.Reason += "; no fix is offered: the base is pinned by its digest"
	case tool != "":
		f.Reason += fmt.Sprintf("; no fix is offered: line %d calls %s, which the lighter one lacks", line, tool)
	case !permitted(p, light):
		f.Reason += "; no fix is offered: careen.yaml does not allow it"
	default:
		if edits := retag(p, s, ref.Tag, lighter); edits != nil {
			f.Change = p.Edit("use the lighter variant of the base", edits)
		}
	}
	p.Report(f)
}

// fullTag matches the tags of full images: a version, a release of the
// distribution, or both.
var fullTag = regexp.MustCompile(`^(\d+(\.\d+)*|lts|current|lts-[a-z]+)?-?(trixie|bookworm|bullseye|buster|stable|testing|sid)?$`)

// lighterTag is the tag of the same image without build tools; "" when there is
// none, or none is known.
func lighterTag(ref dockerfile.Reference) string {
	if ref.Tag == "" || ref.Tag == "latest" || !official(ref.Name) {
		return ""
	}
	switch path.Base(ref.Name) {
	case "node", "python", "ruby", "perl", "debian", "rust", "elixir", "erlang", "pypy", "swift":
		if fullTag.MatchString(ref.Tag) {
			return ref.Tag + "-slim"
		}
	case "eclipse-temurin":
		if version, _, jdk := strings.Cut(ref.Tag, "-jdk"); jdk && !strings.Contains(ref.Tag, "windows") {
			return version + "-jre" + strings.TrimPrefix(ref.Tag, version+"-jdk")
		}
		if fullTag.MatchString(ref.Tag) {
			return ref.Tag + "-jre"
		}
	}
	return ""
}

// official tells Docker's own images, also by the names of well-known copies.
func official(name string) bool {
	switch path.Dir(name) {
	case ".", "library", "docker.io", "docker.io/library", "index.docker.io/library", "public.ecr.aws/docker/library", "mirror.gcr.io/library":
		return true
	}
	return false
}

// missingTool is the first program that the stage calls and the lighter image
// lacks.
func missingTool(p *rule.Pass, s *dockerfile.Stage, ref dockerfile.Reference) (tool string, line int) {
	base := path.Base(ref.Name)
	if base == "debian" {
		return "", 0 // leaves out documentation only
	}
	packages := map[string]bool{}
	for _, i := range s.Instructions {
		sc := script(p, i)
		if sc == nil {
			continue
		}
		for _, c := range sc.Commands {
			if (c.Name == "apt-get" || c.Name == "apt") && c.Has("install") {
				for _, a := range c.Texts() {
					packages[a] = true
				}
				continue
			}
			if lacks(base, c.Name, packages) || base == "eclipse-temurin" && (c.Name == "javac" || c.Name == "jlink" || c.Name == "mvnw" || c.Name == "gradlew") {
				return c.Name, lineOf(i)
			}
		}
	}
	return "", 0
}

func lacks(base, tool string, packages map[string]bool) bool {
	switch tool {
	case "gcc", "g++", "make", "cc":
		return !packages["build-essential"] && !packages[tool] && !packages["gcc"] && !packages["g++"]
	case "curl", "wget", "git", "svn", "hg", "unzip", "bzip2", "xz", "patch", "file", "autoconf", "automake", "convert", "ssh", "rsync", "zip", "gpg", "psql", "mysql", "pkg-config":
		return !packages[tool] && base != "eclipse-temurin"
	case "python", "python3":
		return base == "node" && !packages["python3"]
	}
	return false
}

// permitted applies the policy on bases of careen.yaml.
func permitted(p *rule.Pass, name string) bool {
	policy := p.Project.Config.Bases
	fits := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := path.Match(pattern, name)
			return err == nil && ok || pattern == name
		})
	}
	return !fits(policy.Deny) && (len(policy.Allow) == 0 || fits(policy.Allow))
}

// retag changes the tag where it is written. A tag that a variable gives as a
// whole is lengthened behind the variable, which other stages may use too.
func retag(p *rule.Pass, s *dockerfile.Stage, tag, lighter string) []span.Edit {
	word := s.Base().Image
	if strings.HasSuffix(word.Value, ":"+tag) {
		at := word.Span.End - len(tag)
		if p.File.Text(span.Span{Start: at, End: word.Span.End}) == tag {
			return []span.Edit{span.Replace(span.Span{Start: at, End: word.Span.End}, lighter)}
		}
		return nil
	}
	written := dockerfile.SplitReference(word.Value)
	suffix, lengthened := strings.CutPrefix(lighter, tag)
	if !lengthened || !strings.Contains(written.Tag, "$") || strings.ContainsAny(word.Value, `"'`) {
		return nil
	}
	if strings.HasSuffix(written.Tag, "}") {
		return []span.Edit{span.Insert(word.Span.End, suffix)}
	}
	return nil
}
