package verify

import (
	"slices"
	"testing"
)

// TestPackagedScript holds that a script of a package which does without what runs it
// is no loss, unless the project names it.
func TestPackagedScript(t *testing.T) {
	packages := map[string][]string{"iproute2": {"/usr/bin/routel"}, "python3": {"/usr/bin/python3"}}
	older := service()
	for name, f := range dpkg(packages) {
		older.own[name] = f
	}
	older.own["/usr/bin/routel"] = file{body: "#!/usr/bin/python3\nprint()\n", mode: 0o755}
	older.own["/usr/bin/python3"] = program()
	newer := older.clone()
	newer.remove("/usr/bin/python3")
	delete(packages, "python3")
	for name, f := range dpkg(packages) {
		newer.own[name] = f
	}
	const lost = "elf-interpreter /usr/bin/routel B5"
	if got := found(compareStatic(t, older, newer, Options{})); slices.Contains(got, lost) {
		t.Errorf("differences %q", got)
	}
	newer.own["/app/start.sh"] = file{body: "#!/bin/sh\nroutel\n", mode: 0o755}
	if got := found(compareStatic(t, older, newer, Options{})); !slices.Contains(got, lost) {
		t.Errorf("differences %q, want %q", got, lost)
	}
}

// TestCargoDirectories holds that empty directories of Cargo's are not missed.
func TestCargoDirectories(t *testing.T) {
	older := service()
	older.own["/src/target/release/examples"] = file{dir: true}
	older.own["/src/target/spool"] = file{dir: true}
	newer := older.clone()
	newer.remove("/src/target/release/examples", "/src/target/spool")
	if got, want := found(compareStatic(t, older, newer, Options{})), []string{"removed /src/target/spool C5"}; !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
}
