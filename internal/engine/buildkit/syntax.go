package buildkit

import (
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/careenhq/careen/dockerfile"
)

// CarriedSyntax is the "# syntax=" that a build asks for, or its argument
// BUILDKIT_SYNTAX, when the frontend that careen carries answers for it; else "".
// It answers for every docker/dockerfile: it is one of its releases, those read what
// older ones read, and only a frontend on this side of the connection says which line
// a step comes from. Any other frontend is fetched and run by the builder.
func CarriedSyntax(file []byte, args map[string]string) string {
	syntax, _, _, ok := parser.DetectSyntax(file)
	if set, given := args["BUILDKIT_SYNTAX"]; given {
		syntax, ok = set, true
	}
	if !ok || !carried(syntax) {
		return ""
	}
	return syntax
}

// carried tells whether an image is docker/dockerfile, of whichever tag or digest.
func carried(ref string) bool {
	name := dockerfile.SplitReference(strings.TrimSpace(ref)).Name
	for _, host := range []string{"docker.io/", "index.docker.io/"} {
		name = strings.TrimPrefix(name, host)
	}
	return name == "docker/dockerfile"
}
