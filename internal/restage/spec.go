package restage

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
)

// spec puts what a program needs on one rung of the ladder.
func (n *needs) spec(f *Facts, r Rung) *Spec {
	t := index(f.Files)
	s := &Spec{Kind: "binary", Base: r.Base, Shell: r.Shell, Packages: n.toInstall(f)}
	if r.Name == "same" {
		base := basePackages(t)
		s.Packages = slices.DeleteFunc(s.Packages, func(p Package) bool { return base[p.Name] })
	}
	s.Copies, s.links = cover(t, n.keep)
	s.Title, s.Why = n.title(t, r)
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
		s.skeleton(r, ownDirs(f, t, s.Copies))
	}
	if r.Shell {
		s.certificates(t)
	}
	s.contentTypes(f, t, n)
	s.ldconfig = n.cached(f, t)
	s.Path, s.Workdir = searchPath(f, n, r), f.Workdir
	s.Removed = n.left()
	return s
}

// toInstall are the packages that a base with a package manager may lack.
func (n *needs) toInstall(f *Facts) []Package {
	return slices.DeleteFunc(slices.Clone(n.packages), func(p Package) bool { return f.Packages[p.Name].Carried })
}

// main is the program that the image is about: of what is started, the first that the
// project built.
func (n *needs) main(t *tree) string {
	for _, p := range n.start.programs {
		if file := t.at(p); own(file) && file.ELF {
			return p
		}
	}
	return n.start.programs[0]
}

func (n *needs) title(t *tree, r Rung) (title, why string) {
	name := path.Base(n.main(t))
	switch {
	case !r.Shell && !n.dynamic:
		return "run the static binary on a minimal base", fmt.Sprintf("Only what runs: %s is static and needs no distribution.", name)
	case !r.Shell:
		return "run the binary on a minimal base", fmt.Sprintf("Only what runs: %s needs no more libraries than this base has.", name)
	}
	return "leave the build tools in a first stage", fmt.Sprintf("Only what runs: %s and the libraries it loads.", name)
}

// certificateBundle is where Debian and Alpine keep the TLS roots as one file.
const certificateBundle = "/etc/ssl/certs/ca-certificates.crt"

// certificates brings the TLS roots along when the original has them: as a package
// where packages are installed anyway, else as a file.
func (s *Spec) certificates(t *tree) {
	if t.at(certificateBundle) == nil || strings.HasPrefix(s.Base, "gcr.io/distroless/") {
		return
	}
	if len(s.Packages) == 0 {
		s.Copies = append(s.Copies, Copy{Paths: []string{certificateBundle}, Why: "Certificates for TLS."})
		return
	}
	for _, p := range s.Packages {
		if p.Name == "ca-certificates" {
			return
		}
	}
	s.Packages = append(slices.Clone(s.Packages), Package{"ca-certificates", "certificates for TLS"})
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
	copies := present(t, "Certificates for TLS.", certificateBundle)
	copies = append(copies, present(t, "", "/etc/nsswitch.conf")...)
	if t.at("/usr/share/zoneinfo") != nil {
		copies = append(copies, Copy{Paths: []string{"/usr/share/zoneinfo"}, Dir: true, Why: "Time zones."})
	}
	return copies
}

// skeletonDir is where the build stage lays out directories that keep their owner
// and mode: COPY keeps them for what is inside the directory it copies, not for
// that directory itself.
const skeletonDir = "/skeleton"

// skeleton brings directories along to a base without a shell.
func (s *Spec) skeleton(r Rung, dirs []directory) {
	if r.Base == "scratch" {
		dirs = append(dirs, directory{path: "/tmp", mode: 0o1777})
	}
	if len(dirs) == 0 {
		return
	}
	for i := range dirs {
		dirs[i].path = skeletonDir + dirs[i].path
	}
	s.Prepare = append(s.Prepare, Prepare{"Directories with their owner and mode, for a base that has no shell.", makeDirs(dirs)})
	s.Copies = append([]Copy{{Paths: []string{skeletonDir + "/"}, To: "/", Dir: true}}, s.Copies...)
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
