package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

// TestNameOutOfReach holds that a program which holds the last name of a file that
// it cannot mean does not keep the file, and that each way to mean it does.
func TestNameOutOfReach(t *testing.T) {
	const lost = "/src/docs/manual.md"
	named := program()
	named.body += "see docs/manual.md\x00"
	for name, test := range map[string]struct {
		edit func(w *world)
		want bool
	}{
		"out of reach": {func(*world) {}, false},
		"part of another path": {func(w *world) {
			w.own["/app/entrypoint.sh"] = file{body: "#!/bin/sh\nls /usr/src/docs\nexec \"$@\"\n", mode: 0o755}
		}, false},
		"working directory": {func(w *world) { w.config.WorkingDir = "/src" }, true},
		"named in the program": {func(w *world) {
			w.own["/opt/tool/bin/other"] = file{body: program().body + "/src/docs\x00", mode: 0o755}
		}, true},
		"named in a text": {func(w *world) {
			w.own["/app/entrypoint.sh"] = file{body: "#!/bin/sh\ncd /src\nexec \"$@\"\n", mode: 0o755}
		}, true},
		"named in a setting": {func(w *world) { w.config.Env = append(w.config.Env, "HOME_OF_DOCS=/src") }, true},
		"program beside it":  {func(w *world) { w.own["/src/bin/tool"] = named }, true},
	} {
		t.Run(name, func(t *testing.T) {
			older := service()
			older.own["/opt/tool/bin/tool"], older.own[lost] = named, file{body: "# manual\n"}
			test.edit(&older)
			newer := older.clone()
			newer.remove(lost)
			p := compareStatic(t, older, newer, Options{Explained: []diag.Leave{{Glob: "/src/docs/**", Reason: "documentation"}}})
			if got := slices.Contains(found(p), "removed "+lost+" B17"); got != test.want {
				t.Errorf("missed: %v, want %v: %q", got, test.want, found(p))
			}
		})
	}
}

// TestLinkerScript holds that a text under a library's name is nothing that a program
// could load.
func TestLinkerScript(t *testing.T) {
	for body, want := range map[string]bool{"GROUP ( libc.so.6 )\n": false, library("libextra.so").body: true} {
		older := service()
		older.own["/app/server"] = file{body: program().body + "libextra.so\x00", mode: 0o755}
		older.own[libs+"libextra.so"] = file{body: body}
		newer := older.clone()
		kept := map[string][]string{"libc6": {linker, libs + "ld-linux-x86-64.so.2", libs + "libc.so.6"}}
		maps.Copy(newer.own, dpkg(kept))
		kept["extra-dev"] = []string{libs + "libextra.so"}
		maps.Copy(older.own, dpkg(kept))
		newer.remove(libs + "libextra.so")
		if got := slices.ContainsFunc(found(compareStatic(t, older, newer, Options{})), func(d string) bool { return strings.Contains(d, "libextra.so") }); got != want {
			t.Errorf("%q missed: %v, want %v: %q", body[:5], got, want, found(compareStatic(t, older, newer, Options{})))
		}
	}
}

// TestHashedDirectory holds that what Cargo left in a directory of a hashed name is not
// kept by its last name, and is by its full one.
func TestHashedDirectory(t *testing.T) {
	const lost = "/src/target/release/build/ahash-12b0c86a1095ec7b/output"
	for said, want := range map[string]bool{"output": false, lost: true} {
		named := program()
		named.body += said + "\x00"
		older := service()
		older.config.WorkingDir = "/src"
		older.own["/src/bin/tool"], older.own[lost] = named, file{body: "cargo:rustc-cfg=x\n"}
		newer := older.clone()
		newer.remove(lost)
		p := compareStatic(t, older, newer, Options{Explained: []diag.Leave{{Glob: "/src/target/**", Reason: "build tree"}}})
		if got := slices.Contains(found(p), "removed "+lost+" B17"); got != want {
			t.Errorf("%q missed: %v, want %v: %q", said, got, want, found(p))
		}
	}
}
