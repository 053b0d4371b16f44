package restage

import "slices"

// A Rung is one base on the ladder from smallest to the original's own family.
type Rung struct {
	Name       string   // "static", "scratch", "base", "slim", "same"
	Base       string   // image reference, or "scratch"
	Shell      bool     // it has a shell and a package manager
	Recommends bool     // packages are installed with what they recommend
	holds      []string // packages that are part of it
}

// distroless images hold exactly these packages beside certificates, zones,
// passwd and /tmp (GoogleContainerTools/distroless, base/README.md and cc/README.md).
var (
	distrolessBase = []string{"libc6", "libssl3", "libssl3t64", "tzdata", "ca-certificates", "netbase"}
	distrolessCC   = append([]string{"libgcc-s1", "libstdc++6", "libgomp1"}, distrolessBase...)
)

// distrolessRelease is the suffix of distroless images by Debian code name: a
// program must meet the C library it was linked with.
var distrolessRelease = map[string]string{"bookworm": "debian12", "trixie": "debian13"}

// Rungs are the bases worth trying, smallest first. original is the base of the
// user's last stage.
func Rungs(f *Facts, n *needs, original string) []Rung {
	var rungs []Rung
	static := Rung{Name: "static", Base: "gcr.io/distroless/static-debian12", holds: []string{"tzdata", "ca-certificates", "netbase"}}
	bare := !n.start.shell && len(n.start.scripts) == 0
	if bare && !n.dynamic && static.covers(n.packages) {
		rungs = append(rungs, static, Rung{Name: "scratch", Base: "scratch", holds: static.holds})
	}
	if suffix := distrolessRelease[f.Release.Codename]; bare && n.dynamic && suffix != "" && f.Release.ID == "debian" {
		for _, r := range []Rung{
			{Name: "base", Base: "gcr.io/distroless/base-" + suffix, holds: distrolessBase},
			{Name: "cc", Base: "gcr.io/distroless/cc-" + suffix, holds: distrolessCC},
		} {
			if r.covers(n.packages) {
				rungs = append(rungs, r)
			}
		}
	}
	if slim := slimBase(f.Release); slim != "" && slim != original {
		rungs = append(rungs, Rung{Name: "slim", Base: slim, Shell: true})
	}
	return append(rungs, Rung{Name: "same", Base: original, Shell: true})
}

func (r Rung) covers(packages []Package) bool {
	for _, p := range packages {
		if !slices.Contains(r.holds, p.Name) {
			return false
		}
	}
	return true
}

// slimBase is the smallest official image of the same distribution release.
func slimBase(r Release) string {
	switch {
	case r.ID == "debian" && r.Codename != "":
		return "debian:" + r.Codename + "-slim"
	case r.ID == "ubuntu" && r.Version != "":
		return "ubuntu:" + r.Version
	case r.ID == "alpine" && r.Version != "":
		return "alpine:" + minor(r.Version)
	}
	return ""
}

// minor cuts "3.20.1" to "3.20": Alpine's tags name the minor release.
func minor(version string) string {
	dots := 0
	for i, c := range version {
		if c == '.' {
			if dots++; dots == 2 {
				return version[:i]
			}
		}
	}
	return version
}
