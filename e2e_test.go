package careen_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/careenhq/careen/diag"
)

// TestExamples runs the command end to end on every example, on fresh state and a
// copy, as a person would: naive Dockerfile in, proven smaller image out. It takes
// minutes and needs root, runc and base images, so it runs where nothing may be
// skipped: CAREEN_TEST_REQUIRE=all, and CAREEN_MIRRORS where docker.io is away.
func TestExamples(t *testing.T) {
	if os.Getenv("CAREEN_TEST_REQUIRE") != "all" {
		t.Skip("takes minutes; runs with CAREEN_TEST_REQUIRE=all")
	}
	careen := buildCommand(t)
	state := t.TempDir()
	for _, name := range []string{"go-service", "node-api", "c-tool", "py-api"} {
		t.Run(name, func(t *testing.T) { optimizeExample(t, careen, state, name) })
	}
}

// buildCommand builds the command as it is shipped: static.
func buildCommand(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "careen")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/careen")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

func optimizeExample(t *testing.T, careen, state, name string) {
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("examples", name))); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	cmd := exec.CommandContext(t.Context(), careen, "optimize", "--quiet", "--runs", "1", "--no-attribution", "--scenario", "cold", "-f", "json", dir)
	cmd.Env = append(cmd.Environ(), "XDG_CACHE_HOME="+state)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("careen optimize: %v\n%s", err, stderr.Bytes())
	}
	if !maps.Equal(before, contents(t, dir)) {
		t.Error("the project was changed without --write")
	}
	matchesSchema(t, stdout.Bytes())
	var d diag.Document
	if err := json.Unmarshal(stdout.Bytes(), &d); err != nil {
		t.Fatalf("output: %v\n%s", err, stdout.Bytes())
	}
	checkImproved(t, d)
	refuse(t, careen, state, dir, d.Patch, breakages(name))
}

// matchesSchema holds a real document against the published schema.
func matchesSchema(t *testing.T, text []byte) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("docs/schema/results.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("output: %v\n%s", err, text)
	}
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
}

// checkImproved holds what must be so on any machine; seconds are not held.
func checkImproved(t *testing.T, d diag.Document) {
	if d.Outcome != diag.Improved || d.Baseline == nil || d.Candidate == nil {
		t.Fatalf("%s: %s", d.Outcome, d.Reason)
	}
	if d.Parity.Verdict != diag.Same || len(d.Parity.Differences) > 0 {
		t.Errorf("parity %s: %+v", d.Parity.Verdict, d.Parity.Differences)
	}
	old, now := d.Baseline.Bytes, d.Candidate.Bytes
	if now.Unpacked*10 > old.Unpacked*4 || now.Compressed >= old.Compressed {
		t.Errorf("unpacked %d of %d bytes, compressed %d of %d: want 60 %% less on disk", now.Unpacked, old.Unpacked, now.Compressed, old.Compressed)
	}
	kept := 0
	for _, c := range d.Changes {
		if c.Kept {
			kept++
			t.Logf("kept: %s", c.Title)
		}
	}
	if kept == 0 || d.Patch == "" {
		t.Errorf("%d changes kept, a patch of %d bytes", kept, len(d.Patch))
	}
	t.Logf("on disk %.1f MB instead of %.1f MB, cold build %.1f s instead of %.1f s",
		float64(now.Unpacked)/1e6, float64(old.Unpacked)/1e6, d.Candidate.ColdSeconds.Median, d.Baseline.ColdSeconds.Median)
}

// contents are the files of a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
