package verify

import (
	"path"
	"slices"

	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/shell"
)

// installerSettings are places in /etc that only package managers, ldconfig and
// locale-gen read: what they say is in what was installed.
var installerSettings = []string{"/etc/apt", "/etc/dpkg", "/etc/apk", "/etc/yum.repos.d", "/etc/dnf", "/etc/pki/rpm-gpg",
	"/etc/locale.gen"}

// setByStep tells whether the step that wrote a file of /etc names it, or the
// directory it lies in: then the project set it, and no maintainer script did. A
// link goes with what it leads to.
func (c *comparison) setByStep(n *image.Node) bool {
	if n.IsDir() || !within("/etc", n.Path) || slices.ContainsFunc(installerSettings, func(p string) bool { return within(p, n.Path) }) {
		return false
	}
	if n.IsLink() {
		target := c.old.tree.Resolve(n.Path)
		if target == nil || !c.new.has(target.Path) {
			return false
		}
	}
	by := c.old.createdBy(n.Layer)
	for p := n.Path; p != "/etc"; p = path.Dir(p) {
		if shell.NamesPath(by, p) {
			return true
		}
	}
	return false
}
