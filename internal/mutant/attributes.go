package mutant

import (
	"github.com/careenhq/careen/internal/image"
)

// attributes changes modes, owners and extended attributes.
func (b *breeder) attributes() {
	entry := b.tree.ResolveCommand(b.config).Path
	if n := b.tree.Resolve(entry); entry != "" && n != nil && n.Executable() {
		b.again("entry no longer executable", "B9", n, func(n *image.Node) { n.Mode &^= 0o111 })
	}
	var own []*image.Node
	for _, n := range b.brought() {
		if n.IsRegular() && n.Size <= maxText {
			own = append(own, n)
		}
	}
	for _, n := range spread(own, b.most) {
		b.again("mode closed", "B9", n, func(n *image.Node) { n.Mode = 0o600; n.UID, n.GID = 0, 0 })
		b.again("owner changed", "B9", n, func(n *image.Node) { n.UID += 17 })
	}
	var special, marked, dirs []*image.Node
	b.tree.Walk(func(n *image.Node) bool {
		switch {
		case n.IsRegular() && n.Mode&0o6000 != 0:
			special = append(special, n)
		case n.IsDir() && n.UID != 0 && b.db.Owner(n.Path) == "":
			dirs = append(dirs, n)
		}
		if len(n.Xattrs) > 0 {
			marked = append(marked, n)
		}
		return true
	})
	for _, n := range spread(special, b.most) {
		b.again("setuid or setgid lost", "B9", n, func(n *image.Node) { n.Mode &^= 0o6000 })
	}
	for _, n := range spread(marked, b.most) {
		b.again("extended attributes lost", "B9", n, func(n *image.Node) { n.Xattrs = nil })
	}
	for _, n := range spread(dirs, b.most) {
		b.again("directory given to root", "B9", n, func(n *image.Node) { n.UID, n.GID = 0, 0 })
	}
}
