package verify

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// prepare compares the trees, and searches what the project left in the new image
// for the names of what is gone.
func (c *comparison) prepare(ctx context.Context) error {
	c.changes = image.Diff(c.old.tree, c.new.tree)
	c.unopened = c.noLongerOpened()
	if err := c.pack(ctx); err != nil {
		return err
	}
	return c.new.look(ctx, c.words())
}

// words are the names that matter when a file of the new image holds one: lost
// variables, and removed files by the name under which a program would open them.
func (c *comparison) words() []string {
	var words []string
	newer := environment(c.new.config.Config.Env)
	for name := range environment(c.old.config.Config.Env) {
		if _, kept := newer[name]; !kept {
			words = append(words, name)
		}
	}
	for _, p := range c.unopened {
		words = append(words, openedFor(p)...)
	}
	for _, m := range c.new.needs().Missing {
		if m.Kind == image.MissingInterpreter || m.Kind == image.MissingLibrary {
			words = append(words, m.From, path.Base(m.From))
		}
	}
	for _, change := range c.changes {
		switch {
		case noise(change.Path) != "":
		case change.Kind == image.Removed && !change.Old.IsDir():
			words = append(words, c.namesOf(change.Old)...)
		case change.Kind == image.Changed && kindOf(change.Path).reason != "":
			words = append(words, change.Path)
		}
	}
	return words
}

// namesOf are the words that a file of the old image is opened by. A module of
// Node is found by its package, not by name, and is judged as such.
func (c *comparison) namesOf(n *image.Node) []string {
	base := path.Base(n.Path)
	switch {
	case moduleOf(n.Path) != "":
		return nil
	case isLibrary(base):
		return []string{base}
	case c.old.own(n) && len(base) > 5:
		return append(ancestors(n.Path), n.Path, base)
	case c.old.db.Owner(n.Path) != "" && !strings.HasSuffix(path.Dir(n.Path), "bin"):
		return nil
	}
	return []string{n.Path}
}

// isLibrary tells whether a name is that of a shared library.
func isLibrary(base string) bool {
	return strings.HasPrefix(base, "lib") && (strings.HasSuffix(base, ".so") || strings.Contains(base, ".so."))
}

// look searches the project's files for words.
func (s *side) look(ctx context.Context, words []string) error {
	n := newNeedles(words)
	if len(n.byPrefix) == 0 {
		return nil
	}
	// A shared base that is not known would make the whole distribution the
	// project's; what a package owns is left out either way.
	shells := !s.logsIn() // the account file names programs for who logs in
	mayName := func(n *image.Node) bool { return s.mayName(n) && !(shells && accountFiles[n.Path]) }
	return s.tree.ReadMany(ctx, mayName, func(node *image.Node, r io.Reader) error {
		// Modules name files of their own: README.md of one is not the project's.
		module := moduleOf(node.Path) != ""
		return n.search(r, func(word string) {
			if module && !strings.HasPrefix(word, "/") && !isLibrary(word) {
				return
			}
			if s.named[word] == "" || node.ELF == nil {
				s.named[word] = node.Path // a text says more than a program, which holds names of its sources
			}
		})
	})
}

// accountFiles name the shell of every account (passwd(5)).
var accountFiles = set("/etc/passwd", "/etc/passwd-")

// logsIn tells whether the image has a program that starts the shell of an account.
func (s *side) logsIn() bool {
	return slices.ContainsFunc([]string{"su", "login", "sshd", "sudo", "runuser", "cron", "crond", "dropbear"}, s.hasCommand)
}

// mayName tells whether a file can depend on another by naming it: records and
// documentation name everything.
func (s *side) mayName(n *image.Node) bool {
	if !n.IsRegular() || n.Size == 0 || !s.own(n) || noise(n.Path) != "" {
		return false
	}
	k := kindOf(n.Path)
	// A package.json names what builds; what is imported the level of libraries tells.
	return k.reason == "" && path.Base(n.Path) != "package.json"
}
