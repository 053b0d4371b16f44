package verify

import (
	"context"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// phpExtension is a line of php.ini that loads an extension.
var phpExtension = regexp.MustCompile(`(?m)^[ \t]*(?:zend_)?extension[ \t]*=[ \t]*"?([\w./-]+)`)

// phpExtensions checks that PHP still loads every extension that it loads in the old
// image: its scripts use their functions and classes without naming them.
func (c *comparison) phpExtensions(ctx context.Context, s *sheet) error {
	older, err := c.old.enabledExtensions(ctx)
	if err != nil || len(older) == 0 {
		return err
	}
	s.checked("PHP extensions")
	newer, err := c.new.enabledExtensions(ctx)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(older) {
		if newer[name] == "" {
			s.differs(diag.Difference{Check: "PHP extensions", Path: older[name], Old: name, Label: "B2",
				Reason: "PHP loads the extension " + name + " in the old image, and not in the new one"})
		}
	}
	return nil
}

// enabledExtensions are the extensions that settings of PHP load and that are there, by
// name, each with the file that says so.
func (s *side) enabledExtensions(ctx context.Context) (map[string]string, error) {
	files := map[*image.Node]string{}
	s.tree.Walk(func(n *image.Node) bool {
		if path.Ext(n.Path) == ".ini" && strings.Contains(path.Dir(n.Path), "/conf.d") {
			if to := s.tree.Resolve(n.Path); to != nil && to.IsRegular() {
				files[to] = n.Path
			}
		}
		return true
	})
	enabled := map[string]string{}
	if len(files) == 0 {
		return enabled, nil
	}
	return enabled, s.tree.ReadMany(ctx, func(n *image.Node) bool { return files[n] != "" }, func(n *image.Node, r io.Reader) error {
		text, err := io.ReadAll(r)
		for _, m := range phpExtension.FindAllStringSubmatch(string(text), -1) {
			name := strings.TrimSuffix(path.Base(m[1]), ".so")
			if len(s.called(name+".so")) > 0 {
				enabled[name] = files[n]
			}
		}
		return err
	})
}
