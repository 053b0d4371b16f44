package careen_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/project"
)

// mountFiles is a project whose steps need no base image: careen's own helper fills a
// cache mount with a tree of the context, and tells in another build what it holds.
var mountFiles = map[string]string{
	"Dockerfile": `FROM scratch
COPY . /
RUN --mount=type=cache,id=things,uid=7,target=/c ["/careen", "parcel", "unpack", "/seed", "/c"]
`,
	"seed/0.index": `{"p":"dir","t":"d","m":493,"c":1700000000}` + "\n" + `{"p":"dir/file","t":"f","m":420,"s":5,"c":1700000000}` + "\n",
	"seed/0.data":  "kept\n",
	"go.sum":       "example.com/x v1.0.0 h1:x\n",
}

// TestMountsTravel: what a cache mount of one builder holds is there on one that is
// empty.
func TestMountsTravel(t *testing.T) {
	command := buildCommand(t) // first: the engine moves the compiler's cache
	e, dir := embedded(t), t.TempDir()
	for name, text := range mountFiles {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	program, err := os.ReadFile(command)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "careen"), program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := project.Load(dir, project.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := careen.MountOptions{Project: p, Engine: e, Place: filepath.Join(t.TempDir(), "store"), Helper: command}
	moved := func(r *careen.MountReport, err error) *careen.MountReport {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := moved(careen.RestoreMounts(t.Context(), o)); r.Key != "" {
		t.Errorf("restored %+v out of nothing", r)
	}
	fill := func() string {
		t.Helper()
		res, err := e.Build(t.Context(), engine.Request{Context: dir, Dockerfile: []byte(mountFiles["Dockerfile"]), Name: "Dockerfile"})
		if err != nil {
			t.Fatal(err)
		}
		log := ""
		for _, s := range res.Steps {
			log += s.Log
		}
		return log
	}
	if log := fill(); !strings.Contains(log, `"bytes":5`) {
		t.Fatalf("the mount is not empty at first: %s", log)
	}
	saved := moved(careen.SaveMounts(t.Context(), o))
	if len(saved.Mounts) != 1 || saved.Mounts[0].Bytes != 5 || saved.Mounts[0].Left != "" || saved.Added == 0 {
		t.Errorf("saved %+v", saved)
	}
	if err := e.(engine.Pruner).Prune(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	back := moved(careen.RestoreMounts(t.Context(), o))
	if len(back.Mounts) != 1 || back.Mounts[0].Sum != saved.Mounts[0].Sum || !back.Exact {
		t.Errorf("restored %+v", back)
	}
	if log := fill(); !strings.Contains(log, "0 full") {
		t.Errorf("a step does not see what was restored: %s", log)
	}
	if again := moved(careen.RestoreMounts(t.Context(), o)); again.Mounts[0].Left != "holds something already" {
		t.Errorf("%+v", again.Mounts)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), []byte("other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := moved(careen.RestoreMounts(t.Context(), o)); r.Key != saved.Key || r.Exact {
		t.Errorf("with another lockfile %+v", r)
	}
}
