package verify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// changed judges the paths that both images have and that differ.
func (c *comparison) changed(ctx context.Context, s *sheet) error {
	var contents []image.Change
	packages := map[string]bool{}
	bases := 0
	for _, change := range c.changes {
		if change.Kind != image.Changed || change.Noise != "" || noise(change.Path) != "" {
			continue
		}
		change.What = slices.DeleteFunc(slices.Clone(change.What), func(a image.Aspect) bool { return a == image.Time || a == image.HardLink })
		if len(change.What) == 0 {
			continue
		}
		if drift := c.drift(change); drift != "" {
			packages[drift] = true
			continue
		}
		if c.old.fromBase(change.Old) && (c.new.fromBase(change.New) || c.new.base == nil && change.Old.IsDir()) && !ownPlace(change.Path) {
			bases++
			continue
		}
		c.attributes(s, change)
		if slices.Contains(change.What, image.Content) && !comparedApart[change.Path] {
			contents = append(contents, change)
		}
	}
	for _, drift := range sortedKeys(packages) {
		s.note("%s", drift)
	}
	if bases > 0 {
		s.note("%d paths that came with the old base differ in the new one", bases)
	}
	return c.contents(ctx, s, contents)
}

// comparedApart are files whose meaning other checks compare.
var comparedApart = set("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid", certificateBundle, "/etc/nsswitch.conf")

// ownPlace tells whether a directory of the base matters whoever made it.
func ownPlace(p string) bool { return p == "/tmp" || p == "/var/tmp" }

// drift says that a package has another version in the new image; "" when the
// path does not belong to such a package.
func (c *comparison) drift(change image.Change) string {
	owner := c.old.db.Owner(change.Path)
	if owner == "" || c.new.db.Owner(change.Path) != owner {
		return ""
	}
	older, newer := c.old.db.Package(owner), c.new.db.Package(owner)
	if older.Version == newer.Version {
		return ""
	}
	return fmt.Sprintf("package %s is %s, was %s", owner, newer.Version, older.Version)
}

// attributes reports every differing aspect but the contents.
func (c *comparison) attributes(s *sheet, change image.Change) {
	older, newer := change.Old, change.New
	for _, aspect := range change.What {
		d := diag.Difference{Check: string(aspect), Path: change.Path, Label: "B9"}
		switch aspect {
		case image.Content:
			continue
		case image.Type:
			if c.sameTarget(change) {
				s.note("%s is a %s where the old image has a %s; both lead to the same bytes", change.Path, typeName(newer), typeName(older))
				continue
			}
			d.Old, d.New, d.Label, d.Reason = typeName(older), typeName(newer), "B10", "the path is another kind of file"
		case image.Mode:
			if command := c.opener(older); command != "" {
				s.note("%s is open to every user for the %s command, which the new image has not", change.Path, command)
				continue
			}
			d.Old, d.New, d.Reason = fmt.Sprintf("%04o", older.Mode), fmt.Sprintf("%04o", newer.Mode), "the mode differs"
		case image.Owner:
			d.Old, d.New = ownerName(older), ownerName(newer)
			d.Reason = "the owner differs"
		case image.Target:
			if a, b := c.old.tree.Resolve(change.Path), c.new.tree.Resolve(change.Path); a != nil && b != nil && a.Path == b.Path {
				s.note("link %s leads to %s by another way", change.Path, a.Path)
				continue
			}
			if c.otherAlternative(older) {
				s.note("alternative %s is %s: %s went with its package", change.Path, newer.Link, older.Link)
				continue
			}
			d.Old, d.New, d.Label, d.Reason = older.Link, newer.Link, "B10", "the link leads elsewhere"
		case image.Xattr:
			d.Old, d.New, d.Reason = attributeNames(older), attributeNames(newer), "extended attributes differ (capabilities are among them)"
		case image.Device:
			d.Reason = "the device number differs"
		default:
			d.Reason = "the file differs"
		}
		s.differs(d)
	}
}

// otherAlternative tells whether a link of update-alternatives(1) led to a program
// of a package that the new image does without.
func (c *comparison) otherAlternative(n *image.Node) bool {
	if !within("/etc/alternatives", n.Path) {
		return false
	}
	target := c.old.tree.Resolve(n.Link)
	if target == nil {
		return false
	}
	if noise(target.Path) != "" {
		return true // a manual page
	}
	owner := c.old.db.Owner(target.Path)
	return owner != "" && c.new.db.Package(owner) == nil && c.new.has(n.Path)
}

func ownerName(n *image.Node) string { return strconv.Itoa(n.UID) + ":" + strconv.Itoa(n.GID) }

func attributeNames(n *image.Node) string {
	var list []string
	for _, name := range sortedKeys(n.Xattrs) {
		list = append(list, fmt.Sprintf("%s=%x", name, n.Xattrs[name]))
	}
	return strings.Join(list, " ")
}

func typeName(n *image.Node) string {
	switch {
	case n.IsDir():
		return "directory"
	case n.IsLink():
		return "link"
	case n.IsRegular():
		return "file"
	}
	return "special file"
}

// sameTarget tells whether a link on one side and a file on the other end in the
// same bytes.
func (c *comparison) sameTarget(change image.Change) bool {
	a, b := c.old.tree.Resolve(change.Path), c.new.tree.Resolve(change.Path)
	if a == nil || b == nil {
		return false
	}
	if a.IsDir() && b.IsDir() {
		return true
	}
	return a.IsRegular() && b.IsRegular() && a.Digest == b.Digest && a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID
}

// maxCompared bounds the text that is read to compare two versions of a file.
const maxCompared = 1 << 20

// contents judges files with other bytes: programs that were linked anew are left
// to the levels that run them, texts are compared without what differs by chance.
func (c *comparison) contents(ctx context.Context, s *sheet, changes []image.Change) error {
	older, err := c.old.texts(ctx, changes)
	if err != nil {
		return err
	}
	newer, err := c.new.texts(ctx, changes)
	if err != nil {
		return err
	}
	oldArchives, err := c.old.archives(ctx, changes)
	if err != nil {
		return err
	}
	newArchives, err := c.new.archives(ctx, changes)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if change.Old.ELF != nil && change.New.ELF != nil {
			c.program(s, change)
			continue
		}
		if reason := c.planned(change.Path); reason != "" {
			s.note("%s has other contents: %s", change.Path, reason)
			continue
		}
		if k := kindOf(change.Path); k.reason != "" && (k.evenIfNamed || c.new.mentions(change.Path) == "") {
			s.note("%s has other contents; it is a %s", change.Path, k.reason)
			continue
		}
		before, after := older[change.Path], newer[change.Path]
		if before != "" && after != "" && normalise(before) == normalise(after) {
			s.note("%s differs only in dates, addresses or identifiers", change.Path)
			continue
		}
		if list := oldArchives[change.Path]; list != "" && list == newArchives[change.Path] {
			s.note("%s was packed anew: it holds the same, at other dates", change.Path)
			continue
		}
		s.differs(diag.Difference{Check: "contents", Path: change.Path, Label: contentLabel(c, change),
			Old: describeFile(change.Old), New: describeFile(change.New), Reason: "the file has other contents"})
	}
	return nil
}

func describeFile(n *image.Node) string {
	return fmt.Sprintf("%d bytes, sha256 %x", n.Size, n.Digest[:6])
}

// contentLabel tells a lost edit of a package's file from output that differs.
func contentLabel(c *comparison, change image.Change) string {
	if c.old.db.Owner(change.Path) != "" {
		return "B17"
	}
	return "B22"
}

// program judges an ELF file of the project that was built anew.
func (c *comparison) program(s *sheet, change image.Change) {
	older, newer := change.Old.ELF, change.New.ELF
	switch {
	case older.Machine != newer.Machine:
		s.differs(diag.Difference{Check: "contents", Path: change.Path, Label: "B20", Old: older.Machine.String(), New: newer.Machine.String(),
			Reason: "the program is for another machine"})
	case older.Interp != newer.Interp || !slices.Equal(older.Needed, newer.Needed):
		s.differs(diag.Difference{Check: "contents", Path: change.Path, Label: "B4", Old: linkage(older), New: linkage(newer),
			Reason: "the program is linked to other libraries"})
	default:
		c.rebuilt = append(c.rebuilt, change.Path)
		s.note("%s was built anew: other bytes, the same libraries", change.Path)
	}
}

func linkage(e *image.ELF) string {
	if e.Static() {
		return "static"
	}
	return strings.Join(append([]string{e.Interp}, e.Needed...), " ")
}

// texts reads the small ones of the changed files, those that are no text left out.
func (s *side) texts(ctx context.Context, changes []image.Change) (map[string]string, error) {
	wanted := map[string]bool{}
	for _, change := range changes {
		if change.Old.ELF == nil && change.Old.Size <= maxCompared && change.New.Size <= maxCompared && len(wanted) < 1000 {
			wanted[change.Path] = true
		}
	}
	texts := map[string]string{}
	if len(wanted) == 0 {
		return texts, nil
	}
	match := func(n *image.Node) bool { return wanted[n.Path] && n.IsRegular() }
	err := s.tree.ReadMany(ctx, match, func(n *image.Node, r io.Reader) error {
		text, err := io.ReadAll(r)
		if bytes.IndexByte(text, 0) < 0 {
			texts[n.Path] = string(text)
		}
		return err
	})
	return texts, err
}

// workshops are variables of official images that name a directory which is open to
// every user for the sake of one command, and what lies below it and is open as well.
var workshops = []struct {
	variable, command string
	below             []string
}{
	{"GOPATH", "go", []string{"", "/src", "/bin"}},
	{"CARGO_HOME", "cargo", []string{"", "/bin"}},
}

// opener is the command for which the old base opens a directory to every user, where
// nothing is left that wants it so: the command is gone and the container does not
// work there.
func (c *comparison) opener(dir *image.Node) string {
	for _, w := range workshops {
		root := c.old.baseEnv()[w.variable]
		if root == "" || !dir.IsDir() || c.new.hasCommand(w.command) || dir.Path == path.Clean("/"+c.old.config.Config.WorkingDir) {
			continue
		}
		if slices.ContainsFunc(w.below, func(below string) bool { return dir.Path == root+below }) {
			return w.command
		}
	}
	return ""
}
