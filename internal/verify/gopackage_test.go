package verify

import (
	"slices"
	"testing"
)

// TestGoPackages holds that a Go source counts only where a program of the new image
// carries its package, and that every doubt counts.
func TestGoPackages(t *testing.T) {
	const started = "import \"os/exec\"\nfunc Draw() { exec.Command(\"dot\").Run() }\n"
	for name, test := range map[string]struct {
		clause, program string
		want            bool // the start is missed
	}{
		"built in":        {"package draw\n", "mod\texample.com/app\x00example.com/app/dr%2eaw.Draw\x00", true},
		"built without":   {"package draw\n", "mod\texample.com/app\x00example.com/app/serve.Run\x00", false},
		"main":            {"package main\n", "mod\texample.com/app\x00main.main\x00", true},
		"packed program":  {"package draw\n", "UPX!", true},
		"not of a module": {"package draw\n", "mod\texample.com/other\x00", true},
	} {
		t.Run(name, func(t *testing.T) {
			old := service().clone()
			old.own["/app/go.mod"] = file{body: "module example.com/app\n"}
			old.own["/app/dr.aw/draw.go"] = file{body: test.clause + started}
			old.edit(t, "/app/ping", func(f *file) { f.body += test.program })
			old.remove("/app/web/index.js")
			newer := old.clone()
			newer.remove("/app/go.mod", "/app/dr.aw", "/usr/bin/dot")
			got := slices.Contains(found(compareStatic(t, old, newer, Options{})), "child processes /app/dr.aw/draw.go C8")
			if got != test.want {
				t.Errorf("the program that the source starts is missed: %v, want %v", got, test.want)
			}
		})
	}
}
