package mutant

import (
	"io"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// systemPlaces are where distributions keep what no package lists.
var systemPlaces = []string{"/var/lib", "/var/cache", "/var/log", "/usr/share/doc", "/usr/share/man", "/usr/share/info", "/etc/ssl", "/etc/alternatives",
	"/etc/rc", "/etc/systemd", "/proc", "/sys", "/dev", "/tmp", "/var/tmp", "/root/.cache", "/root/.npm", "/usr/local/go", "/usr/share/zoneinfo",
	"/usr/lib/python3/dist-packages/__pycache__", "/usr/lib/locale"}

// maxText is how large a text may be that is searched or changed.
const maxText = 256 << 10

// readOwn finds the files that the project brought and reads the texts among them.
func (b *breeder) readOwn() error {
	b.tree.Walk(func(n *image.Node) bool {
		system := slices.ContainsFunc(systemPlaces, func(p string) bool { return strings.HasPrefix(n.Path, p) })
		if system || strings.Contains(n.Path, "__pycache__") {
			return !system
		}
		if !n.IsDir() && b.db.Owner(n.Path) == "" {
			b.own = append(b.own, n)
		}
		return true
	})
	b.text = map[*image.Node]string{}
	isText := func(n *image.Node) bool {
		return n.IsRegular() && n.ELF == nil && n.Size > 0 && n.Size <= maxText && slices.Contains(b.own, n)
	}
	return b.tree.ReadMany(b.ctx, isText, func(n *image.Node, r io.Reader) error {
		body, err := io.ReadAll(r)
		if !slices.Contains(body, 0) {
			b.text[n] = string(body)
		}
		return err
	})
}

// brought are the project's own files below the places where projects put things.
func (b *breeder) brought() []*image.Node {
	return slices.DeleteFunc(slices.Clone(b.own), func(n *image.Node) bool {
		for _, dir := range []string{"/app", "/srv", "/opt", "/usr/local", "/usr/src", "/var/www", "/home", "/data", "/work", "/code"} {
			if strings.HasPrefix(n.Path, dir+"/") {
				return strings.Contains(n.Path, "/node_modules/") || strings.Contains(n.Path, "/site-packages/")
			}
		}
		return path.Dir(n.Path) != "/"
	})
}

// removed adds a mutant that lacks a path, and one that lacks the whole package that
// the path belongs to, its record included, as an image has that was put together
// from packages.
func (b *breeder) removed(kind, label string, n *image.Node) {
	if n == nil {
		return
	}
	b.add(kind+" removed", n.Path, label, image.Edit{Remove: []string{n.Path}})
	if p := b.db.Package(b.db.Owner(n.Path)); p != nil {
		b.dropped(kind+"'s package dropped", label, p)
	}
}

// dropped adds a mutant without a package. What other packages list too stays, as
// the links of a merged /usr do.
func (b *breeder) dropped(kind, label string, p *image.Package) {
	var e image.Edit
	for _, f := range p.Files {
		shared := slices.ContainsFunc(b.db.Packages, func(o image.Package) bool { return o.Name != p.Name && slices.Contains(o.Files, f) })
		if !shared {
			e.Remove = append(e.Remove, f)
		}
	}
	b.forget(&e, p)
	b.add(kind, p.Name, label, e)
}

const dpkgStatus = "/var/lib/dpkg/status"

// forget takes a package off the package manager's records.
func (b *breeder) forget(e *image.Edit, p *image.Package) {
	n := b.tree.Lookup(dpkgStatus)
	text, err := b.tree.ReadFile(dpkgStatus)
	if n == nil || err != nil {
		return
	}
	stanzas := slices.DeleteFunc(strings.Split(string(text), "\n\n"), func(s string) bool { return strings.HasPrefix(strings.TrimLeft(s, "\n"), "Package: "+p.Name+"\n") })
	e.Put = append(e.Put, image.Write{Node: *n, Body: []byte(strings.Join(stanzas, "\n\n"))})
}

// rewritten adds a mutant in which a file has other contents.
func (b *breeder) rewritten(kind, label string, n *image.Node, body []byte) {
	b.add(kind, n.Path, label, image.Edit{Put: []image.Write{{Node: *n, Body: body}}})
}

// again is a file as it is, with changes of what is not its content.
func (b *breeder) again(kind, label string, n *image.Node, change func(*image.Node)) {
	as := *n
	change(&as)
	if as.Mode == n.Mode && as.UID == n.UID && as.GID == n.GID && len(as.Xattrs) == len(n.Xattrs) {
		return
	}
	var body []byte
	if n.IsRegular() {
		var err error
		if body, err = b.tree.Read(b.ctx, n.Path, n.Size); err != nil {
			b.fail(err)
			return
		}
	}
	b.add(kind, n.Path, label, image.Edit{Put: []image.Write{{Node: as, Body: body}}})
}
