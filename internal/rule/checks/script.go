package checks

import (
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

// script is the commands of a RUN, CMD or ENTRYPOINT, read once for all rules. It
// is nil for other instructions, and has no Commands where it cannot be read.
func script(p *rule.Pass, i *dockerfile.Instruction) *shell.Script {
	return rule.OfFile(p, i, func() *shell.Script {
		c, ok := i.Command()
		if !ok {
			return nil
		}
		return shell.Parse(c, shellBefore(p, i))
	})
}

// shellBefore is the SHELL in force at an instruction; nil means the default.
func shellBefore(p *rule.Pass, i *dockerfile.Instruction) []string {
	if i.Stage < 0 {
		return nil
	}
	var found []string
	args := p.Project.Settings.BuildArgs
	for s := p.File.Stages[i.Stage]; s != nil && found == nil; s = p.File.Parent(s, args) {
		for _, other := range s.Instructions {
			if other == i {
				break
			}
			if words, ok := other.JSON(); ok && other.Name == "SHELL" {
				found = words
			}
		}
	}
	return found
}

// finalStage is the stage that the build makes; nil when there is none.
func finalStage(p *rule.Pass) *dockerfile.Stage { return p.File.Final(p.Project.Settings.Target) }

// lineage is the stages whose layers are part of s, nearest first.
func lineage(p *rule.Pass, s *dockerfile.Stage) []*dockerfile.Stage {
	var list []*dockerfile.Stage
	for ; s != nil; s = p.File.Parent(s, p.Project.Settings.BuildArgs) {
		list = append(list, s)
	}
	return list
}
