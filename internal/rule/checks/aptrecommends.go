package checks

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
	"github.com/careenhq/careen/span"
)

func aptRecommends() *rule.Rule {
	return &rule.Rule{
		ID: "apt-recommends",
		Doc: rule.Doc{
			Title: "apt-get install without --no-install-recommends",
			Text: `By default apt installs every package that the wanted ones recommend: manuals, desktop helpers,
compilers for a library's headers. They are downloaded and unpacked in every cold build and shipped
with the image.

The fix is kept only when the rebuilt image behaves the same: now and then a recommended package is
what the program needs (ca-certificates for curl is the classic), and then it belongs in the list by name.`,
			Before: "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
			After:  "RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*",
			Since:  "0.1",
		},
		Severity: diag.Warning,
		Fix:      diag.Proven,
		Aliases:  []string{"DL3015"},
		Check:    checkAptRecommends,
	}
}

func checkAptRecommends(p *rule.Pass) {
	if finalStage(p) == nil {
		return
	}
	var stage *dockerfile.Stage
	for _, s := range shipped(p) {
		if s.stage != stage && copiesAptConf(s.stage) || writesRecommends(p, s) {
			return
		}
		stage = s.stage
		for _, c := range of(callsOf(p, s.Instruction), "apt") {
			if c.Action == ecosystem.Install && len(c.Names) > 0 && !c.Lean {
				reportRecommends(p, s, c)
			}
		}
	}
}

// copiesAptConf tells whether a file is copied in that may have apt leave
// recommendations out.
func copiesAptConf(s *dockerfile.Stage) bool {
	return slices.ContainsFunc(s.Instructions, func(i *dockerfile.Instruction) bool {
		c, ok := i.Copy()
		return ok && strings.HasPrefix(c.Dest.Value, "/etc/apt/apt.conf")
	})
}

// writesRecommends tells whether a step writes the setting that leaves them out: it
// is in what another command than apt is given.
func writesRecommends(p *rule.Pass, s step) bool {
	sc := script(p, s.Instruction)
	if sc == nil || !strings.Contains(s.Text(), "Install-Recommends") {
		return false
	}
	return slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool {
		return !asksApt(c) && strings.Contains(strings.Join(c.Texts(), " "), "Install-Recommends")
	})
}

func reportRecommends(p *rule.Pass, s step, c call) {
	f := diag.Finding{
		Span:    c.cmd.Span,
		Message: c.cmd.Name + " install also brings what " + list(c.packages()) + " merely recommend",
		Reason:  "recommended packages are downloaded, unpacked and shipped although nothing asked for them",
		Saving: []diag.Estimate{
			{Quantity: diag.DiskBytes, Evidence: "apt installs recommended packages unless told not to; which they are depends on the release"},
		},
	}
	if len(c.Names) == 1 {
		f.Message = c.cmd.Name + " install also brings what " + c.packages()[0] + " merely recommends"
	}
	if edits := addOption(c, "--no-install-recommends"); edits != nil {
		f.Change = p.Edit("install without recommended packages", edits)
	}
	p.Report(f)
}

// addOption inserts an option behind the call's verb and the plain options that
// follow it, where people write it.
func addOption(c call, option string) []span.Edit {
	at := c.Verb
	for at+1 < len(c.cmd.Args) && slices.Contains([]string{"-y", "-yq", "-yqq", "-qy", "-qqy", "-qq", "-q", "--yes", "--assume-yes"}, c.cmd.Args[at+1].Value) {
		at++
	}
	return c.cmd.Insert(c.cmd.Args[at], option)
}
