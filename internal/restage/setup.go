package restage

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/careenhq/careen/dockerfile"
)

// accountCommands make users and groups.
var accountCommands = map[string]bool{
	"useradd": true, "adduser": true, "groupadd": true, "addgroup": true, "usermod": true,
}

// accountSteps are the commands of a stage that make users and groups, as they
// stand in its RUN instructions. Commands inside conditions or functions are not
// found; the caller then has to copy the account files.
func accountSteps(stage *dockerfile.Stage) []string {
	return plainSteps(stage, func(call *syntax.CallExpr) bool { return accountCommands[call.Args[0].Lit()] })
}

// configurationCommands switch parts of an installed package on or off. What they
// write are links that maintainer scripts write too, so the commands are repeated.
var configurationCommands = map[string]bool{
	"a2enmod": true, "a2dismod": true, "a2ensite": true, "a2dissite": true, "a2enconf": true, "a2disconf": true,
	"phpenmod": true, "phpdismod": true, "lighty-enable-mod": true, "lighttpd-enable-mod": true,
}

// configurationSteps are the commands of a stage that configure packages by other
// means than writing a file: those, and the removal of files below /etc.
func configurationSteps(stage *dockerfile.Stage) []string {
	return plainSteps(stage, func(call *syntax.CallExpr) bool {
		return configurationCommands[call.Args[0].Lit()] || removesSettings(call)
	})
}

// removesSettings tells whether a command removes nothing but files below /etc that
// it names.
func removesSettings(call *syntax.CallExpr) bool {
	if call.Args[0].Lit() != "rm" || len(call.Args) < 2 {
		return false
	}
	some := false
	for _, word := range call.Args[1:] {
		name := word.Lit()
		if strings.HasPrefix(name, "-") {
			continue
		}
		if !strings.HasPrefix(name, "/etc/") || strings.Contains(name, "..") {
			return false
		}
		some = true
	}
	return some
}

// plainSteps are the wanted commands of a stage, as they stand in its RUN
// instructions.
func plainSteps(stage *dockerfile.Stage, wanted func(*syntax.CallExpr) bool) []string {
	var steps []string
	for _, in := range stage.Instructions {
		run, ok := in.Run()
		if !ok || run.Form == dockerfile.ExecForm || run.Form == dockerfile.FileForm {
			continue
		}
		file, err := syntax.NewParser().Parse(strings.NewReader(run.Text), "")
		if err != nil {
			continue
		}
		for _, st := range file.Stmts {
			steps = append(steps, chained(st, run.Text, wanted)...)
		}
	}
	return steps
}

// chained finds the wanted commands of one "a && b && c" statement.
func chained(st *syntax.Stmt, text string, wanted func(*syntax.CallExpr) bool) []string {
	switch cmd := st.Cmd.(type) {
	case *syntax.BinaryCmd:
		if cmd.Op != syntax.AndStmt {
			return nil
		}
		return append(chained(cmd.X, text, wanted), chained(cmd.Y, text, wanted)...)
	case *syntax.CallExpr:
		if len(cmd.Args) > 0 && wanted(cmd) {
			return []string{strings.Join(strings.Fields(text[st.Pos().Offset():st.End().Offset()]), " ")}
		}
	}
	return nil
}

// A directory that the runtime stage makes itself, because it is empty or because
// its owner is not root: COPY would give it to root.
type directory struct {
	path     string
	mode     uint32
	uid, gid int
}

// ownDirs are the directories of the project's layers that no COPY of the spec
// brings with their owner and mode: empty ones, copied ones that are not root's or
// not open to all, and parents of copied files that belong to somebody else.
func ownDirs(f *Facts, t *tree, copies []Copy) []directory {
	var dirs []directory
	for _, p := range emptyDirs(f, t, copies) {
		dirs = append(dirs, directoryAt(t, p))
	}
	for i := range t.files {
		file := &t.files[i]
		if file.Dir && own(file) && (file.UID != 0 || file.GID != 0) && parentOfCopy(copies, file.Path) {
			dirs = append(dirs, directoryAt(t, file.Path))
		}
	}
	for _, c := range copies {
		if d := t.at(c.Paths[0]); c.Dir && own(d) && (d.UID != 0 || d.GID != 0 || d.Mode != 0o755 && d.Mode != 0) {
			dirs = append(dirs, directoryAt(t, d.Path))
		}
	}
	if work := t.at(path.Clean("/" + f.Workdir)); work != nil && own(work) && (work.UID != 0 || work.GID != 0) {
		dirs = append(dirs, directoryAt(t, work.Path))
	}
	slices.SortFunc(dirs, func(a, b directory) int { return strings.Compare(a.path, b.path) })
	return slices.Compact(dirs)
}

func directoryAt(t *tree, p string) directory {
	file := t.at(p)
	return directory{p, file.Mode, file.UID, file.GID}
}

// parentOfCopy tells whether something below dir is copied by name.
func parentOfCopy(copies []Copy, dir string) bool {
	for _, c := range copies {
		for _, p := range c.Paths {
			if rootOf([]string{dir}, p) != "" && p != dir {
				return true
			}
		}
	}
	return false
}

// makeDirs is the RUN that makes directories, those with one owner and mode
// together. The mode is named where it is not the usual one.
func makeDirs(dirs []directory) string {
	type kind struct {
		mode     uint32
		uid, gid int
	}
	var order []kind
	paths := map[kind][]string{}
	for _, d := range dirs {
		k := kind{d.mode, d.uid, d.gid}
		if paths[k] == nil {
			order = append(order, k)
		}
		paths[k] = append(paths[k], d.path)
	}
	var commands []string
	for _, k := range order {
		command := "install -d"
		if k.mode != 0o755 && k.mode != 0 {
			command += fmt.Sprintf(" -m %04o", k.mode)
		}
		if k.uid != 0 || k.gid != 0 {
			command += fmt.Sprintf(" -o %d -g %d", k.uid, k.gid)
		}
		commands = append(commands, command+" "+strings.Join(paths[k], " "))
	}
	return "RUN " + strings.Join(commands, " && ")
}
