package verify

import (
	"context"
	"io"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// scripts checks that the commands which the image's shell scripts, its command
// and its health check call are still there.
func (c *comparison) scripts(ctx context.Context, s *sheet) error {
	s.checked("scripts")
	for _, entry := range []struct {
		what, label string
		argv        []string
	}{
		{"ENTRYPOINT", "B12", c.new.config.Config.Entrypoint},
		{"CMD", "B12", c.new.config.Config.Cmd},
		{"HEALTHCHECK", "B13", healthCommand(c)},
	} {
		if isShellForm(entry.argv) {
			c.calls(s, entry.what, entry.argv[2], entry.label)
		}
	}
	isScript := func(n *image.Node) bool {
		return n.IsRegular() && n.Size < maxScript && c.new.own(n) && moduleOf(n.Path) == "" && noise(n.Path) == "" && isShellScript(n)
	}
	return c.new.tree.ReadMany(ctx, isScript, func(n *image.Node, r io.Reader) error {
		text, err := io.ReadAll(r)
		if err == nil {
			c.calls(s, n.Path, string(text), "B12")
		}
		return err
	})
}

const maxScript = 1 << 20

func isShellScript(n *image.Node) bool {
	interpreter, argument, ok := shebang([]byte("#!" + n.Shebang))
	if n.Shebang == "" || !ok {
		return path.Ext(n.Path) == ".sh"
	}
	if target := envTarget(interpreter, argument); target != "" {
		interpreter = target
	}
	return shells[path.Base(interpreter)]
}

func healthCommand(c *comparison) []string {
	h := activeHealthcheck(c.old.config)
	if h == nil || h.Test[0] != "CMD-SHELL" || len(h.Test) < 2 {
		return nil
	}
	return []string{"/bin/sh", "-c", h.Test[1]}
}

// packageRecords is what the commands of package managers read.
var packageRecords = map[string]string{
	"dpkg": "/var/lib/dpkg/status", "dpkg-query": "/var/lib/dpkg/status", "apt": "/var/lib/dpkg/status", "apt-get": "/var/lib/dpkg/status",
	"apt-cache": "/var/lib/dpkg/status", "apt-mark": "/var/lib/dpkg/status", "apk": "/lib/apk/db/installed",
}

// calls compares the commands that a piece of shell calls.
func (c *comparison) calls(s *sheet, where, script, label string) {
	names, complete := calledCommands(script)
	if !complete {
		s.notRun("scripts", "%s does not parse as shell to its end", where)
	}
	for _, name := range names {
		if records := packageRecords[name]; c.new.hasCommand(name) && c.old.has(records) && !c.new.has(records) {
			s.differs(diag.Difference{Check: "scripts", Path: where, Old: records, Label: "B18",
				Reason: where + " asks " + name + ", whose records are not in the new image"})
		}
		if c.old.hasCommand(name) && !c.new.hasCommand(name) {
			s.differs(diag.Difference{Check: "scripts", Path: where, Old: name, Label: label,
				Reason: strings.TrimSuffix(where, "/") + " calls " + name + ", which is not in the new image"})
		}
	}
}
