package verify

import (
	"strconv"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// accountsKept checks the accounts that matter: those that the project made, and
// those that own a file that is left.
func (c *comparison) accountsKept(s *sheet) {
	s.checked("accounts")
	for _, file := range []string{"/etc/passwd", "/etc/group"} {
		c.accountFile(s, file)
	}
}

func (c *comparison) accountFile(s *sheet, file string) {
	owners := c.new.owners(file)
	n := c.old.tree.Resolve(file)
	made := n != nil && !c.old.fromBase(n) && c.old.base != nil
	for _, entry := range c.old.accounts(file) {
		name, id := entry[0], entry[2]
		now := c.new.account(file, name)
		switch {
		case now != nil && now[0] == name && now[2] == id:
		case name == "root" && id == "0":
			if c.new.text(file) != "" {
				s.differs(diag.Difference{Check: "accounts", Path: file + ": " + name, Label: "B14", Reason: "root has no entry in the new image"})
			}
		case now != nil && now[0] == name:
			s.differs(diag.Difference{Check: "accounts", Path: file + ": " + name, Old: id, New: now[2], Label: "B14", Reason: "the account has another number"})
		case owners[id]:
			s.differs(diag.Difference{Check: "accounts", Path: file + ": " + name, Old: id, Label: "B14", Reason: "files of the new image belong to an account that it does not have"})
		case made && c.usedAccount(name, id) && isOrdinary(id):
			s.differs(diag.Difference{Check: "accounts", Path: file + ": " + name, Old: id, Label: "B14", Reason: "the image runs as an account that the new image does not have"})
		}
	}
}

// usedAccount tells whether USER of the old image means the account.
func (c *comparison) usedAccount(name, id string) bool {
	me := c.old.identity()
	return id == me.uid || id == me.gid || name == c.old.config.Config.User
}

// isOrdinary tells whether a number is none that every system has.
func isOrdinary(id string) bool { return id != "0" && id != "65534" }

// owners are the numbers that own a file of the project in the image.
func (s *side) owners(file string) map[string]bool {
	ids := map[string]bool{}
	s.tree.Walk(func(n *image.Node) bool {
		if s.own(n) {
			if file == "/etc/passwd" {
				ids[decimal(n.UID)] = true
			} else {
				ids[decimal(n.GID)] = true
			}
		}
		return true
	})
	return ids
}

func decimal(n int) string { return strconv.Itoa(n) }
