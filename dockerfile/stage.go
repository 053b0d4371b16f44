package dockerfile

import (
	"strconv"
	"strings"

	"github.com/careenhq/careen/span"
)

// A Stage is a FROM and the instructions up to the next one.
type Stage struct {
	Index        int
	Name         string // lower case; "" when unnamed
	From         *Instruction
	Instructions []*Instruction // those after From
	Span         span.Span      // From to the last instruction

	base From
}

// Base is what the stage's FROM says.
func (s *Stage) Base() From { return s.base }

// divide sorts the instructions into stages.
func (f *File) divide() {
	for _, i := range f.Instructions {
		if i.Name == "FROM" {
			f.Stages = append(f.Stages, newStage(i, len(f.Stages)))
		}
		i.Stage = len(f.Stages) - 1
		if i.Trigger != nil {
			i.Trigger.Stage = i.Stage
		}
		if i.Stage < 0 {
			f.Global = append(f.Global, i)
			continue
		}
		s := f.Stages[i.Stage]
		s.Span.End = i.Span.End
		if i != s.From {
			s.Instructions = append(s.Instructions, i)
		}
	}
}

func newStage(from *Instruction, index int) *Stage {
	base := readFrom(from)
	return &Stage{Index: index, Name: base.Name, From: from, Span: from.Span, base: base}
}

// StageByName is the first stage of that name, in any case; nil when there is none.
func (f *File) StageByName(name string) *Stage {
	for _, s := range f.Stages {
		if s.Name != "" && strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// stageRef is the stage that a --from or a target means: a name, or a number.
func (f *File) stageRef(ref string) *Stage {
	if s := f.StageByName(ref); s != nil {
		return s
	}
	if n, err := strconv.Atoi(ref); err == nil && n >= 0 && n < len(f.Stages) {
		return f.Stages[n]
	}
	return nil
}

// Final is the stage that a build with this target makes: a name or a number, or
// "" for the last one. It is nil when the file has no such stage.
func (f *File) Final(target string) *Stage {
	if target != "" {
		return f.stageRef(target)
	}
	if len(f.Stages) == 0 {
		return nil
	}
	return f.Stages[len(f.Stages)-1]
}
