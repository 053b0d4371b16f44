package image

import (
	"strconv"
	"strings"
)

// An Account is a line of /etc/passwd.
type Account struct {
	Name  string
	UID   int
	GID   int
	Home  string
	Shell string
}

// Accounts reads /etc/passwd (passwd(5)); lines that are no account are left out.
func (t *Tree) Accounts() []Account {
	var all []Account
	for f := range t.colonLines("/etc/passwd", 7) {
		uid, badUID := strconv.Atoi(f[2])
		gid, badGID := strconv.Atoi(f[3])
		if badUID == nil && badGID == nil {
			all = append(all, Account{Name: f[0], UID: uid, GID: gid, Home: f[5], Shell: f[6]})
		}
	}
	return all
}

// Group is the number of a group by name (group(5)).
func (t *Tree) Group(name string) (gid int, ok bool) {
	for f := range t.colonLines("/etc/group", 3) {
		if n, err := strconv.Atoi(f[2]); err == nil && f[0] == name {
			return n, true
		}
	}
	return 0, false
}

// colonLines yields the fields of lines that have at least n of them.
func (t *Tree) colonLines(p string, n int) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		text, err := t.ReadFile(p)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Split(strings.TrimRight(line, "\r\n"), ":"); len(f) >= n && !yield(f) {
				return
			}
		}
	}
}

// User finds what USER means: a name or number, with a group or without. A number
// needs no account; ok is false when a name has none.
func (t *Tree) User(user string) (a Account, ok bool) {
	name, group, grouped := strings.Cut(user, ":")
	a, ok = t.account(name)
	if !ok || !grouped || group == "" {
		return a, ok
	}
	if gid, err := strconv.Atoi(group); err == nil {
		a.GID = gid
		return a, true
	}
	a.GID, ok = t.Group(group)
	return a, ok
}

func (t *Tree) account(name string) (Account, bool) {
	number, err := strconv.Atoi(name)
	if name == "" {
		name, number, err = "root", 0, nil
	}
	for _, a := range t.Accounts() {
		if a.Name == name || err == nil && a.UID == number {
			return a, true
		}
	}
	return Account{UID: number, Home: "/"}, err == nil
}
