package restage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
)

// A Proposal is the runtime stage as a change, or the reason why there is none.
type Proposal struct {
	Change *diag.Change
	Reason string // why nothing is proposed
}

// Options are what Propose needs beside the facts.
type Options struct {
	Path     string // of the Dockerfile, as changes name it
	Original string // image reference of the base of the last stage
	// Exists tells whether a base can be had where the image is built.
	Exists  func(ref string) bool
	Refused func(id string) bool // changes that were tried and dropped
}

// Propose offers the runtime stage on the smallest base that can be had and was
// not refused yet.
func Propose(file *dockerfile.File, f *Facts, o Options) Proposal {
	if len(file.Stages) == 0 {
		return Proposal{Reason: "the Dockerfile has no stage"}
	}
	d, reason := derive(f, o.Original, privileged(file.Stages[len(file.Stages)-1]))
	if d == nil {
		return Proposal{Reason: reason}
	}
	// An account that a step makes is meant, whoever names it: scripts drop to it, servers
	// are configured with it.
	d.needs.accounts = d.needs.accounts || len(accountSteps(file.Stages[len(file.Stages)-1])) > 0
	if reason := settled(f, d, o.Original); reason != "" {
		return Proposal{Reason: reason}
	}
	for _, r := range d.rungs {
		id := "multi-stage:" + r.Name
		if o.Refused(id) || r.Base != "scratch" && r.Base != o.Original && !o.Exists(r.Base) {
			continue
		}
		s := d.spec(r)
		if (len(s.links) > 0 || s.ldconfig) && !r.Shell {
			continue
		}
		if r.Base == o.Original && d.light(f) {
			return Proposal{Reason: "its base has no smaller form, and its own layers hold nothing of weight that only the build needs"}
		}
		if edits := s.rebase(file, d, f, o.Original); edits != nil {
			return Proposal{Change: change(id, o.Path, s, edits)}
		}
		s.takeOver(file.Stages[len(file.Stages)-1], index(f.Files))
		edits, reason := Render(file, s, f.Manager, f.Files)
		if reason != "" {
			return Proposal{Reason: reason}
		}
		return Proposal{Change: change(id, o.Path, s, edits)}
	}
	return Proposal{Reason: "no smaller base holds"}
}

// A derivation is what a kind of program needs, and how that is put on a base.
type derivation struct {
	needs    *needs
	rungs    []Rung
	spec     func(Rung) *Spec
	prunes   bool // something of weight goes that was not counted file by file
	scripted bool
}

// derive asks each kind in turn. The reason is that of the kind that came closest.
func derive(f *Facts, original string, prune bool) (*derivation, string) {
	n, reason := Binary(f)
	if n != nil {
		return &derivation{needs: n, rungs: Rungs(f, n, original), spec: func(r Rung) *Spec { return n.spec(f, r) }}, ""
	}
	n, app, nodeReason := Node(f)
	if n != nil {
		return &derivation{needs: n, rungs: nodeRungs(original), prunes: app.prune != "", spec: func(r Rung) *Spec { return n.nodeSpec(f, app, r) }}, ""
	}
	if !strings.HasPrefix(nodeReason, "its command is not") {
		reason = nodeReason
	}
	n, java, javaReason := Java(f)
	if n != nil {
		return &derivation{needs: n, rungs: javaRungs(f, java, original), spec: func(r Rung) *Spec { return n.javaSpec(f, java, r, original) }}, ""
	}
	if !strings.HasPrefix(javaReason, "its command is not") {
		return nil, javaReason
	}
	n, scripts, scriptReason := Interpreted(f)
	if n == nil {
		return nil, cmp.Or(scriptReason, reason)
	}
	return &derivation{needs: n, rungs: scriptRungs(f, n, scripts, original), scripted: true,
		spec: func(r Rung) *Spec { return n.scriptSpec(f, scripts, r, prune, original) }}, ""
}

// privileged tells whether the last step of a stage runs as root: then the stage
// may delete whatever it holds.
func privileged(stage *dockerfile.Stage) bool {
	user := false
	for _, in := range stage.Instructions {
		switch in.Name {
		case "USER":
			user = true
		case "RUN", "COPY", "ADD":
			if user {
				return false
			}
		}
	}
	return true
}

// settled says why the last stage is left alone: it starts from a small base and
// carries neither build packages nor much that would stay behind.
func settled(f *Facts, d *derivation, original string) string {
	small := original == "scratch"
	for _, mark := range []string{"slim", "alpine", "distroless", "busybox", "static", "-jre"} {
		small = small || strings.Contains(original, mark)
	}
	// A program that needs no distribution leaves most of a slim one unused.
	bare := strings.Contains(original, "slim") && len(d.rungs) > 0 && !d.rungs[0].Shell
	if !small || bare || d.prunes || namesBuildPackage(f) {
		return ""
	}
	if kept, gone := d.weigh(f); gone*10 > kept {
		return ""
	}
	return "its last stage is already minimal"
}

// light tells whether an interpreted program on its own base would leave nothing of
// weight behind.
func (d *derivation) light(f *Facts) bool {
	if !d.scripted || namesBuildPackage(f) {
		return false
	}
	kept, gone := d.weigh(f)
	return gone*10 <= kept
}

func namesBuildPackage(f *Facts) bool { return slices.ContainsFunc(f.Named, f.BuildOnly) }

// weigh sums what stays and what goes of the project's own files.
func (d *derivation) weigh(f *Facts) (kept, gone int64) {
	for i := range f.Files {
		entry := &f.Files[i]
		if entry.Dir {
			continue
		}
		if own(entry) && d.needs.keep[entry.Path] {
			kept += entry.Size
		} else if own(entry) {
			gone += entry.Size
		}
	}
	return kept, gone
}

func change(id, path string, s *Spec, edits []span.Edit) *diag.Change {
	return &diag.Change{
		ID: id, Title: s.Title, Why: s.Why, Applicability: diag.Proven,
		Files:  []diag.FileEdit{{File: path, Edits: edits}},
		Leaves: s.Removed,
		Predicted: []diag.Estimate{{Quantity: diag.DiskBytes,
			Evidence: fmt.Sprintf("the original's file tree: %d paths of its own layers are not needed to run", len(s.Removed))}},
	}
}
