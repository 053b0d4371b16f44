package checks

import (
	"fmt"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

func singleStage() *rule.Rule {
	return &rule.Rule{
		ID: "single-stage",
		Doc: rule.Doc{
			Title: "Build tools in the final image of a single stage",
			Text: `What compiles or bundles a program is not needed to run it. In a Dockerfile of one stage the
compiler, the sources, the headers and the intermediate files are all part of the image. Build in a
first stage and copy the result into a second one on a small base.

No text edit can tell which files the program needs at run time, so nothing is applied here:
careen optimize derives the second stage from the built image and proves it.`,
			Before: "FROM golang:1.26\nCOPY . .\nRUN go build -o /app .\nCMD [\"/app\"]",
			After:  "FROM golang:1.26 AS build\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app .\nFROM gcr.io/distroless/static\nCOPY --from=build /app /app\nCMD [\"/app\"]",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Check:    checkSingleStage,
	}
}

func checkSingleStage(p *rule.Pass) {
	if len(p.File.Stages) != 1 {
		return
	}
	s := p.File.Stages[0]
	if s.Base().Image.Value == "scratch" || startsToolchain(p, s) {
		return
	}
	for _, i := range s.Instructions {
		sc := script(p, i)
		if i.Name != "RUN" || sc == nil {
			continue
		}
		for _, c := range sc.Commands {
			if what := compiles(c); what != "" {
				reportSingleStage(p, s, i, what)
				return
			}
		}
	}
}

func reportSingleStage(p *rule.Pass, s *dockerfile.Stage, i *dockerfile.Instruction, what string) {
	f := diag.Finding{
		Span:    i.Span,
		Message: fmt.Sprintf("%s runs in the stage that is shipped", what),
		Reason:  "its tools, the sources and intermediate files stay in the image; careen optimize splits off a runtime stage and proves it",
	}
	if base := p.Evidence.Base; base > 0 {
		f.Saving = []diag.Estimate{{
			Quantity: diag.DiskBytes,
			Evidence: fmt.Sprintf("the base %s alone weighs %s, %s", s.Base().Image.Value, rule.Size(base), p.Evidence.Source),
		}}
	}
	p.Report(f)
}

// compiles names what a command builds with; "" when it builds nothing.
func compiles(c *shell.Command) string {
	args := c.Texts()
	verb := first(c)
	switch c.Name {
	case "go":
		if verb == "build" || verb == "install" && !strings.Contains(strings.Join(args, " "), "@") {
			return "go " + verb
		}
	case "cargo", "dotnet", "swift", "stack", "cabal", "dub", "zig", "nim", "crystal":
		if verb == "build" || verb == "install" || verb == "publish" {
			return c.Name + " " + verb
		}
	case "mvn", "mvnw", "gradle", "gradlew", "sbt", "ant", "bazel":
		return c.Name
	case "gcc", "g++", "cc", "c++", "clang", "clang++", "rustc", "javac", "ghc", "tsc", "webpack", "ninja", "meson":
		return c.Name
	case "make", "gmake", "cmake":
		return c.Name
	case "npm", "pnpm", "yarn", "bun":
		if len(args) > 1 && args[0] == "run" && strings.HasPrefix(args[1], "build") || c.Name == "yarn" && verb == "build" || c.Name == "pnpm" && verb == "build" {
			return c.Name + " run build"
		}
	case "npx":
		switch verb {
		case "tsc", "webpack", "vite", "ng", "next":
			return "npx " + verb
		}
	}
	return ""
}

// startsToolchain tells whether the container runs the build tool itself, which
// must then stay.
func startsToolchain(p *rule.Pass, s *dockerfile.Stage) bool {
	for _, i := range s.Instructions {
		if i.Name != "CMD" && i.Name != "ENTRYPOINT" {
			continue
		}
		for _, c := range script(p, i).Commands {
			switch path.Base(c.Name) {
			case "go", "cargo", "mvn", "mvnw", "gradle", "gradlew", "sbt", "make", "gcc", "tsc":
				return true
			case "dotnet":
				return first(c) == "run" || first(c) == "watch" || first(c) == "test"
			}
		}
	}
	return false
}
