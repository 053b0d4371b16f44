package careen

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
)

// A Repair is the safe fixes of one Dockerfile.
type Repair struct {
	Path     string         // of the Dockerfile, as the user named it
	Dir      string         // of the project; "" for standard input
	Files    []RepairedFile // those that change
	Changes  []diag.Change  // made, in order
	Unmade   []string       // changes that could not be made, and why
	Left     int            // findings that remain
	Problems []AuditProblem // what could not be read
	Text     []byte         // the whole Dockerfile afterwards
}

// A RepairedFile is one file before and after.
type RepairedFile struct {
	Path          string // on this machine
	Name          string // relative to the project
	Before, After []byte
}

// Diff is the change as a unified diff.
func (f RepairedFile) Diff() []byte { return diff.Diff("a/"+f.Name, f.Before, "b/"+f.Name, f.After) }

// Repairs works out the safe fixes of every file that Audit would look at, one
// after the other: done is called with each before the next is read. It writes
// nothing itself. An error of done ends the work.
func Repairs(o AuditOptions, done func(Repair) error) error {
	targets, problems, err := o.targets()
	if err != nil {
		return err
	}
	for _, pr := range problems {
		if err := done(Repair{Path: pr.File, Problems: []AuditProblem{pr}}); err != nil {
			return err
		}
	}
	for _, t := range targets {
		// A fresh auditor: the fixes of one file may have changed what the next reads.
		if err := done(newAuditor(o).repair(t)); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) repair(t target) Repair {
	r := Repair{Path: t.file}
	p, err := a.load(t)
	if err != nil {
		r.Problems = []AuditProblem{problemOf(t.file, err)}
		return r
	}
	r.Dir = p.Dir
	fixed, err := a.driver.Fix(p, a.evidence(p), func(c diag.Change) bool { return c.Applicability == diag.Safe })
	if err != nil {
		r.Problems = []AuditProblem{problemOf(t.file, err)}
		return r
	}
	r.Problems = problemsOf(p, fixed.Left)
	r.Changes, r.Unmade, r.Left = fixed.Changes, fixed.Unmade, len(fixed.Left.Findings)
	before := rule.FilesOf(p)
	for _, name := range slices.Sorted(maps.Keys(fixed.Files)) {
		if string(before[name]) != string(fixed.Files[name]) {
			r.Files = append(r.Files, RepairedFile{pathOf(p, name), name, before[name], fixed.Files[name]})
		}
	}
	r.Text = fixed.Files[dockerfileName(p)]
	return r
}

func dockerfileName(p *project.Project) string {
	if p.Rel != "" {
		return p.Rel
	}
	return p.Path
}

// pathOf is where a file of the project lies on this machine.
func pathOf(p *project.Project, name string) string {
	if name == dockerfileName(p) {
		return p.DockerfilePath()
	}
	return filepath.Join(p.Dir, filepath.FromSlash(name))
}
