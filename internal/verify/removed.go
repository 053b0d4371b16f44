package verify

import (
	"cmp"
	"crypto/sha256"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/shell"
)

// whyRemoved gives the reason why a path may be gone, or what is wrong with that.
func (c *comparison) whyRemoved(n *image.Node) (reason string, lost *lostFile) {
	if n.IsDir() && c.old.madeEmpty(n) {
		return "", &lostFile{n.Path, "a step of the project makes this empty directory and the new image lacks it", "C5"}
	}
	if reason := noise(n.Path); reason != "" {
		return reason, nil
	}
	if n.IsDir() {
		return c.whyDirectory(n)
	}
	if p := c.old.db.Owner(n.Path); p != "" {
		return c.whyPackaged(n, p)
	}
	if c.isDefaultZone(n) {
		return "says that the time zone is UTC, which it is without the file", nil
	}
	if c.old.fromBase(n) {
		return c.whyBase(n)
	}
	return c.whyOwn(n)
}

// isDefaultZone tells whether a path sets the time zone to what the C library and
// every other reader takes without it (tzset(3)).
func (c *comparison) isDefaultZone(n *image.Node) bool {
	switch n.Path {
	case "/etc/localtime":
		target := c.old.tree.Resolve(n.Path)
		return target != nil && slices.Contains([]string{zones + "/Etc/UTC", zones + "/UTC", zones + "/Etc/UCT", zones + "/Etc/Universal", zones + "/Etc/Zulu"}, target.Path)
	case "/etc/timezone":
		return n.IsRegular() && n.Digest == sha256.Sum256([]byte("Etc/UTC\n"))
	}
	return false
}

// whyPackaged judges a file that a package owns. What the package is needed for
// the level of libraries finds; here its names in the project's files count.
func (c *comparison) whyPackaged(n *image.Node, owner string) (string, *lostFile) {
	if c.new.db.Package(owner) != nil && c.new.db.Manager == c.old.db.Manager {
		if isTranslation(n.Path) || c.looksUnpacked() {
			return "left out of package " + owner + " by the new base", nil
		}
		return "", &lostFile{n.Path, "package " + owner + " is installed in the new image without this file", "B17"}
	}
	if user := c.usedBy(n); user != "" {
		return "", &lostFile{n.Path, user + " names it, and package " + owner + " is not in the new image", "B1"}
	}
	return "package " + owner, nil
}

// looksUnpacked tells whether the new image was put together from packages without
// a package manager, whose records leave links and generated files out.
func (c *comparison) looksUnpacked() bool { return c.new.tree.Resolve("/var/lib/dpkg/status") == nil }

func isTranslation(file string) bool {
	return within("/usr/share/locale", file) || within("/usr/share/groff", file) || within("/usr/share/linda", file) || within("/usr/share/help", file)
}

// usedBy is a file of the project in the new image that names the path in a way
// that matters.
func (c *comparison) usedBy(n *image.Node) string {
	if base := path.Base(n.Path); isLibrary(base) {
		if n.IsRegular() && n.ELF == nil {
			return "" // a script for the linker, which no program loads
		}
		// The new image may have the library in another place.
		if user := c.new.mentions(base); user != "" && !c.new.hasLibrary(base) {
			return user
		}
		return ""
	}
	return c.new.mentions(n.Path)
}

// hasLibrary tells whether a library of that name is in any directory.
func (s *side) hasLibrary(base string) bool {
	return len(s.called(base)) > 0
}

// whyBase judges a file that came with the old base and that no package owns: a
// toolchain, or the distribution's settings.
func (c *comparison) whyBase(n *image.Node) (string, *lostFile) {
	if user := c.new.mentions(n.Path); user != "" && !kindOf(n.Path).evenIfNamed {
		return "", &lostFile{n.Path, user + " names it, and it came with the old base", "B17"}
	}
	return "came with the old base (" + topOf(n.Path) + ")", nil
}

// topOf is the place by which people know what a file belongs to.
func topOf(file string) string {
	parts := strings.Split(strings.Trim(file, "/"), "/")
	depth := 2
	if parts[0] == "usr" && len(parts) > 2 && parts[1] == "local" {
		depth = 3
		if parts[2] == "lib" && len(parts) > 4 {
			depth = 5
		}
	}
	return "/" + strings.Join(parts[:min(depth, max(len(parts)-1, 1))], "/")
}

// passwordFiles hold what only programs that log somebody in read (shadow(5)).
var passwordFiles = set("/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid")

// whyOwn judges a file that the project made or brought.
func (c *comparison) whyOwn(n *image.Node) (string, *lostFile) {
	if passwordFiles[n.Path] {
		if c.new.logsIn() {
			return "", &lostFile{n.Path, "the new image logs people in and lacks their passwords", "B14"}
		}
		return "passwords of accounts; nothing in the new image logs anybody in", nil
	}
	k := kindOf(n.Path)
	planned := c.planned(n.Path)
	if c.setByStep(n) {
		planned = "" // a plan takes files of /etc for the packages' own
	}
	if module := moduleOf(n.Path); module != "" {
		switch {
		case planned != "":
			return planned, nil
		case c.old.developmentOnly(module), strings.HasSuffix(module, "/.bin"):
			return "development dependency", nil // what still asks for it, the imports tell
		}
		return "", &lostFile{module, "a Node module is gone", "B2"}
	}
	if place := c.byPackageManager(n); place != "" {
		return place, nil
	}
	reason := planned
	if reason == "" {
		reason = k.reason
	}
	if reason == "" {
		return "", &lostFile{n.Path, "the project put this file into the image and the new one lacks it", "B17"}
	}
	if k.evenIfNamed || c.movedTo(n) || c.packed[packedFile{n.Name(), n.Digest}] {
		return reason, nil
	}
	if reason == documentation && c.isPage(n) {
		return "", &lostFile{n.Path, "a text in a directory of texts, which a program may show, is not in the new image", "B17"}
	}
	if user := c.new.mentions(n.Path); user != "" {
		return "", &lostFile{n.Path, user + " names it", "B17"}
	}
	if user := c.new.mentions(path.Base(n.Path)); user != "" && c.withinReach(user, n.Path) && !c.servedBeside(user, n) {
		return "", &lostFile{n.Path, user + " names it", "B17"}
	}
	return reason, nil
}

// isPage tells whether a file of the old image is a text that its program may show.
func (c *comparison) isPage(n *image.Node) bool {
	var beside []string
	for _, x := range c.old.tree.Children(c.old.tree.Resolve(path.Dir(n.Path))) {
		beside = append(beside, x.Name())
	}
	return ecosystem.Page(n.Path, beside)
}

// movedTo tells whether the new image still has the same bytes under the same name
// in another place, as a program has that was installed from a build directory.
func (c *comparison) movedTo(n *image.Node) bool {
	return n.IsRegular() && slices.ContainsFunc(c.new.called(n.Name()), func(x *image.Node) bool {
		return x.IsRegular() && x.Size == n.Size && (x.Digest == n.Digest || x.ELF != nil && n.ELF != nil)
	})
}

// planned is the reason that the planner gave for leaving a path behind.
func (c *comparison) planned(file string) string {
	if c.plans == nil {
		c.plans = map[string]string{}
		for _, leave := range c.opts.Explained {
			if _, known := c.plans[leave.Glob]; !known {
				c.plans[leave.Glob] = leave.Reason
			}
		}
	}
	if reason := cmp.Or(c.plans[file], c.plans[file+"/**"]); reason != "" {
		return reason
	}
	for _, dir := range ancestors(file) {
		if reason := c.plans[dir+"/**"]; reason != "" {
			return reason
		}
	}
	return ""
}

// managedPlaces are where maintainer scripts write while packages are installed.
var managedPlaces = []string{"/etc", "/usr/lib", "/usr/share", "/usr/bin", "/usr/sbin", "/bin", "/sbin", "/lib", "/lib64",
	"/var/lib", "/var/cache", "/usr/libexec", "/usr/include", "/usr/src", "/run"}

// managedDirs are where they make directories for an administrator to fill.
var managedDirs = append([]string{"/usr/local/share", "/usr/local/lib", "/usr/local/etc", "/usr/local/man"}, managedPlaces...)

// byPackageManager says whether a step that installed packages wrote the file, in
// a place that belongs to them.
func (c *comparison) byPackageManager(n *image.Node) string {
	if c.old.db.Manager == "" || !c.old.installsPackages(n.Layer) || c.setByStep(n) {
		return ""
	}
	places := managedPlaces
	if n.IsDir() {
		places = managedDirs
	}
	for _, place := range places {
		if within(place, n.Path) && c.new.mentions(n.Path) == "" {
			return "written while packages were installed"
		}
	}
	return ""
}

// madeEmpty tells whether a step makes a directory by its name and leaves it empty,
// where logs go for instance.
func (s *side) madeEmpty(n *image.Node) bool {
	if !n.Empty() || !s.own(n) {
		return false
	}
	for _, h := range s.config.History {
		if shell.MakesDirectory(h.CreatedBy, n.Path) {
			return true
		}
	}
	return false
}

// whyDirectory judges a directory. One that holds something goes with that; an
// empty one that the project made may be what a program writes to.
func (c *comparison) whyDirectory(n *image.Node) (string, *lostFile) {
	if !n.Empty() || !c.old.own(n) || c.planned(n.Path) != "" || kindOf(n.Path+"/x").reason != "" || c.byPackageManager(n) != "" || moduleOf(n.Path) != "" {
		return "directory", nil
	}
	return "", &lostFile{n.Path, "the project made this empty directory and the new image lacks it", "C5"}
}
