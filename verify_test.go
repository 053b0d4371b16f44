package careen_test

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine/fake"
	"github.com/careenhq/careen/internal/project"
)

// sources puts one image in every place that an image is read from.
func sources(t *testing.T, img v1.Image) map[string]string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := layout.Write(filepath.Join(dir, "layout"), empty.Index)
	must(err)
	must(at.AppendImage(img))
	tag, err := name.NewTag("careen.example/app:1")
	must(err)
	must(tarball.WriteToFile(filepath.Join(dir, "saved"), tag, img))
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/app:1")
	must(err)
	must(remote.Write(ref, img))
	must(os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644))
	return map[string]string{"layout": filepath.Join(dir, "layout"), "archive": filepath.Join(dir, "saved"), "reference": ref.Name()}
}

// TestVerifySources holds that an image is the same wherever it is read from, and that
// another one is not.
func TestVerifySources(t *testing.T) {
	img, err := random.Image(2048, 2)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.Config(img, v1.Config{Env: []string{"A=b"}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := mutate.Config(img, v1.Config{Env: []string{"A=c"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := project.LoadBare(t.TempDir(), project.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, different := sources(t, img), sources(t, other)
	compare := func(older, newer string) *diag.Parity {
		parity, err := careen.Verify(t.Context(), careen.VerifyOptions{Project: p, Engine: fake.New(fake.Options{}), Old: older, New: newer})
		if err != nil {
			t.Fatalf("%s, %s: %v", older, newer, err)
		}
		return parity
	}
	for kind, source := range all {
		if got := compare(all["layout"], source); got.Verdict != diag.Same {
			t.Errorf("%s: %s: %+v", kind, got.Verdict, got.Differences)
		}
		if got := compare(source, different[kind]); got.Verdict != diag.Different {
			t.Errorf("another %s: %s", kind, got.Verdict)
		}
	}
}

// TestSelfTest holds that mutants of an image are found, that the counts agree, and that
// what survives without a wider workload is called missed.
func TestSelfTest(t *testing.T) {
	img, err := random.Image(1024, 1)
	if err != nil {
		t.Fatal(err)
	}
	img, err = mutate.Config(img, v1.Config{Env: []string{"PATH=/nothing:/bin", "MODE=x"}, User: "7", WorkingDir: "/srv", Volumes: map[string]struct{}{"/srv": {}}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := project.LoadBare(t.TempDir(), project.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := careen.SelfTest(t.Context(), careen.SelfTestOptions{Project: p, Engine: fake.New(fake.Options{}), Image: sources(t, img)["archive"]})
	if err != nil {
		t.Fatal(err)
	}
	if got.Caught+got.Missed+got.Equivalent != len(got.Mutants) || got.Equivalent != 0 {
		t.Errorf("%d + %d + %d of %d", got.Caught, got.Missed, got.Equivalent, len(got.Mutants))
	}
	fates := map[string]diag.Fate{}
	for _, m := range got.Mutants {
		fates[m.Kind+" "+m.What] = m.Fate
	}
	for kind, want := range map[string]diag.Fate{
		"ENV dropped MODE": diag.Caught, "USER dropped 7": diag.Caught, "WORKDIR changed to /tmp": diag.Caught, "VOLUME dropped /srv": diag.Caught,
		"PATH shortened /nothing": diag.Missed, // nothing is there to be found
	} {
		if fates[kind] != want {
			t.Errorf("%s: %q, want %s", kind, fates[kind], want)
		}
	}
}

// TestVerifyReference runs the command on images that were not built here: what comes
// from a registry has to reach the engine and run there.
func TestVerifyReference(t *testing.T) {
	if os.Getenv("CAREEN_TEST_REQUIRE") != "all" {
		t.Skip("pulls an image and starts the engine; runs with CAREEN_TEST_REQUIRE=all")
	}
	command, state, dir := buildCommand(t), t.TempDir(), t.TempDir()
	goss := filepath.Join(dir, "goss.yaml")
	for newer, want := range map[string]diag.Verdict{"debian:bookworm-slim": diag.Same, "debian:bookworm": diag.Different} {
		cmd := exec.CommandContext(t.Context(), command, "verify", "--quiet", "-f", "json", "--export-goss", goss, "debian:bookworm-slim", newer)
		cmd.Env, cmd.Dir = append(cmd.Environ(), "XDG_CACHE_HOME="+state), dir
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		var p diag.Parity
		if err := json.Unmarshal(out, &p); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if p.Verdict != want || (cmd.ProcessState.ExitCode() == 0) != (want == diag.Same) {
			t.Errorf("%s: %s with exit code %d: %+v", newer, p.Verdict, cmd.ProcessState.ExitCode(), p.Differences)
		}
		ran := slices.ContainsFunc(p.Levels, func(l diag.Level) bool { return l.Name == "L4" && slices.Contains(l.Checked, "command --version") })
		if !ran {
			t.Errorf("%s did not run: %+v", newer, p.Levels)
		}
	}
	if text, err := os.ReadFile(goss); err != nil || !strings.Contains(string(text), "/bash:") {
		t.Errorf("goss file: %v\n%s", err, text)
	}
}
