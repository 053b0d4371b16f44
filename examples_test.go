package careen_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

// A language is an example of one language or kind of project, the share of its size
// that must go, and ways to spoil the result with the check that has to find each.
type language struct {
	example string
	less    int64 // percent of the size on disk
	broken  []breakage
}

// languages are the examples that tell most for their time. What keeps one from more is
// its base: a Java runtime, or an image of PHP that has no smaller form.
func languages() []language {
	return []language{
		{"java-tides", 50, []breakage{
			{"the archive is not copied", without("/opt/tides/tides.jar"), "removed"},
			{"the tables are not copied", without("/opt/tides/data"), "removed"},
		}},
		{"static-site", 60, []breakage{
			{"the site is not copied", without("/var/www"), "removed"},
			{"the server's settings are not copied", without("/etc/nginx/conf.d"), "removed"},
		}},
		{"php-notices", 15, []breakage{
			{"an extension's settings are not copied", without("/usr/local/etc/php/conf.d/"), "removed"},
			{"modules of Apache are not switched on", withoutLast(regexp.MustCompile(`(?m)^RUN a2enmod .*\n`)), "state"},
		}},
	}
}

// without leaves the lines out that copy a path from the build stage.
func without(path string) func(string) string {
	return func(dockerfile string) string {
		var kept []string
		for _, line := range strings.Split(dockerfile, "\n") {
			if !strings.HasPrefix(line, "COPY --from=") || !strings.Contains(line, path) {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "\n")
	}
}

// TestLanguages runs the command on examples of more languages, without measuring times,
// and holds that the images are smaller, behave alike, and that broken ones are refused.
func TestLanguages(t *testing.T) {
	if os.Getenv("CAREEN_TEST_REQUIRE") != "all" {
		t.Skip("takes minutes; runs with CAREEN_TEST_REQUIRE=all")
	}
	careen, state := buildCommand(t), t.TempDir()
	for _, l := range languages() {
		t.Run(l.example, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), l.example)
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("examples", l.example))); err != nil {
				t.Fatal(err)
			}
			d := optimizeFast(t, careen, state, dir)
			if d.Outcome != diag.Improved || d.Parity.Verdict != diag.Same || len(d.Parity.Differences) > 0 {
				t.Fatalf("%s %s: parity %s: %+v", d.Outcome, d.Reason, d.Parity.Verdict, d.Parity.Differences)
			}
			if old, now := d.Baseline.Bytes.Unpacked, d.Candidate.Bytes.Unpacked; (old-now)*100 < old*l.less {
				t.Errorf("%d of %d bytes: want %d %% less", now, old, l.less)
			}
			refuse(t, careen, state, dir, d.Patch, l.broken)
		})
	}
}

func optimizeFast(t *testing.T, careen, state, dir string) diag.Document {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), careen, "optimize", "--quiet", "--runs", "1", "--no-attribution", "--scenario", "no-change", "-f", "json", dir)
	cmd.Env = append(cmd.Environ(), "XDG_CACHE_HOME="+state)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("careen optimize: %v\n%s", err, stderr.Bytes())
	}
	var d diag.Document
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatalf("output: %v\n%s", err, out)
	}
	return d
}
