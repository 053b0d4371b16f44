package restage

import (
	"slices"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
)

// lineage is the stage and those of the file that it continues, the first one first.
func lineage(file *dockerfile.File, stage *dockerfile.Stage) []*dockerfile.Stage {
	stages := []*dockerfile.Stage{stage}
	for parent := file.Parent(stage, nil); parent != nil; parent = file.Parent(parent, nil) {
		stages = append([]*dockerfile.Stage{parent}, stages...)
	}
	return stages
}

// once are instructions of which the last one of an image counts.
var once = map[string]bool{"CMD": true, "ENTRYPOINT": true, "HEALTHCHECK": true, "STOPSIGNAL": true, "USER": true}

// inherited are the instructions of earlier stages that a stage continues with: the
// runtime stage does not continue them, so it has to repeat them. A later stage's
// own instruction takes the place of an earlier one's, and an ENTRYPOINT takes an
// earlier CMD away.
func inherited(stages []*dockerfile.Stage) (env, late []*dockerfile.Instruction) {
	for i, stage := range stages {
		for _, in := range stage.Instructions {
			if once[in.Name] {
				late = slices.DeleteFunc(late, func(x *dockerfile.Instruction) bool {
					return x.Name == in.Name || in.Name == "ENTRYPOINT" && x.Name == "CMD" && x.Stage != in.Stage
				})
			}
			switch {
			case i == len(stages)-1:
				// the stage itself: sorted by whoever asks
			case in.Name == "ENV", in.Name == "SHELL":
				env = append(env, in)
			case in.Name == "USER", runtimeOnly[in.Name]:
				late = append(late, in)
			}
		}
	}
	return env, late
}

// rebase puts the last stage of several on a smaller base where it stands: it only
// copies what other stages made, runs nothing and leaves nothing behind. It gives nil
// where the stage needs more than another base.
func (s *Spec) rebase(file *dockerfile.File, d *derivation, f *Facts, original string) []span.Edit {
	stage := file.Stages[len(file.Stages)-1]
	if len(file.Stages) == 1 || len(lineage(file, stage)) > 1 || s.Base == original || len(s.Packages) > 0 || len(s.Prepare) > 0 || s.Path != "" {
		return nil
	}
	if slices.ContainsFunc(s.Copies, func(c Copy) bool { return c.Paths[0] == certificateBundle && !d.needs.keep[certificateBundle] }) {
		return nil
	}
	if kept, gone := d.weigh(f); gone*10 > kept {
		return nil
	}
	for _, in := range stage.Instructions {
		switch command, ok := in.Command(); {
		case in.Name == "RUN", in.Name == "ONBUILD":
			return nil
		case ok && command.Form == dockerfile.ShellForm && !s.Shell:
			return nil
		}
	}
	s.Title, s.Why, s.Removed = "start the last stage from a smaller base", "It only copies what the other stages made and needs no more than this base has.", nil
	return []span.Edit{span.Replace(stage.Base().Image.Span, s.Base)}
}
