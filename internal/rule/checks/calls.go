package checks

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

// A call is a command in which a package manager was recognised.
type call struct {
	ecosystem.Call
	cmd *shell.Command
	at  int // index among the script's commands
}

// callsOf are the package manager's calls in an instruction, read once for all
// rules.
func callsOf(p *rule.Pass, i *dockerfile.Instruction) []call {
	type key struct{ i *dockerfile.Instruction }
	return rule.OfFile(p, key{i}, func() []call {
		sc := script(p, i)
		if sc == nil || sc.Err != nil {
			return nil
		}
		table := rule.OfContext(p, ecosystem.NewTable)
		var list []call
		for k, c := range sc.Commands {
			if read, ok := table.Read(c.Name, c.Texts()); ok {
				list = append(list, call{read, c, k})
			}
		}
		return list
	})
}

// of are the calls of one manager.
func of(list []call, manager string) (out []call) {
	for _, c := range list {
		if c.Manager.Name == manager {
			out = append(out, c)
		}
	}
	return out
}

// verbWord is the word that says what the call does.
func (c call) verbWord() shell.Word { return c.cmd.Args[c.Verb] }

// packages are the names of the packages that the call speaks of.
func (c call) packages() (names []string) {
	args := c.cmd.Texts()
	for _, k := range c.Names {
		names = append(names, ecosystem.Package(args[k]))
	}
	return names
}

// A step is a RUN of a stage, or the one that an ONBUILD carries.
type step struct {
	stage *dockerfile.Stage
	*dockerfile.Instruction
}

// runsOf are the RUN instructions of a stage.
func runsOf(s *dockerfile.Stage) (list []step) {
	for _, i := range s.Instructions {
		if i.Trigger != nil {
			i = i.Trigger
		}
		if i.Name == "RUN" {
			list = append(list, step{s, i})
		}
	}
	return list
}

// shipped are the RUN instructions whose layers are part of the image, in the
// order in which they are made.
func shipped(p *rule.Pass) (list []step) {
	stages := lineage(p, finalStage(p))
	slices.Reverse(stages)
	for _, s := range stages {
		list = append(list, runsOf(s)...)
	}
	return list
}

// after are the steps of the list that follow s.
func after(list []step, s step) []step {
	k := slices.IndexFunc(list, func(other step) bool { return other.Instruction == s.Instruction })
	return list[k+1:]
}

// mounted tells whether what a step writes into dir stays out of its layer.
func mounted(p *rule.Pass, s step, dir string) bool {
	run, ok := s.Run()
	if !ok {
		return false
	}
	var st *dockerfile.State
	for _, m := range run.Mounts {
		target := m.Target
		if strings.Contains(target, "$") || !path.IsAbs(target) {
			if st == nil {
				st = surroundingsOf(p, s).state
			}
			if known, err := dockerfile.ExpandKnown(target, p.File.Escape, st.Lookup); err == nil {
				target = known
			}
			if !path.IsAbs(target) {
				target = path.Join("/", st.Workdir, target)
			}
		}
		if (m.Type == "cache" || m.Type == "tmpfs") && ecosystem.Inside(dir, path.Clean(target)) {
			return true
		}
	}
	return false
}

// removesIn tells whether one of the commands from index on empties dir.
func removesIn(sc *shell.Script, from int, dir string) bool {
	for _, c := range sc.Commands[from:] {
		if removes(c, dir) {
			return true
		}
	}
	return false
}

// removes tells whether a command empties dir: rm of it or of a directory above
// it, or find … -delete.
func removes(c *shell.Command, dir string) bool {
	if c.Name == "find" && (c.Has("-delete") || c.Has("rm")) {
		return len(c.Args) > 0 && ecosystem.Empties(c.Args[0].Value, dir)
	}
	paths, _ := ecosystem.Removed(c.Name, c.Texts())
	return slices.ContainsFunc(paths, func(name string) bool { return ecosystem.Empties(homely(name), dir) })
}

// homely is a path with root's home in the place of "~" and "$HOME".
func homely(name string) string {
	name = strings.Trim(name, `"`)
	for _, prefix := range []string{"~", "$HOME", "${HOME}"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && (rest == "" || rest[0] == '/') {
			return "/root" + rest
		}
	}
	return name
}

// sudo is "sudo " where the command is run by it.
func sudo(c *shell.Command) string {
	if slices.Contains(c.Wrappers, "sudo") {
		return "sudo "
	}
	return ""
}

// opaque tells whether a step runs something whose commands cannot be read here: a
// script, or a text that is not for a shell.
func opaque(p *rule.Pass, s step) bool {
	sc := script(p, s.Instruction)
	return sc == nil || sc.Err != nil || slices.ContainsFunc(sc.Commands, opaqueCommand)
}

func opaqueCommand(c *shell.Command) bool {
	switch c.Name {
	case "", ".", "source", "eval", "make":
		return len(c.Words) > 0
	case "sh", "bash", "dash", "ash", "zsh":
		return true
	}
	return strings.HasSuffix(c.Name, ".sh")
}

// list writes names for a sentence, the first few of many.
func list(names []string) string {
	const most = 4
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
