package dockerfile

import "path"

// A Variable is a named value that instructions set.
type Variable struct {
	Name  string
	Value string // expanded as far as the variables in it are known
	By    *Instruction
}

// A State is what the text of a Dockerfile says about the environment of an
// instruction. What comes from the base image is not known.
type State struct {
	Workdir string     // absolute; relative when it starts from the base image's; "" when only the base knows
	User    string     // "" when only the base knows
	Shell   []string   // nil means the default ("/bin/sh", "-c"), or what the base image sets
	Env     []Variable // ENV, in order of first definition
	Args    []Variable // ARGs in scope of the stage
}

// Lookup finds a variable as the build does: ENV before ARG.
func (s *State) Lookup(name string) (value string, set bool) {
	for _, list := range [2][]Variable{s.Env, s.Args} {
		for _, v := range list {
			if v.Name == name {
				return v.Value, true
			}
		}
	}
	return "", false
}

// State is the state in which upto runs, or that the stage ends with when upto is
// nil. A stage that builds on another one continues with its state. buildArgs
// are the values given on the command line.
func (f *File) State(s *Stage, upto *Instruction, buildArgs map[string]string) *State {
	st := &State{}
	if parent := f.Parent(s, buildArgs); parent != nil {
		st = f.State(parent, nil, buildArgs)
		st.Args = nil
	}
	global := f.Globals(buildArgs)
	for _, i := range s.Instructions {
		if i == upto {
			break
		}
		st.apply(i, global, buildArgs)
	}
	return st
}

func (s *State) apply(i *Instruction, global, buildArgs map[string]string) {
	text := i.args()
	switch i.Name {
	case "WORKDIR":
		s.chdir(s.expand(i, text))
	case "USER":
		s.User = s.expand(i, text)
	case "SHELL":
		if i.isJSON {
			s.Shell = i.json
		}
	case "ENV":
		before := *s
		before.Env = append([]Variable(nil), s.Env...)
		for _, kv := range i.KeyValues() {
			set(&s.Env, Variable{before.expand(i, kv.Key), before.expand(i, kv.Value), i})
		}
	case "ARG":
		s.arg(i, global, buildArgs)
	}
}

func (s *State) chdir(dir string) {
	if path.IsAbs(dir) {
		s.Workdir = path.Clean(dir)
	} else if dir != "" {
		s.Workdir = path.Join(s.Workdir, dir)
	}
}

// arg declares arguments. The command line wins over the default; an argument
// without either takes the value of a global one.
func (s *State) arg(i *Instruction, global, buildArgs map[string]string) {
	for _, kv := range i.KeyValues() {
		name := s.expand(i, kv.Key)
		value, known := buildArgs[name]
		if !known && kv.HasValue {
			value, known = s.expand(i, kv.Value), true
		}
		if !known {
			value, known = global[name]
		}
		if known {
			set(&s.Args, Variable{name, value, i})
		}
	}
}

// expand substitutes what is known; text that cannot be read stays as it is.
func (s *State) expand(i *Instruction, text string) string {
	out, err := ExpandKnown(text, i.file.Escape, s.Lookup)
	if err != nil {
		return text
	}
	return out
}

func set(list *[]Variable, v Variable) {
	for k := range *list {
		if (*list)[k].Name == v.Name {
			(*list)[k] = v
			return
		}
	}
	*list = append(*list, v)
}

// Globals are the values of the ARGs before the first FROM.
func (f *File) Globals(buildArgs map[string]string) map[string]string {
	vars := map[string]string{}
	for _, i := range f.Global {
		for _, kv := range i.KeyValues() {
			if i.Name != "ARG" {
				continue
			}
			if v, ok := buildArgs[kv.Key]; ok {
				vars[kv.Key] = v
			} else if kv.HasValue {
				if v, err := Expand(kv.Value, f.Escape, MapLookup(vars)); err == nil {
					vars[kv.Key] = v
				}
			}
		}
	}
	return vars
}

// BaseName is the base of the stage with global ARGs substituted: an image
// reference, "scratch", or the name of an earlier stage.
func (f *File) BaseName(s *Stage, buildArgs map[string]string) (string, error) {
	return Expand(s.base.Image.Value, f.Escape, MapLookup(f.Globals(buildArgs)))
}

// Parent is the earlier stage that s builds on, or nil when it builds on an image.
// BuildKit compares names in lower case with the base as written, so that
// "FROM Build" is never the stage "build".
func (f *File) Parent(s *Stage, buildArgs map[string]string) *Stage {
	name, err := f.BaseName(s, buildArgs)
	if err != nil || name == "" {
		return nil
	}
	for k := s.Index - 1; k >= 0; k-- {
		if f.Stages[k].Name == name {
			return f.Stages[k]
		}
	}
	return nil
}
