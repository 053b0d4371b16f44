package verify

import (
	"path"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// webTexts are what browsers read: their names are addresses on the site.
var webTexts = set(".html", ".htm", ".xhtml", ".css", ".svg", ".map", ".xml", ".webmanifest")

// servedBeside tells whether a page means another file by a removed one's last name: the
// new image has one of that name in the site that the page is part of, and the removed
// file lay outside of it, as the source of a site lies beside what was built from it.
func (c *comparison) servedBeside(user string, removed *image.Node) bool {
	if !webTexts[strings.ToLower(path.Ext(user))] {
		return false
	}
	for _, other := range c.new.called(removed.Name()) {
		site := common(path.Dir(user), path.Dir(other.Path))
		if strings.Count(site, "/") > 1 && c.new.own(other) && !within(site, removed.Path) {
			return true
		}
	}
	return false
}

// common is the directory that two directories share.
func common(a, b string) string {
	for !within(a, b) {
		a = path.Dir(a)
	}
	return a
}
