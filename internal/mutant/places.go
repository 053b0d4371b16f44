package mutant

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// places spoils what every program expects of its system.
func (b *breeder) places() {
	b.certificates()
	b.zones()
	b.locales()
	b.accounts()
	for _, p := range []string{"/etc/nsswitch.conf", "/etc/services", "/etc/protocols", "/etc/mime.types"} {
		if n := b.tree.Lookup(p); n != nil && n.IsRegular() {
			b.removed("system's table", "B14", n)
		}
	}
	if n := b.tree.Lookup("/tmp"); n != nil && n.IsDir() {
		b.add("directory for temporary files removed", n.Path, "B14", image.Edit{Remove: []string{n.Path}})
		b.again("directory for temporary files closed", "B14", n, func(n *image.Node) { n.Mode = 0o755 })
	}
}

// bundle is where the TLS roots are on most distributions.
const bundle = "/etc/ssl/certs/ca-certificates.crt"

func (b *breeder) certificates() {
	n := b.tree.Resolve(bundle)
	if n == nil || !n.IsRegular() {
		return
	}
	text, err := b.tree.Read(b.ctx, n.Path, n.Size)
	if err != nil {
		b.fail(err)
		return
	}
	b.removed("certificates", "B14", n)
	b.rewritten("certificates emptied", "B14", n, nil)
	b.rewritten("certificates cut in half", "B14", n, text[:len(text)/2])
	const end = "-----END CERTIFICATE-----\n"
	if at := strings.Index(string(text), end); at >= 0 && strings.Count(string(text), end) > 1 {
		b.rewritten("one certificate removed", "B14", n, text[at+len(end):])
	}
}

func (b *breeder) zones() {
	const dir = "/usr/share/zoneinfo"
	root := b.tree.Lookup(dir)
	if root == nil || root.Empty() {
		return
	}
	b.add("time zones removed", dir, "B14", image.Edit{Remove: []string{dir}})
	if p := b.db.Package("tzdata"); p != nil {
		b.dropped("time zones' package dropped", "B14", p)
	}
	for _, zone := range []string{b.env["TZ"], "Europe/Berlin", "America/New_York"} {
		if n := b.tree.Lookup(dir + "/" + zone); zone != "" && n != nil && !n.IsDir() {
			b.add("time zone removed", n.Path, "B14", image.Edit{Remove: []string{n.Path}})
		}
	}
}

func (b *breeder) locales() {
	for _, p := range []string{"/usr/lib/locale/C.utf8", "/usr/lib/locale/locale-archive"} {
		if n := b.tree.Lookup(p); n != nil {
			b.add("locale removed", p, "B14", image.Edit{Remove: []string{p}})
		}
	}
}

// accounts takes the entry away that the image runs as, and all of them.
func (b *breeder) accounts() {
	user, _, _ := strings.Cut(b.config.User, ":")
	for _, p := range []string{"/etc/passwd", "/etc/group"} {
		n := b.tree.Lookup(p)
		text, err := b.tree.ReadFile(p)
		if n == nil || err != nil || !n.IsRegular() {
			continue
		}
		b.add("accounts removed", p, "B14", image.Edit{Remove: []string{p}})
		if user == "" {
			continue
		}
		lines := strings.SplitAfter(string(text), "\n")
		kept := slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
			fields := strings.Split(l, ":")
			return fields[0] == user || len(fields) > 2 && fields[2] == user
		})
		if len(kept) < len(lines) {
			b.rewritten("account of USER removed", "B14", n, []byte(strings.Join(kept, "")))
		}
	}
}
