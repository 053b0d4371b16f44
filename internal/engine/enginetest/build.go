package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/careenhq/careen/internal/engine"
)

func testInfo(t *testing.T, s *suite) {
	info, err := s.engine.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.Name == "" || info.Version == "" || info.Detail == "" || info.Platform != s.Platform {
		t.Errorf("%+v", info)
	}
}

func testResolve(t *testing.T, s *suite) {
	base, err := s.engine.Resolve(t.Context(), s.BaseRef, "")
	if err != nil {
		t.Fatal(err)
	}
	if base.Digest != s.Base.Digest || !bytes.Contains(base.Config, []byte("BASE=yes")) {
		t.Errorf("%s resolved to %s, want %s; configuration %s", s.BaseRef, base.Digest, s.Base.Digest, base.Config)
	}
	if _, err := s.engine.Resolve(t.Context(), "absent:1", ""); err == nil || !strings.Contains(err.Error(), "absent:1") {
		t.Errorf("absent:1 resolved, or its error does not name it: %v", err)
	}
}

func testSteps(t *testing.T, s *suite) {
	req := request(t, files{"data.txt": "of the context\n"},
		"FROM tool:1 AS build",
		"WORKDIR /work",
		"COPY data.txt ./",
		"RUN tool echo steps && \\",
		"  # a comment inside",
		"  tool write out.txt steps",
		"FROM tool:1",
		"COPY --from=build /work/out.txt /out.txt",
		"ENV A=b",
		"RUN tool write /second second",
	)
	before := time.Now()
	res := s.build(t, req)
	if res.Duration <= 0 || res.Duration > time.Since(before) {
		t.Errorf("duration %v of %v", res.Duration, time.Since(before))
	}
	if res.ContextBytes < int64(len("of the context\n")) || res.ContextBytes > 1<<16 {
		t.Errorf("%d bytes of context", res.ContextBytes)
	}
	want := map[int]struct{ last, layer int }{2: {2, -1}, 3: {3, -1}, 4: {6, -1}, 8: {8, 1}, 10: {10, 2}}
	for _, step := range instructions(res) {
		checkStep(t, step, before)
		at := step.Lines[0]
		w, known := want[at.First]
		if !known || at.Last != w.last || step.Layer != w.layer {
			t.Errorf("%s is at %v and wrote layer %d, want %v", step.Name, step.Lines, step.Layer, w)
		}
		delete(want, at.First)
	}
	if len(want) > 0 {
		t.Errorf("no steps for lines %v", want)
	}
	if log := stepAt(t, res, 4).Log; !strings.Contains(log, "steps\n") {
		t.Errorf("log %q", log)
	}
	s.checkBases(t, res)
	checkImage(t, res)
}

func checkStep(t *testing.T, step engine.Step, before time.Time) {
	t.Helper()
	if step.Cached || step.Start.Before(before.Add(-time.Second)) || step.End.Before(step.Start) || step.Duration() <= 0 {
		t.Errorf("%s: from %v to %v, cached %v", step.Name, step.Start, step.End, step.Cached)
	}
	if wrote := step.Layer >= 0; wrote && (step.Pulled <= 0 || step.Unpacked < 1024 || step.Unpacked%512 != 0) {
		t.Errorf("%s wrote %d bytes, %d pulled", step.Name, step.Unpacked, step.Pulled)
	}
	if step.ID == "" || step.Name == "" || step.Error != "" {
		t.Errorf("%+v", step)
	}
}

func (s *suite) checkBases(t *testing.T, res *engine.Result) {
	t.Helper()
	if len(res.Bases) != 1 || res.Bases[0].Digest != s.Base.Digest || !strings.Contains(res.Bases[0].Ref, s.BaseRef) || len(res.Bases[0].Config) == 0 {
		t.Errorf("bases %+v", res.Bases)
	}
}

// checkImage expects three layers, each of them whole, with the right contents.
func checkImage(t *testing.T, res *engine.Result) {
	t.Helper()
	image := open(t, res.Image)
	layers, err := image.Layers()
	if err != nil || len(layers) != 3 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	for _, layer := range layers {
		checkLayer(t, layer)
	}
	config, err := image.ConfigFile()
	if err != nil || !slices.Contains(config.Config.Env, "A=b") || !slices.Contains(config.Config.Env, "BASE=yes") {
		t.Errorf("configuration %+v, %v", config, err)
	}
	tree := contents(t, res.Image)
	if tree["out.txt"] != "steps\n" || tree["second"] != "second\n" {
		t.Errorf("image holds %q and %q", tree["out.txt"], tree["second"])
	}
	if _, leaked := tree["work/data.txt"]; leaked {
		t.Error("the first stage's files are in the image")
	}
}

// checkLayer expects a layer's bytes to be what its digests say.
func checkLayer(t *testing.T, layer v1.Layer) {
	t.Helper()
	sum := func(read func() (io.ReadCloser, error), want func() (v1.Hash, error)) {
		t.Helper()
		rc, err := read()
		if err != nil {
			t.Fatal(err)
		}
		defer rc.Close()
		got, _, err := v1.SHA256(rc)
		if hash, wantErr := want(); err != nil || wantErr != nil || got != hash {
			t.Errorf("layer is %s, want %s; %v, %v", got, hash, err, wantErr)
		}
	}
	sum(layer.Compressed, layer.Digest)
	sum(layer.Uncompressed, layer.DiffID)
}

// contents are the files of an image, merged.
func contents(t *testing.T, img engine.Image) map[string]string {
	t.Helper()
	rc := mutate.Extract(open(t, img))
	defer rc.Close()
	tree := map[string]string{}
	for r := tar.NewReader(rc); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tree
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		tree[strings.Trim(h.Name, "/.")] = string(data)
	}
}

// instructions are the steps that came from the Dockerfile, bases left out.
func instructions(res *engine.Result) []engine.Step {
	var list []engine.Step
	for _, step := range res.Steps {
		if step.Kind == engine.Instruction {
			list = append(list, step)
		}
	}
	return list
}

func stepAt(t *testing.T, res *engine.Result, line int) engine.Step {
	t.Helper()
	for _, step := range instructions(res) {
		if step.Lines[0].First == line {
			return step
		}
	}
	t.Fatalf("no step at line %d", line)
	return engine.Step{}
}

func testCache(t *testing.T, s *suite) {
	f := files{"a": "one\n"}
	req := request(t, f, "FROM tool:1", "COPY a /a", "RUN --mount=type=cache,target=/keep tool write /keep/cache x && tool write /cache x")
	first := s.build(t, req)
	again := s.build(t, req)
	for _, step := range instructions(again) {
		if !step.Cached || step.Duration() != 0 {
			t.Errorf("%s ran again", step.Name)
		}
	}
	if again.Image.Digest != first.Image.Digest || stepAt(t, again, 3).Layer != 2 {
		t.Errorf("%s became %s", first.Image.Digest, again.Image.Digest)
	}
	if err := os.WriteFile(filepath.Join(req.Context, "a"), []byte("another\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if edited := s.build(t, req); stepAt(t, edited, 2).Cached || stepAt(t, edited, 3).Cached {
		t.Error("an edited file did not invalidate the steps after it")
	}
	req.NoCache = true
	for _, step := range instructions(s.build(t, req)) {
		if step.Cached {
			t.Errorf("%s is cached in spite of NoCache", step.Name)
		}
	}
	s.checkCacheMount(t, req)
}

// checkCacheMount expects the cache mount to last from build to build, and NoCache
// to empty it.
func (s *suite) checkCacheMount(t *testing.T, req engine.Request) {
	t.Helper()
	req.Dockerfile = []byte("FROM tool:1\nRUN --mount=type=cache,target=/keep tool cat /keep/cache\n")
	req.NoCache = false
	if log := stepAt(t, s.build(t, req), 2).Log; !strings.Contains(log, "x\n") {
		t.Errorf("the cache mount lost its file: %q", log)
	}
	req.NoCache = true
	_ = s.stepFailure(t, req, 2) // fails the test itself when the step does not
}

func testNoOutput(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN tool write /no-output x")
	dir := req.Output
	req.Output = ""
	res := s.build(t, req)
	if res.Image != (engine.Image{}) || len(instructions(res)) != 1 {
		t.Errorf("%+v", res)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("output: %v", err)
	}
}

func testTarget(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1 AS first", "RUN tool write /target first", "FROM tool:1 AS second", "RUN tool write /target second")
	req.Target = "first"
	res := s.build(t, req)
	if got := contents(t, res.Image)["target"]; got != "first\n" {
		t.Errorf("target holds %q", got)
	}
	if len(instructions(res)) != 1 {
		t.Errorf("the other stage was built too: %+v", instructions(res))
	}
}

func testBuildArgs(t *testing.T, s *suite) {
	req := request(t, nil, "ARG BASE=absent:1", "FROM $BASE", "ARG WHO=nobody", "ENV WHO=$WHO", "RUN tool write /who $WHO")
	req.BuildArgs = map[string]string{"BASE": s.BaseRef, "WHO": "somebody"}
	res := s.build(t, req)
	config, err := open(t, res.Image).ConfigFile()
	if err != nil || !slices.Contains(config.Config.Env, "WHO=somebody") {
		t.Errorf("%+v, %v", config, err)
	}
	if got := contents(t, res.Image)["who"]; got != "somebody\n" {
		t.Errorf("who is %q", got)
	}
}

func testIgnore(t *testing.T, s *suite) {
	f := files{"keep.txt": "k\n", "drop.txt": "d\n", "own.txt": "o\n", ".dockerignore": "drop.txt\n"}
	req := request(t, f, "FROM tool:1", "COPY *.txt /in/")
	tree := contents(t, s.build(t, req).Image)
	if tree["in/keep.txt"] != "k\n" || tree["in/drop.txt"] != "" || tree["in/own.txt"] != "o\n" {
		t.Errorf("the context's own .dockerignore: %q", tree)
	}
	override := "own.txt\n"
	req.Ignore = &override
	tree = contents(t, s.build(t, req).Image)
	if tree["in/keep.txt"] != "k\n" || tree["in/drop.txt"] != "d\n" || tree["in/own.txt"] != "" {
		t.Error("Ignore does not stand in for .dockerignore")
	}
	none := ""
	req.Ignore = &none
	tree = contents(t, s.build(t, req).Image)
	if tree["in/drop.txt"] != "d\n" || tree["in/own.txt"] != "o\n" {
		t.Error("an empty Ignore does not stand in for .dockerignore")
	}
}

func testPlatform(t *testing.T, s *suite) {
	req := request(t, nil, "FROM scratch", "ARG TARGETARCH", "LABEL arch=$TARGETARCH")
	req.Platform = "linux/s390x"
	config, err := open(t, s.build(t, req).Image).ConfigFile()
	if err != nil || config.Architecture != "s390x" || config.Config.Labels["arch"] != "s390x" {
		t.Errorf("%+v, %v", config, err)
	}
}

func testEpoch(t *testing.T, s *suite) {
	req := request(t, nil, "FROM scratch", "COPY a /a")
	req.Context = files{"a": "x"}.write(t)
	epoch := time.Unix(1_000_000_000, 0).UTC()
	req.Epoch, req.NoCache = &epoch, true
	first := s.build(t, req)
	config, err := open(t, first.Image).ConfigFile()
	if err != nil || !config.Created.Equal(epoch) {
		t.Errorf("created %v, %v", config.Created, err)
	}
	req.Context = files{"a": "x"}.write(t)
	if second := s.build(t, req); second.Image.Digest != first.Image.Digest {
		t.Errorf("two digests: %s and %s", first.Image.Digest, second.Image.Digest)
	}
}

const canary = "canary-3f9c-not-to-be-seen"

func testSecret(t *testing.T, s *suite) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ENGINETEST_SECRET", canary)
	req := request(t, nil, "FROM tool:1",
		"RUN --mount=type=secret,id=token tool secret /run/secrets/token",
		"RUN --mount=type=secret,id=named,target=/named tool secret /named")
	req.Secrets = []engine.Secret{{ID: "token", File: file}, {ID: "named", Env: "ENGINETEST_SECRET"}}
	var seen bytes.Buffer
	req.Events = func(ev engine.Event) { seen.WriteString(ev.Log) }
	res := s.build(t, req)
	for _, line := range []int{2, 3} {
		step := stepAt(t, res, line)
		contains(t, step.Log, "secret of 26 bytes")
		seen.WriteString(step.Log + step.Name + step.Error)
	}
	if strings.Contains(seen.String(), canary) {
		t.Error("the secret is in the output")
	}
	err := filepath.WalkDir(req.Output, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if data, err := os.ReadFile(path); err != nil || bytes.Contains(data, []byte(canary)) {
			t.Errorf("%s: %v, or the secret is in it", path, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for name, text := range contents(t, res.Image) {
		if strings.Contains(text, canary) {
			t.Errorf("the secret is in the image's %s", name)
		}
	}
}

func testSecretMissing(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN --mount=type=secret,id=token,required=true tool echo x")
	contains(t, s.stepFailure(t, req, 2).Error(), "token")
	req.Secrets = []engine.Secret{{ID: "token", File: filepath.Join(t.TempDir(), "absent")}}
	contains(t, s.failure(t, req).Error(), "absent")
}

func testFailingRun(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "", "RUN tool warn cause of it && \\", "  tool exit 7", "RUN tool echo never")
	err := s.stepFailure(t, req, 3)
	if err.Exit != 7 || err.Name != "Dockerfile" || err.Step.Lines[0].Last != 4 {
		t.Errorf("%+v", err)
	}
	contains(t, err.Step.Log, "cause of it")
	if text, want := err.Error(), "Dockerfile:3: RUN tool warn cause of it &&   tool exit 7 failed: exit code 7"; text != want {
		t.Errorf("%q, want %q", text, want)
	}
}

func testFailingCopy(t *testing.T, s *suite) {
	err := s.stepFailure(t, request(t, nil, "FROM tool:1", "COPY nowhere.txt /"), 2)
	if err.Exit != -1 {
		t.Errorf("exit code %d", err.Exit)
	}
	text := err.Error()
	contains(t, text, "Dockerfile:2: COPY nowhere.txt / failed: ", "not found")
	plain(t, text)
}

// plain expects words for people: one line, no Go types, no digests.
func plain(t *testing.T, text string) {
	t.Helper()
	for _, bad := range []string{"\n", "sha256:", "rpc error", "failed to solve", "process \"", "0x"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q holds %q", text, bad)
		}
	}
}

func testSyntaxError(t *testing.T, s *suite) {
	err := s.stepFailure(t, request(t, nil, "FROM tool:1", "# fine", "RUNN tool echo x"), 3)
	contains(t, err.Error(), "Dockerfile:3: ", "unknown instruction", "RUNN")
	plain(t, err.Error())
}

// testSyntaxLine: no registry has to be asked for the frontend of docker/dockerfile.
func testSyntaxLine(t *testing.T, s *suite) {
	res := s.build(t, request(t, nil, "# syntax=docker/dockerfile:1", "FROM tool:1", "RUN tool echo x"))
	if !slices.ContainsFunc(res.Steps, func(step engine.Step) bool { return slices.Contains(step.Lines, engine.Lines{First: 3, Last: 3}) }) {
		t.Errorf("no step of line 3: %+v", res.Steps)
	}
}

func testUnknownBase(t *testing.T, s *suite) {
	err := s.stepFailure(t, request(t, nil, "# syntax of old", "FROM absent:1", "RUN tool echo x"), 2)
	contains(t, err.Error(), "Dockerfile:2: FROM absent:1 failed: ", "not found")
	plain(t, err.Error())
}

func testUnknownTarget(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1")
	req.Target = "nosuchstage"
	contains(t, s.failure(t, req).Error(), "nosuchstage")
}

func testNoContext(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1")
	req.Context = filepath.Join(req.Context, "absent")
	contains(t, s.failure(t, req).Error(), "build context", "absent")
}

func testCancelBuild(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN tool echo cancel && tool block")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	running := false
	req.Events = func(ev engine.Event) {
		if strings.Contains(ev.Log, "cancel") {
			running = true
			cancel()
		}
	}
	began := time.Now()
	_, err := s.engine.Build(ctx, req)
	if !errors.Is(err, context.Canceled) || !running {
		t.Errorf("error %v, running %v", err, running)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v to let go", took)
	}
	s.build(t, request(t, nil, "FROM tool:1", "RUN tool echo after cancel"))
}

func testEvents(t *testing.T, s *suite) {
	req := request(t, nil, "FROM tool:1", "RUN tool echo events-log")
	var began, ended, logged bool
	req.Events = func(ev engine.Event) {
		if ev.Step != nil && strings.Contains(ev.Step.Name, "events-log") {
			began = began || ev.Step.End.IsZero() && !ev.Step.Start.IsZero()
			ended = ended || !ev.Step.End.IsZero()
		}
		logged = logged || strings.Contains(ev.Log, "events-log") && ev.ID != ""
	}
	s.build(t, req)
	if !began || !ended || !logged {
		t.Errorf("events told of start %v, end %v, output %v", began, ended, logged)
	}
}
