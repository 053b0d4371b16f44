package careen_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/project"
)

// embedded opens the embedded engine on fresh state, or skips where it cannot run.
func embedded(t *testing.T) engine.Engine {
	t.Helper()
	if _, err := exec.LookPath("runc"); err != nil || os.Geteuid() != 0 {
		if os.Getenv("CAREEN_TEST_REQUIRE") == "all" {
			t.Fatal("the embedded engine needs runc and root")
		}
		t.Skip("the embedded engine needs runc and root")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e, err := careen.OpenEngine(t.Context(), careen.EngineOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// benchFiles is a project whose builds need no base image, so no registry.
var benchFiles = map[string]string{
	"Dockerfile":     "FROM scratch AS files\nCOPY src /src\nFROM scratch\nCOPY package.json /\nCOPY --from=files /src /app\n",
	"Dockerfile.new": "FROM scratch\nCOPY src/index.ts /app/\nCOPY package.json /\n",
	"package.json":   `{"name": "x"}` + "\n",
	"src/index.ts":   "export const a = 1\n",
	"src/notes.md":   "not sent\n",
	".dockerignore":  "**/*.md\n",
}

func benchProject(t *testing.T) *project.Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range benchFiles {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Load(dir, project.Options{Runs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBenchOnTheEmbeddedEngine(t *testing.T) {
	p, e := benchProject(t), embedded(t)
	t.Setenv("TMPDIR", t.TempDir())
	doc, err := careen.Bench(t.Context(), careen.BenchOptions{Project: p, Engine: e, Against: "Dockerfile.new", Save: true, Command: "careen bench"})
	if err != nil {
		t.Fatal(err)
	}
	var edited []string
	for _, s := range doc.Scenarios {
		edited = append(edited, s.Name+":"+s.Edited)
		if len(s.Old.Samples) != 2 || s.New == nil || len(s.New.Samples) != 2 || s.Notable {
			t.Errorf("%s: %+v", s.Name, s)
		}
		// With two runs each there is one warning about their number and one about
		// the comparison; a third one would say that a build did not do its job.
		if len(s.Old.Warnings) != 1 || len(s.New.Warnings) != 2 {
			t.Errorf("%s: warnings %q and %q", s.Name, s.Old.Warnings, s.New.Warnings)
		}
	}
	want := []string{"cold:", "no-change:", "source-edit:src/index.ts", "manifest-edit:package.json"}
	if !slices.Equal(edited, want) {
		t.Errorf("scenarios %q, want %q", edited, want)
	}
	checkBuild(t, doc.Baseline, 4)
	checkBuild(t, doc.Candidate, 2)
	for name, text := range benchFiles {
		if got, err := os.ReadFile(filepath.Join(p.Dir, name)); err != nil || string(got) != text {
			t.Errorf("%s is now %q, %v", name, got, err)
		}
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	checkBaseline(t, p, doc)
}

// checkBuild expects an image without base whose two layers came from the last
// two instructions, the first of them on the given line.
func checkBuild(t *testing.T, b *diag.Build, line int) {
	t.Helper()
	if len(b.Layers) != 2 || b.Base != (diag.Bytes{}) || b.Layers[0].Line != line || b.Layers[1].Line != line+1 {
		t.Errorf("layers %+v, base %+v", b.Layers, b.Base)
	}
	var sum int64
	for _, l := range b.Layers {
		sum += l.Bytes.Unpacked
		if l.Bytes.Unpacked < 1024 || l.Bytes.Unpacked%512 != 0 || l.Bytes.Compressed < 1 {
			t.Errorf("a layer of %+v is no tar", l.Bytes)
		}
	}
	if sum != b.Bytes.Unpacked {
		t.Errorf("layers of %d bytes make an image of %d", sum, b.Bytes.Unpacked)
	}
	if want := int64(len(benchFiles["package.json"]) + len(benchFiles["src/index.ts"])); b.ContextBytes < want {
		t.Errorf("context of %d bytes, want at least %d", b.ContextBytes, want)
	}
}

func checkBaseline(t *testing.T, p *project.Project, doc *diag.Document) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, careen.EvidenceDir, "baseline.json"))
	if err != nil {
		t.Fatal(err)
	}
	var saved diag.Document
	if err := json.Unmarshal(text, &saved); err != nil {
		t.Fatal(err)
	}
	if saved.Baseline.Digest != doc.Baseline.Digest || saved.Baseline.Digest == "" || len(saved.Files) != 1 {
		t.Errorf("saved %s with files %q, measured %s", saved.Baseline.Digest, saved.Files, doc.Baseline.Digest)
	}
}

func TestBenchRefuses(t *testing.T) {
	p := benchProject(t)
	for want, o := range map[string]careen.BenchOptions{
		`unknown scenario "hot"`:              {Project: p, Scenarios: []string{"hot"}},
		"--against: --file absent: no such":   {Project: p, Against: "absent"},
		"bench needs a build context: give a": {Project: &project.Project{}},
	} {
		if _, err := careen.Bench(t.Context(), o); err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
