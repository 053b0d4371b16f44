package restage

import (
	"fmt"
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
	n, app, reason := derive(f)
	if n == nil {
		return Proposal{Reason: reason}
	}
	if reason := settled(file, f, n, app, o.Original); reason != "" {
		return Proposal{Reason: reason}
	}
	rungs := Rungs(f, n, o.Original)
	if app != nil {
		rungs = nodeRungs(o.Original)
	}
	for _, r := range rungs {
		id := "multi-stage:" + r.Name
		if o.Refused(id) || r.Base != "scratch" && r.Base != o.Original && !o.Exists(r.Base) {
			continue
		}
		s := n.specFor(f, app, r)
		if len(s.links) > 0 && !r.Shell {
			continue
		}
		s.takeOver(file.Stages[len(file.Stages)-1], index(f.Files))
		edits, reason := Render(file, s, f.Manager)
		if reason != "" {
			return Proposal{Reason: reason}
		}
		return Proposal{Change: change(id, o.Path, s, edits)}
	}
	return Proposal{Reason: "no smaller base holds"}
}

func derive(f *Facts) (*needs, *nodeApp, string) {
	n, reason := Binary(f)
	if n != nil {
		return n, nil, ""
	}
	n, app, nodeReason := Node(f)
	if n != nil {
		return n, app, ""
	}
	if app == nil && strings.HasPrefix(nodeReason, "its command is not") {
		return nil, nil, reason
	}
	return nil, nil, nodeReason
}

func (n *needs) specFor(f *Facts, app *nodeApp, r Rung) *Spec {
	if app != nil {
		return n.nodeSpec(f, app, r)
	}
	return n.spec(f, r)
}

// settled says why the last stage is left alone: it starts from a small base and
// carries neither build packages nor much that would stay behind.
func settled(file *dockerfile.File, f *Facts, n *needs, app *nodeApp, original string) string {
	small := original == "scratch"
	for _, mark := range []string{"slim", "alpine", "distroless", "busybox", "static"} {
		small = small || strings.Contains(original, mark)
	}
	if !small {
		return ""
	}
	for _, name := range f.Named {
		if f.BuildOnly(name) {
			return ""
		}
	}
	if app != nil && app.prune != "" {
		return ""
	}
	var kept, gone int64
	for _, entry := range f.Files {
		if own(&entry) && n.keep[entry.Path] {
			kept += entry.Size
		} else if own(&entry) {
			gone += entry.Size
		}
	}
	if gone*10 > kept {
		return ""
	}
	return "its last stage is already minimal"
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
