package checks

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
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
	steps := shipped(p)
	for _, s := range steps {
		if switchedOff(p, append(before(steps, s), s)) {
			return
		}
		for _, c := range of(callsOf(p, s.Instruction), "apt") {
			if c.Action == ecosystem.Install && len(c.Names) > 0 && !c.Lean {
				reportRecommends(p, s, c)
			}
		}
	}
}

// switchedOff tells whether a step, or a file that is copied in, may set apt's
// configuration so that recommendations are left out.
func switchedOff(p *rule.Pass, steps []step) bool {
	for _, s := range steps {
		if strings.Contains(s.Text(), "Install-Recommends") && len(of(callsOf(p, s.Instruction), "apt")) == 0 || writesRecommends(p, s) {
			return true
		}
		for _, i := range s.stage.Instructions {
			if c, ok := i.Copy(); ok && strings.HasPrefix(c.Dest.Value, "/etc/apt/apt.conf") {
				return true
			}
		}
	}
	return false
}

// writesRecommends finds the setting in what another command than apt is given.
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
