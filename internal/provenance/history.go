package provenance

import (
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// FromHistory reads what wrote each layer from the image's history. A layer that
// it does not tell of has no text.
func FromHistory(im *image.Image) []Instruction {
	all := make([]Instruction, len(im.Layers))
	for i, l := range im.Layers {
		if l.History != nil {
			all[i].Text = instruction(l.History.CreatedBy)
		}
	}
	return all
}

// buildArgs is how the classic builder and BuildKit note the arguments of a RUN:
// their number and values, which nothing quotes, before the shell.
var buildArgs = regexp.MustCompile(`(?s)^\|\d+ .*?(/bin/sh -c )`)

// instruction is an entry of the history as the Dockerfile had it: without the
// shell, and without the builder's marks.
func instruction(created string) string {
	text := strings.TrimSuffix(strings.TrimSpace(created), " # buildkit")
	verb, rest, _ := strings.Cut(text, " ")
	if verb == "RUN" {
		text = rest
	}
	text = buildArgs.ReplaceAllString(text, "$1")
	command, shell := strings.CutPrefix(text, "/bin/sh -c ")
	if nop, ok := strings.CutPrefix(command, "#(nop) "); ok {
		return strings.TrimSpace(nop)
	}
	if shell || verb == "RUN" {
		return "RUN " + strings.TrimSpace(command)
	}
	return text
}

// guessBase takes the lowest layer for a distribution's own when it brings the file
// that names the distribution and is not all there is.
func guessBase(t *image.Tree) Base {
	if len(t.Layers) < 2 {
		return Base{}
	}
	for _, p := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if n := t.Resolve(p); n != nil && n.Layer == 0 {
			release := t.Release()
			return Base{Name: strings.Trim(release.ID+" "+release.Version, " "), Layers: 1, By: "a guess by the lowest layer"}
		}
	}
	return Base{}
}
