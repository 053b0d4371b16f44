package verify

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// installerSettings are places in /etc that only package managers, ldconfig and
// locale-gen read: what they say is in what was installed.
var installerSettings = []string{"/etc/apt", "/etc/dpkg", "/etc/apk", "/etc/yum.repos.d", "/etc/dnf", "/etc/pki/rpm-gpg",
	"/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/locale.gen"}

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
		if namesPath(by, p) {
			return true
		}
	}
	return false
}

// namesPath tells whether a command line holds a path that does not go on with
// another name.
func namesPath(text, p string) bool {
	for {
		_, after, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		if after == "" || !strings.ContainsRune("-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(after[0])) {
			return true
		}
		text = after
	}
}
