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

// A written is a path of the image and the instruction whose layer first holds it.
type written struct {
	path string
	by   step
	size int64 // bytes, for a file of the build context; 0 when not known
}

// shippedLayers are the instructions whose layers are part of the image, in order.
func shippedLayers(p *rule.Pass) (list []step) {
	stages := lineage(p, finalStage(p))
	slices.Reverse(stages)
	for _, s := range stages {
		for _, i := range s.Instructions {
			list = append(list, step{s, i})
		}
	}
	return list
}

// eachShippedCommand visits the commands of the RUNs whose layers are part of the
// image, in order, with the instructions before each RUN. A body that cannot be read
// is left out.
func eachShippedCommand(p *rule.Pass, visit func(s step, sc *shell.Script, n int, before []step)) {
	if finalStage(p) == nil {
		return
	}
	layers := shippedLayers(p)
	for k, s := range layers {
		if s.Name != "RUN" {
			continue
		}
		sc := script(p, s.Instruction)
		if sc == nil || sc.Err != nil {
			continue
		}
		for n := range sc.Commands {
			visit(s, sc, n, layers[:k])
		}
	}
}

// maxWritten bounds how many files of a copied directory are looked at.
const maxWritten = 20000

// writes are the paths that the instruction is known to write.
func writes(p *rule.Pass, s step) []written {
	type key struct{ i *dockerfile.Instruction }
	return rule.OfFile(p, key{s.Instruction}, func() []written {
		if c, ok := s.Copy(); ok {
			return copies(p, s, c)
		}
		if s.Name == "RUN" {
			return downloaded(p, s)
		}
		return nil
	})
}

// copies are the files that a COPY or ADD places.
func copies(p *rule.Pass, s step, c dockerfile.Copy) (list []written) {
	st := surroundingsOf(p, s).state
	dest, ok := place(p, st, c.Dest.Value)
	if !ok || c.Parents {
		return nil
	}
	into := strings.HasSuffix(c.Dest.Value, "/") || strings.HasSuffix(c.Dest.Value, ".") || len(c.Sources) > 1
	for _, src := range c.Sources {
		switch {
		case strings.Contains(src.Value, "$"):
		case c.From != "" || isRemote(src.Value) || p.Project.Context == nil:
			name := dest
			if into {
				name = path.Join(dest, path.Base(src.Value))
			}
			list = append(list, written{path: name, by: s})
		default:
			list = append(list, placed(p, s, src.Value, dest, into)...)
		}
	}
	return list
}

// placed are the files of the build context that one source brings.
func placed(p *rule.Pass, s step, source, dest string, into bool) (list []written) {
	root := strings.Trim(path.Clean("/"+source), "/")
	for n, e := range p.Project.Context.Match(source) {
		if n == maxWritten {
			break
		}
		name := dest
		switch {
		case strings.ContainsAny(source, "*?["):
			name = path.Join(dest, path.Base(e.Path))
		case e.Path == root && e.Mode.IsDir():
			continue
		case e.Path == root && into:
			name = path.Join(dest, path.Base(root))
		case e.Path != root:
			name = path.Join(dest, strings.TrimPrefix(strings.TrimPrefix(e.Path, root), "/"))
		}
		list = append(list, written{name, s, e.Size})
	}
	return list
}

// place is a path of an instruction as an absolute one; ok is false where it is
// not known.
func place(p *rule.Pass, st *dockerfile.State, name string) (string, bool) {
	name, err := dockerfile.ExpandKnown(name, p.File.Escape, st.Lookup)
	if err != nil || strings.Contains(name, "$") {
		return "", false
	}
	if !path.IsAbs(name) {
		if st.Workdir == "" {
			return path.Clean("/" + name), true // the default, unless the base says otherwise
		}
		name = path.Join("/", st.Workdir, name)
	}
	return path.Clean(name), true
}

// downloaded are the files that the commands of a RUN fetch, by their options.
func downloaded(p *rule.Pass, s step) (list []written) {
	sc := script(p, s.Instruction)
	if sc == nil || sc.Err != nil {
		return nil
	}
	st := surroundingsOf(p, s).state
	for k, c := range sc.Commands {
		if c.Name == "cd" {
			break // where the rest writes is not followed
		}
		name := target(c)
		if name == "" || strings.ContainsAny(name, "$*?") || removedBy(sc.Commands[k+1:], name) {
			continue
		}
		if at, ok := place(p, st, homely(name)); ok {
			list = append(list, written{path: at, by: s})
		}
	}
	return list
}

// target is the file or directory that a download writes; "" when it tells none.
func target(c *shell.Command) string {
	args := c.Texts()
	switch c.Name {
	case "curl":
		return option(args, "-o", "--output")
	case "wget":
		return option(args, "-O", "--output-document")
	case "git":
		if len(args) > 2 && args[0] == "clone" && !strings.HasPrefix(args[len(args)-1], "-") && !strings.Contains(args[len(args)-1], "://") && !strings.Contains(args[len(args)-1], "@") {
			return args[len(args)-1]
		}
	}
	return ""
}

// option is the value of an option that stands behind it, in it, or at the end of
// a cluster of single letters ("-fsSLo x").
func option(args []string, short, long string) string {
	for k, a := range args {
		if v, ok := strings.CutPrefix(a, long+"="); ok {
			return v
		}
		cluster := len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, short[1:])
		if (a == short || a == long || cluster) && k+1 < len(args) && args[k+1] != "-" {
			return args[k+1]
		}
	}
	return ""
}

// removedBy tells whether one of the commands removes the path as it is written.
func removedBy(commands []*shell.Command, name string) bool {
	return slices.ContainsFunc(commands, func(c *shell.Command) bool {
		paths, _ := ecosystem.Removed(c.Name, c.Texts())
		return slices.Contains(paths, name) || slices.ContainsFunc(paths, func(r string) bool { return path.IsAbs(name) && ecosystem.Empties(r, name) })
	})
}
