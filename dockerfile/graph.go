package dockerfile

import "strconv"

// A Dependency is one use of a stage by another.
type Dependency struct {
	Stage *Stage       // the stage that is used
	By    *Instruction // FROM, COPY --from or RUN --mount=from=
}

// Dependencies are the stages that s uses, in order of use; a stage that is used
// twice appears twice.
func (f *File) Dependencies(s *Stage, buildArgs map[string]string) []Dependency {
	var deps []Dependency
	if parent := f.Parent(s, buildArgs); parent != nil {
		deps = append(deps, Dependency{parent, s.From})
	}
	for _, i := range s.Instructions {
		for _, used := range f.uses(i) {
			deps = append(deps, Dependency{used, i})
		}
	}
	return deps
}

// uses are the stages that COPY --from and RUN --mount=from= mean. A COPY may
// give a stage's number; either may name a later stage.
func (f *File) uses(i *Instruction) []*Stage {
	var used []*Stage
	add := func(s *Stage) {
		if s != nil {
			used = append(used, s)
		}
	}
	if c, ok := i.Copy(); ok && c.From != "" {
		if n, err := strconv.Atoi(c.From); err != nil {
			add(f.StageByName(c.From))
		} else if 0 <= n && n < len(f.Stages) {
			add(f.Stages[n])
		}
	}
	if r, ok := i.Run(); ok {
		for _, m := range r.Mounts {
			add(f.StageByName(m.From))
		}
	}
	return used
}

// Needed are the stages that a build of s makes, in file order, s included.
func (f *File) Needed(s *Stage, buildArgs map[string]string) []*Stage {
	need := make([]bool, len(f.Stages))
	var visit func(*Stage)
	visit = func(s *Stage) {
		if need[s.Index] {
			return
		}
		need[s.Index] = true
		for _, d := range f.Dependencies(s, buildArgs) {
			visit(d.Stage)
		}
	}
	visit(s)
	var out []*Stage
	for k, n := range need {
		if n {
			out = append(out, f.Stages[k])
		}
	}
	return out
}
