package restage

import "testing"

// TestResolve follows links as npm link makes them, through the root of a tree that
// does not list it.
func TestResolve(t *testing.T) {
	tree := index([]File{
		{Path: "/tool", Dir: true}, {Path: "/tool/cli.js"}, {Path: "/usr", Dir: true}, {Path: "/usr/bin", Dir: true}, {Path: "/usr/lib", Dir: true},
		{Path: "/usr/bin/tool", Link: "../lib/tool/cli.js"}, {Path: "/usr/lib/tool", Link: "../../tool"}, {Path: "/usr/lib/turn", Link: "turn"},
	})
	for name, want := range map[string]string{"/usr/bin/tool": "/tool/cli.js", "/usr/lib/tool": "/tool", "/usr/lib/turn": "", "/absent": ""} {
		if got := resolve(tree, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
