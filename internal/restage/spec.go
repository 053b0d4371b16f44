package restage

import (
	"fmt"
	"github.com/careenhq/careen/diag"
	"path"
	"slices"
	"strings"
)

// spec puts what a program needs on one rung of the ladder.
func (n *needs) spec(f *Facts, r Rung) *Spec {
	t := index(f.Files)
	s := &Spec{Kind: "binary", Base: r.Base, Shell: r.Shell, Packages: n.packages}
	s.Copies, s.links = cover(t, n.keep)
	s.Title, s.Why = n.title(r)
	if !r.Shell {
		s.Packages, s.Exec = nil, n.start.exec
		if n.accounts || r.Base == "scratch" {
			s.Copies = append(s.Copies, present(t, "Accounts, as the build has them.", "/etc/passwd", "/etc/group")...)
		}
	}
	if r.Base == "scratch" {
		s.Copies = append(s.Copies, scratchFiles(t)...)
	}
	if r.Shell {
		s.Accounts, s.dirs = n.accounts, ownDirs(f, t, s.Copies)
	} else {
		s.Copies = append(s.Copies, directories(emptyDirs(f, t, s.Copies))...)
	}
	s.Path, s.Workdir = searchPath(f, n, r), f.Workdir
	s.Removed = n.left()
	return s
}

func (n *needs) title(r Rung) (title, why string) {
	name := path.Base(n.start.programs[0])
	switch {
	case !r.Shell && !n.dynamic:
		return "run the static binary on a minimal base", fmt.Sprintf("Only what runs: %s is static and needs no distribution.", name)
	case !r.Shell:
		return "run the binary on a minimal base", fmt.Sprintf("Only what runs: %s needs no more libraries than this base has.", name)
	}
	return "leave the build tools in a first stage", fmt.Sprintf("Only what runs: %s and the libraries it loads.", name)
}

// present copies the files that the original has.
func present(t *tree, why string, files ...string) []Copy {
	var have []string
	for _, p := range files {
		if t.at(p) != nil {
			have = append(have, p)
		}
	}
	if len(have) == 0 {
		return nil
	}
	return []Copy{{Paths: have, Why: why}}
}

// scratchFiles are the files that programs without any distribution below them
// still look for.
func scratchFiles(t *tree) []Copy {
	copies := present(t, "Certificates for TLS.", "/etc/ssl/certs/ca-certificates.crt")
	copies = append(copies, present(t, "", "/etc/nsswitch.conf")...)
	for _, d := range []struct{ dir, why string }{{"/usr/share/zoneinfo", "Time zones."}, {"/tmp", ""}} {
		if t.at(d.dir) != nil {
			copies = append(copies, Copy{Paths: []string{d.dir}, Dir: true, Why: d.why})
		}
	}
	return copies
}

func directories(dirs []string) []Copy {
	var copies []Copy
	for _, d := range dirs {
		copies = append(copies, Copy{Paths: []string{d}, Dir: true})
	}
	return copies
}

// standardPath is what every base sets, and what execvp searches without PATH.
var standardPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// searchPath is the PATH the runtime stage has to set so that programs called by
// name are found where they were; "" when the base's own does.
func searchPath(f *Facts, n *needs, r Rung) string {
	var extra []string
	for p := range n.keep {
		dir := path.Dir(p)
		if slices.Contains(f.Path, dir) && !slices.Contains(standardPath, dir) && !slices.Contains(extra, dir) {
			extra = append(extra, dir)
		}
	}
	slices.Sort(extra)
	if r.Base == "scratch" {
		return strings.Join(append(extra, standardPath...), ":")
	}
	if len(extra) == 0 {
		return ""
	}
	return strings.Join(append(extra, "$PATH"), ":")
}

// left lists what stays behind, rolled up where a whole directory goes for one
// reason.
func (n *needs) left() []diag.Leave {
	removed := make([]diag.Leave, 0, len(n.removed))
	for p, reason := range n.removed {
		removed = append(removed, diag.Leave{Glob: p, Reason: reason})
	}
	slices.SortFunc(removed, func(a, b diag.Leave) int { return strings.Compare(a.Glob, b.Glob) })
	return removed
}
