package checks

import (
	"slices"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/span"
)

// keepPackages has apt keep what it downloads, as images of Debian and Ubuntu tell
// it not to.
const keepPackages = "# " + whyKeep + "\nRUN rm -f " + dockerClean

// whyKeep is the comment on it, and dockerClean the file of those images.
const (
	whyKeep     = "apt keeps what it downloads, for the cache mounts below"
	dockerClean = "/etc/apt/apt.conf.d/docker-clean"
)

// reportApt reports an install through apt without cache mounts. The change is
// offered for stages that are only built from: it takes a file of the base away so
// that apt keeps packages, which must not reach an image that people install more
// packages into.
func reportApt(p *rule.Pass, s step) {
	f := diag.Finding{
		Span:    s.Span,
		Message: "no cache mount for apt",
		Reason:  "whenever this layer is made again, the lists and every package are downloaded anew; cache mounts on " + ecosystem.AptCache + " and " + ecosystem.AptLists + " keep them between builds and out of the layer",
		Saving:  []diag.Estimate{{Quantity: diag.ManifestSeconds, Evidence: "a rebuild of this step then fetches only what changed"}},
	}
	if edits := aptMountEdits(p, s); edits != nil {
		f.Change = p.Edit("keep apt's packages between builds", edits)
		f.Change.ID = p.Variant("apt")
	}
	p.Report(f)
}

// aptMountEdits gives every RUN of the stage that calls apt the mounts: one
// without them would find no lists, or leave packages in its layer. Only the
// first such RUN offers the change.
func aptMountEdits(p *rule.Pass, s step) []span.Edit {
	if slices.Contains(lineage(p, finalStage(p)), s.stage) || p.File.Parent(s.stage, p.Project.Settings.BuildArgs) != nil || !surroundingsOf(p, s).root() || copiedFrom(p, s.stage, ecosystem.AptLists) {
		return nil
	}
	var edits []span.Edit
	for _, other := range heirs(p, s) {
		apt := of(callsOf(p, other.Instruction), "apt")
		if opaque(p, other) && mayCallApt(p, other) {
			return nil
		}
		if len(apt) == 0 {
			continue
		}
		if len(edits) == 0 && other.Instruction != s.Instruction || apt[0].Action != ecosystem.Update || other.stage != s.stage {
			return nil
		}
		cut, ok := withoutEmptying(p, other, apt[0], aptDirs(apt[0]))
		if !ok || mounted(p, other, ecosystem.AptLists) || mounted(p, other, ecosystem.AptCache) {
			return nil
		}
		if len(edits) == 0 {
			edits = p.File.Editor().InsertBefore(other.Instruction, keepPackages)
		}
		edits = append(edits, addMounts(p, other, aptDirs(apt[0]))...)
		edits = append(edits, cut...)
	}
	return edits
}

func aptDirs(c call) (dirs []cacheDir) {
	for _, cache := range c.Manager.Caches {
		dirs = append(dirs, cacheDir{cache, cache.Path})
	}
	return dirs
}

// mayCallApt tells whether a step of unknown ways may install packages: make does
// not, a script may.
func mayCallApt(p *rule.Pass, s step) bool {
	sc := script(p, s.Instruction)
	if sc == nil || sc.Err != nil {
		return true
	}
	for _, c := range sc.Commands {
		if opaqueCommand(c) && c.Name != "make" {
			return true
		}
	}
	return false
}
