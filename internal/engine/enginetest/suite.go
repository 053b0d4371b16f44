package enginetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/careenhq/careen/internal/engine"
)

// Run checks one engine against the whole contract. The engine's cache may hold
// anything; the suite takes only names of its own.
func Run(t *testing.T, w *World, e engine.Engine) {
	s := &suite{World: w, engine: e}
	for _, c := range []struct {
		name string
		test func(*testing.T, *suite)
	}{
		{"info", testInfo},
		{"resolve", testResolve},
		{"steps", testSteps},
		{"cache", testCache},
		{"no output", testNoOutput},
		{"target", testTarget},
		{"build args", testBuildArgs},
		{"ignore", testIgnore},
		{"platform", testPlatform},
		{"epoch", testEpoch},
		{"secret", testSecret},
		{"secret missing", testSecretMissing},
		{"failing run", testFailingRun},
		{"failing copy", testFailingCopy},
		{"syntax error", testSyntaxError},
		{"syntax line", testSyntaxLine},
		{"unknown base", testUnknownBase},
		{"unknown target", testUnknownTarget},
		{"no context", testNoContext},
		{"cancel build", testCancelBuild},
		{"events", testEvents},
		{"entrypoint and command", testCommand},
		{"environment, user, directory", testEnvironment},
		{"streams", testStreams},
		{"signals", testSignals},
		{"timeout", testTimeout},
		{"command not found", testCommandNotFound},
		{"read-only root", testReadOnly},
		{"tmpfs", testTmpfs},
		{"image unchanged", testUnchanged},
		{"mounts", testMounts},
		{"exec", testExec},
		{"probe without a shell", testProbe},
		{"no network", testNoNetwork},
		{"cancel run", testCancelRun},
		{"memory", testMemory},
		{"prune", testPrune},
		{"push", testPush},
		{"cache travels", testCacheTravels},
		{"no cache to import", testNoCacheToImport},
		{"cache to nowhere", testCacheToNowhere},
		{"close twice", testClose},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, s) })
	}
}

type suite struct {
	*World
	engine engine.Engine
}

func goarch() string { return runtime.GOARCH }

// files is a context: path to contents.
type files map[string]string

func (f files) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// request builds the lines over the files.
func request(t *testing.T, f files, lines ...string) engine.Request {
	t.Helper()
	return engine.Request{
		Context: f.write(t), Name: "Dockerfile", Output: filepath.Join(t.TempDir(), "image"),
		Dockerfile: []byte(strings.Join(lines, "\n") + "\n"),
	}
}

// build must succeed within a minute.
func (s *suite) build(t *testing.T, req engine.Request) *engine.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := s.engine.Build(ctx, req)
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	return res
}

// image builds the lines and gives the image.
func (s *suite) image(t *testing.T, lines ...string) engine.Image {
	t.Helper()
	return s.build(t, request(t, nil, lines...)).Image
}

// failure must fail within a minute.
func (s *suite) failure(t *testing.T, req engine.Request) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := s.engine.Build(ctx, req)
	if err == nil {
		t.Fatalf("built %+v", res)
	}
	if ctx.Err() != nil {
		t.Fatalf("took more than a minute to fail: %v", err)
	}
	return err
}

// stepFailure must be a StepError at a line.
func (s *suite) stepFailure(t *testing.T, req engine.Request, line int) *engine.StepError {
	t.Helper()
	err := s.failure(t, req)
	var step *engine.StepError
	if !errors.As(err, &step) {
		t.Fatalf("%v is a %T, want a StepError", err, err)
	}
	if len(step.Step.Lines) == 0 || step.Step.Lines[0].First != line {
		t.Fatalf("%v names lines %v, want %d", err, step.Step.Lines, line)
	}
	return step
}

// open reads an image out of its layout.
func open(t *testing.T, img engine.Image) v1.Image {
	t.Helper()
	p, err := layout.FromPath(img.Layout)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := v1.NewHash(img.Digest)
	if err != nil {
		t.Fatal(err)
	}
	image, err := p.Image(hash)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}
