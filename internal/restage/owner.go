package restage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/shell"
)

// A handover is the last step of the user's stage where it does nothing but give
// files to somebody: chown -R. The copies of the runtime stage can do that
// themselves, and the files are not written a second time.
type handover struct {
	step  *dockerfile.Instruction
	owner string // for --chown
}

// named matches an owner and group by name, as chown and COPY --chown both read it.
var named = regexp.MustCompile(`^[a-z_][a-z0-9_-]*:[a-z_][a-z0-9_-]*$`)

// takeOver moves the last chown of the stage into the copies. It does so only where
// every copied file below the given paths belongs to that owner in the original, so
// the files keep the owners they have.
func (s *Spec) takeOver(stage *dockerfile.Stage, t *tree) {
	step, owner, paths := lastChown(stage)
	if step == nil || t.at(paths[0]) == nil {
		return
	}
	uid, gid := t.at(paths[0]).UID, t.at(paths[0]).GID
	var under []int
	for i, c := range s.Copies {
		if c.To != "" || rootOf(paths, c.Paths[0]) == "" {
			continue
		}
		if !t.allOwned(c, uid, gid) {
			return
		}
		under = append(under, i)
	}
	if len(under) == 0 || len(s.links) > 0 {
		return
	}
	if !s.Shell || !named.MatchString(owner) {
		owner = fmt.Sprintf("%d:%d", uid, gid)
	}
	s.handover = &handover{step, owner}
	for _, i := range under {
		s.Copies[i].Owner = owner
	}
	s.dirs = slices.DeleteFunc(s.dirs, func(d directory) bool { return s.makes(d, uid, gid) })
}

// makes tells whether an owned copy makes the directory as it is in the original:
// COPY --chown gives a directory that it makes to the owner, open to all.
func (s *Spec) makes(d directory, uid, gid int) bool {
	return d.mode == 0o755 && d.uid == uid && d.gid == gid &&
		slices.ContainsFunc(s.Copies, func(c Copy) bool { return c.Owner != "" && c.Dir && c.Paths[0] == d.path })
}

// lastChown reads the last step of a stage as "chown -R OWNER PATH…" with absolute
// paths.
func lastChown(stage *dockerfile.Stage) (step *dockerfile.Instruction, owner string, paths []string) {
	for _, in := range stage.Instructions {
		switch in.Name {
		case "RUN", "COPY", "ADD":
			step = in
		}
	}
	if step == nil {
		return nil, "", nil
	}
	run, ok := step.Run()
	if !ok || run.Form == dockerfile.ExecForm || run.Form == dockerfile.FileForm || len(step.Flags) > 0 {
		return nil, "", nil
	}
	words, ok := shell.PlainCommand(run.Text)
	if !ok || len(words) < 4 || words[0] != "chown" || words[1] != "-R" {
		return nil, "", nil
	}
	for _, p := range words[3:] {
		if !strings.HasPrefix(p, "/") {
			return nil, "", nil
		}
		paths = append(paths, strings.TrimSuffix(p, "/"))
	}
	return step, words[2], paths
}

// allOwned tells whether everything that a copy brings belongs to one owner.
func (t *tree) allOwned(c Copy, uid, gid int) bool {
	for i := range t.files {
		f := &t.files[i]
		if rootOf(c.Paths, f.Path) != "" && f.Link == "" && (f.UID != uid || f.GID != gid) {
			return false
		}
	}
	return true
}
