package checks

import (
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
)

func buildPackages() *rule.Rule {
	return &rule.Rule{
		ID: "build-packages",
		Doc: rule.Doc{
			Title: "Packages that only serve to build in the final image",
			Text: `Compilers, build systems and header packages are needed while software is built and never again.
In the shipped image they weigh hundreds of megabytes and widen what a scanner has to report.

Install them in a stage that is built from, and copy its result; or install, use and remove them in one
RUN. Which libraries the result needs at run time cannot be told from the text, so nothing is applied
here: careen optimize finds them in the built image and proves the result.`,
			Before: "RUN apt-get update && apt-get install -y build-essential libssl-dev && make install",
			After:  "FROM debian:bookworm AS build\nRUN apt-get update && apt-get install -y build-essential libssl-dev && make install DESTDIR=/out\nFROM debian:bookworm\nCOPY --from=build /out /",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Check:    checkBuildPackages,
	}
}

func checkBuildPackages(p *rule.Pass) {
	if finalStage(p) == nil {
		return
	}
	for _, s := range shipped(p) {
		for _, c := range callsOf(p, s.Instruction) {
			if c.Action != ecosystem.Install || !c.Manager.System {
				continue
			}
			if names := buildOnly(p, s, c); len(names) > 0 {
				p.Report(diag.Finding{
					Span:    c.cmd.Span,
					Message: "the final image keeps " + list(names) + ", which only " + serve(names) + " to build",
					Reason:  "what compiles is not needed to run; install it in a stage that is built from, or remove it in the same RUN",
					Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: "the packages and what they depend on"}},
				})
			}
		}
	}
}

func serve(names []string) string {
	if len(names) == 1 {
		return "serves"
	}
	return "serve"
}

// buildOnly are the packages of a call that only serve to build and that neither
// the step removes nor the image starts with.
func buildOnly(p *rule.Pass, s step, c call) (names []string) {
	virtual := option(c.cmd.Texts(), "-t", "--virtual")
	var removed []string
	for _, other := range of(callsOf(p, s.Instruction), c.Manager.Name) {
		if other.Action == ecosystem.Remove && other.at > c.at {
			removed = append(removed, other.packages()...)
		}
	}
	if virtual != "" && slices.Contains(removed, virtual) {
		return nil
	}
	for _, name := range c.packages() {
		if ecosystem.BuildOnly(name) && !slices.Contains(removed, name) && !startsWith(p, []string{name}) {
			names = append(names, name)
		}
	}
	if len(removed) > 0 && computed(removed) {
		return nil
	}
	return names
}

// computed tells whether a name is for the shell to make up.
func computed(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return n == "" || n[0] == '$' || n[0] == '"' })
}
