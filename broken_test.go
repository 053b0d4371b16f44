package careen_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

// A breakage spoils the runtime stage of an optimised Dockerfile in one way, and
// names a check that has to find it.
type breakage struct {
	name  string
	spoil func(dockerfile string) string
	check string
}

// breakages are what the conversion to a runtime stage gets wrong most often. Each
// works on a base without a shell too.
func breakages(example string) []breakage {
	return []breakage{
		{"a needed library is gone", func(f string) string { return f + emptied(library[example]) }, "elf-library"},
		{"certificates are gone", func(f string) string { return f + emptied("/etc/ssl/certs/ca-certificates.crt") }, "certificates"},
		{"a variable is lost", withoutLast(regexp.MustCompile(`(?m)^ENV [A-Z_]+=.*\n`)), "env"},
		{"another user", func(f string) string { return f + "USER 4711:4711\n" }, "user"},
		{"a data directory is not copied", withoutLast(regexp.MustCompile(`(?m)^COPY --from=.*` + data[example] + `.*\n`)), "removed"},
	}
}

// library is one that the example's program loads, data a directory that it reads.
var (
	library = map[string]string{
		"go-service": "/lib/x86_64-linux-gnu/libc.so.6",
		"node-api":   "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
		"c-tool":     "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0",
		"py-api":     "/usr/lib/x86_64-linux-gnu/libpng16.so.16",
	}
	data = map[string]string{"go-service": "templates", "node-api": "views", "c-tool": "share/hoard", "py-api": "herbarium"}
)

// emptied puts an empty file in a path's place.
func emptied(path string) string { return "COPY <<NOTHING " + path + "\nNOTHING\n" }

// withoutLast deletes the last match, which is in the runtime stage.
func withoutLast(expression *regexp.Regexp) func(string) string {
	return func(f string) string {
		all := expression.FindAllStringIndex(f, -1)
		if len(all) == 0 {
			return f
		}
		at := all[len(all)-1]
		return f[:at[0]] + f[at[1]:]
	}
}

// refuse applies the patch in the project and holds that every breakage of it
// is found, by the check that is there for it.
func refuse(t *testing.T, careen, state, dir, patch string, breakages []breakage) {
	naive := filepath.Join(dir, "Dockerfile.naive")
	text, err := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(naive, text, 0o644); err != nil {
		t.Fatal(err)
	}
	apply := exec.Command("git", "apply", "-p1", "-")
	apply.Dir, apply.Stdin = dir, strings.NewReader(patch)
	apply.Env = append(apply.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	improved, err := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			broken := b.spoil(string(improved))
			if broken == string(improved) {
				t.Fatalf("nothing to spoil in\n%s", improved)
			}
			checkRefused(t, careen, state, dir, broken, b.check)
		})
	}
}

func checkRefused(t *testing.T, careen, state, dir, broken, check string) {
	file := filepath.Join(dir, "Dockerfile.broken")
	if err := os.WriteFile(file, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), careen, "verify", "--quiet", "--project", dir, "-f", "json", filepath.Join(dir, "Dockerfile.naive"), file)
	cmd.Env = append(cmd.Environ(), "XDG_CACHE_HOME="+state)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		stderr := ""
		if exit != nil {
			stderr = string(exit.Stderr)
		}
		t.Fatalf("careen verify: %v, want exit code 1\n%s\n%s", err, out, stderr)
	}
	var parity diag.Parity
	if err := json.Unmarshal(out, &parity); err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(parity.Differences, func(d diag.Difference) bool { return d.Check == check })
	if parity.Verdict != diag.Different || !found {
		t.Errorf("%s: %+v, want a difference of check %q", parity.Verdict, parity.Differences, check)
	}
}
