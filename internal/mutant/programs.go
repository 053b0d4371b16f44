package mutant

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// programs removes what is executed: the entry, interpreters, the commands of scripts
// and of the health check.
func (b *breeder) programs() {
	entry := b.tree.ResolveCommand(b.config)
	for _, p := range []string{entry.Path, entry.Shell} {
		if p != "" {
			b.removed("entry", "B12", b.tree.Resolve(p))
		}
	}
	if test := b.healthWords(); len(test) > 0 {
		for _, n := range b.commandsIn(strings.Join(test, " ")) {
			b.removed("health check tool", "B13", n)
		}
	}
	var interpreters, called []*image.Node
	line := strings.Join(append(slices.Clone(b.config.Entrypoint), b.config.Cmd...), " ")
	called = append(called, b.commandsIn(line)...)
	for _, n := range b.own {
		if n.Shebang == "" || !n.Executable() {
			continue
		}
		interpreters = append(interpreters, b.interpreter(n)...)
		if strings.Contains(n.Shebang, "sh") {
			called = append(called, b.commandsIn(b.text[n])...)
		}
	}
	for _, n := range spread(unique(interpreters), b.most) {
		b.removed("interpreter", "B5", n)
	}
	for _, n := range spread(unique(called), 2*b.most) {
		b.removed("script's tool", "B12", n)
	}
}

func (b *breeder) healthWords() []string {
	if h := b.config.Healthcheck; h != nil && len(h.Test) > 1 {
		return h.Test[1:]
	}
	return nil
}

// interpreter is what runs a script: the program of its first line and, behind env,
// the one that is looked up.
func (b *breeder) interpreter(n *image.Node) []*image.Node {
	var found []*image.Node
	for i, word := range strings.Fields(n.Shebang) {
		if i > 0 && (path.Base(found[0].Path) != "env" || strings.HasPrefix(word, "-")) {
			break
		}
		at := b.tree.Resolve(b.tree.Command(word, b.config.WorkingDir, b.env))
		if at == nil || !at.Executable() {
			break
		}
		found = append(found, at)
	}
	return found
}

// comment is a line of shell that runs nothing.
var comment = regexp.MustCompile(`(?m)(^|\s)#.*$`)

// keyword is a word of the shell behind which a command begins.
var keyword = regexp.MustCompile(`\b(?:then|do|else|exec|if|while|until)\b`)

// inCommandPlace is a word where a command begins: at the start of a line, or behind
// what separates commands.
var inCommandPlace = regexp.MustCompile("(?m)(?:^|[;&|(`])\\s*([A-Za-z_][\\w.+-]*)")

// builtins are words of the shell for which a program of that name is there too, but
// is not what runs.
var builtins = []string{"echo", "printf", "test", "true", "false", "kill", "pwd", "cd", "set", "for", "done", "fi", "case", "read", "local", "export"}

// commandsIn lists the programs that a piece of shell seems to call.
func (b *breeder) commandsIn(script string) []*image.Node {
	var found []*image.Node
	script = keyword.ReplaceAllString(comment.ReplaceAllString(script, ""), ";")
	for _, m := range inCommandPlace.FindAllStringSubmatch(script, -1) {
		p := b.tree.Command(m[1], b.config.WorkingDir, b.env)
		if p == "" || slices.Contains(builtins, m[1]) {
			continue
		}
		if n := b.tree.Resolve(p); n != nil && n.Executable() {
			found = append(found, n)
		}
	}
	return unique(found)
}

func unique(list []*image.Node) []*image.Node {
	var out []*image.Node
	for _, n := range list {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
