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
		for _, ref := range i.froms() {
			if used := f.used(s, ref); used != nil {
				deps = append(deps, Dependency{used, i})
			}
		}
	}
	return deps
}

// froms are the names of stages, images or contexts that the instruction reads.
func (i *Instruction) froms() []string {
	var refs []string
	if c, ok := i.Copy(); ok && c.From != "" {
		refs = append(refs, c.From)
	}
	if r, ok := i.Run(); ok {
		for _, m := range r.Mounts {
			if m.From != "" {
				refs = append(refs, m.From)
			}
		}
	}
	return refs
}

// used is the stage that a --from in s means: an earlier stage by name or number.
func (f *File) used(s *Stage, ref string) *Stage {
	if n, err := strconv.Atoi(ref); err == nil && n >= 0 && n < s.Index {
		return f.Stages[n]
	}
	return f.earlier(s, ref)
}

// Needed are the stages that a build of s makes, in file order, s included.
func (f *File) Needed(s *Stage, buildArgs map[string]string) []*Stage {
	need := make([]bool, len(f.Stages))
	need[s.Index] = true
	var out []*Stage
	for k := s.Index; k >= 0; k-- {
		if !need[k] {
			continue
		}
		for _, d := range f.Dependencies(f.Stages[k], buildArgs) {
			need[d.Stage.Index] = true
		}
	}
	for k, n := range need {
		if n {
			out = append(out, f.Stages[k])
		}
	}
	return out
}
