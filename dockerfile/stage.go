package dockerfile

import (
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

// StageByName is the stage that a --from or a target of that name means, in any
// case: the last one so called. It is nil when there is none.
func (f *File) StageByName(name string) *Stage {
	name = strings.ToLower(name)
	for k := len(f.Stages) - 1; k >= 0; k-- {
		if f.Stages[k].Name == name && name != "" {
			return f.Stages[k]
		}
	}
	return nil
}

// Final is the stage that a build with this target makes; "" means the last one.
// It is nil when the file has no such stage.
func (f *File) Final(target string) *Stage {
	if target != "" {
		return f.StageByName(target)
	}
	if len(f.Stages) == 0 {
		return nil
	}
	return f.Stages[len(f.Stages)-1]
}
