package shell_test

import (
	"strings"
	"testing"
)

// Texts made to exhaust a parser are refused or read, and never end the process.
func TestHostile(t *testing.T) {
	const n = 40000
	for name, text := range map[string]string{
		"subshells":     strings.Repeat("(", n) + "a" + strings.Repeat(")", n),
		"substitutions": strings.Repeat("$(", n) + strings.Repeat(")", n),
		"quotes":        strings.Repeat(`"$(a `, n),
		"blocks":        strings.Repeat("{ ", n),
		"ifs":           strings.Repeat("if a; then ", n),
		"expansions":    strings.Repeat("${a:-", n),
		"arithmetic":    "echo $((" + strings.Repeat("(", n) + "1",
		"chain":         strings.Repeat("a && ", n) + "a",
		"pipe":          strings.Repeat("a | ", n) + "a",
		"not":           strings.Repeat("! ", n) + "a",
		"backticks":     strings.Repeat("`a ", n),
		"long":          strings.Repeat("a b; ", 10*n),
		"words":         "a " + strings.Repeat("b ", 10*n),
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("FROM x\nRUN ")
			for len(text) > 1000 { // BuildKit bounds lines, not what they join to
				b.WriteString(text[:1000] + "\\\n")
				text = text[1000:]
			}
			_, sc := parse(b.String() + text + "\n")
			if sc.Err == nil && len(sc.Commands) == 0 {
				t.Error("neither read nor refused")
			}
			for _, c := range sc.Commands[:min(3, len(sc.Commands))] {
				c.Append("x")
				c.Delete()
			}
		})
	}
}
