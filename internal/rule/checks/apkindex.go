package checks

import (
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/span"
)

// checkIndex reports an apk update whose index stays in the layer. Where the step
// goes on to install, apk add --no-cache fetches an index of its own that it does
// not keep, and the update is not needed.
func checkIndex(p *rule.Pass, s step, c call) {
	if c.Manager.Name != "apk" || c.Action != ecosystem.Update || c.NoCache || mounted(p, s, ecosystem.ApkCache) ||
		removesIn(script(p, s.Instruction), c.at+1, ecosystem.ApkCache) || cleans(p, s, c) {
		return
	}
	f := diag.Finding{
		Span:    c.cmd.Span,
		Message: "the index of apk update stays in the layer",
		Reason:  "nothing reads the index once the packages are installed; apk add --no-cache fetches it and keeps none",
		Saving:  []diag.Estimate{{Quantity: diag.DiskBytes, Evidence: "the index that apk update fetches"}},
	}
	if edits := withoutUpdate(p, s, c); edits != nil {
		f.Change = p.Edit("keep apk from caching", edits)
	}
	p.Report(f)
}

// withoutUpdate takes the update out and has every install of the step fetch the
// index itself; nil where nothing is installed.
func withoutUpdate(p *rule.Pass, s step, c call) []span.Edit {
	edits := c.cmd.Delete()
	installs := 0
	for _, other := range of(callsOf(p, s.Instruction), "apk") {
		switch {
		case other.at < c.at:
		case other.Action == ecosystem.Install && other.NoCache:
			installs++
		case other.Action == ecosystem.Install:
			installs++
			edits = append(edits, other.cmd.Insert(other.verbWord(), other.Manager.NoCache...)...)
		case other.Action == ecosystem.Upgrade && !other.NoCache:
			return nil // it reads the index that update fetched
		}
	}
	if installs == 0 || c.cmd.Delete() == nil {
		return nil
	}
	return edits
}
