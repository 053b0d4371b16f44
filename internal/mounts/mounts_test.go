package mounts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/parcel"
)

func TestFind(t *testing.T) {
	f := dockerfile.Parse([]byte(`ARG CACHE=mods
FROM golang AS unused
RUN --mount=type=cache,target=/unused true
FROM golang AS build
ARG CACHE
RUN --mount=type=cache,target=/go/pkg/mod/ --mount=type=cache,id=$CACHE,target=/a,sharing=locked go build
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=bind,target=/b true
RUN --mount=type=cache,target=/own,uid=1000,mode=0700 --mount=type=cache,target=/own true
RUN --mount=type=cache,target=/seeded,from=golang,source=/go true
`))
	found, skipped := Find(f, "", map[string]string{"CACHE": "given"})
	got := []string{}
	for _, m := range found {
		got = append(got, m.ID+m.Owner)
	}
	if want := []string{"/go/pkg/mod", "given", "/own,uid=1000,mode=0700", "/own"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if len(skipped) != 1 || skipped[0].Target != "/seeded" {
		t.Errorf("skipped %+v", skipped)
	}
}

func TestKeys(t *testing.T) {
	in := KeyInput{Project: "My App/ü", Platform: "linux/amd64", Mounts: []Mount{{ID: "a"}, {ID: "b"}}, Locks: map[string][]byte{"go.sum": []byte("1"), "go.mod": []byte("2")}}
	k := in.Keys()
	if _, err := name.NewTag("r/x:" + k.Exact); err != nil || !strings.HasPrefix(k.Exact, k.Mounts) || !strings.HasPrefix(k.Mounts, k.Project) {
		t.Errorf("%+v, %v", k, err)
	}
	same := in
	same.Mounts = []Mount{{ID: "b"}, {ID: "a", Target: "/elsewhere"}}
	if same.Keys() != k {
		t.Error("the order of mounts or where they are seen makes another key")
	}
	for what, change := range map[string]func(*KeyInput){
		"contents": func(in *KeyInput) { in.Locks["go.sum"] = []byte("3") },
		"path":     func(in *KeyInput) { in.Locks["x/go.sum"] = nil },
		"mounts":   func(in *KeyInput) { in.Mounts = in.Mounts[:1] },
		"platform": func(in *KeyInput) { in.Platform = "linux/arm64" },
	} {
		other := in
		other.Locks = maps.Clone(in.Locks)
		change(&other)
		if other.Keys().Exact == k.Exact {
			t.Errorf("another %s makes the same key", what)
		}
	}
}

var epoch = time.Unix(1_700_000_000, 0)

// packed writes what the helper leaves in a build.
func packed(t *testing.T, dir string, mount int, files map[string]string) {
	t.Helper()
	from := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(from, name), epoch, epoch); err != nil {
			t.Fatal(err)
		}
	}
	base := filepath.Join(dir, "files", fmt.Sprint(mount))
	var index, data bytes.Buffer
	sum, err := parcel.Pack(from, &index, &data)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	for ending, b := range map[string][]byte{".index": index.Bytes(), ".data": data.Bytes(), ".sum": text} {
		if err := os.WriteFile(base+ending, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// made archives mounts.
func made(t *testing.T, limit int64, mounts ...map[string]string) (v1.Image, []Moved) {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"files", "chunks"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var list []Mount
	for i, files := range mounts {
		packed(t, dir, i, files)
		list = append(list, Mount{ID: fmt.Sprint("m", i)})
	}
	img, moved, err := archive(list, dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return img, moved
}

// noise is text that does not compress.
func noise(seed uint64, n int) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return string(b)
}

func stores(t *testing.T) map[string]Store {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	repo, err := name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/app/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Store{"directory": Directory{filepath.Join(t.TempDir(), "store")}, "registry": Registry{repo}}
}

// TestStores: what is put comes back to the byte; a branch that shares most of it adds
// little; the newest one stands in for an unknown lockfile; old ones go.
func TestStores(t *testing.T) {
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) { testStore(t, s) })
	}
}

func testStore(t *testing.T, s Store) {
	ctx := t.Context()
	k := Keys{Exact: "mounts-a.x.1", Mounts: "mounts-a.x.", Project: "mounts-a."}
	if key, err := Choose(ctx, s, k); err != nil || key != "" {
		t.Fatalf("an empty store has %q, %v", key, err)
	}
	files := map[string]string{"a": noise(1, 6<<20), "b": "small"}
	img, _ := made(t, 1e9, files, map[string]string{"c": "other"})
	added, err := s.Put(ctx, "mounts-a.x.1", img)
	if err != nil || added < 6<<20 {
		t.Fatalf("added %d, %v", added, err)
	}
	if again, err := s.Put(ctx, "mounts-a.x.1", img); err != nil || again > 100_000 {
		t.Errorf("the same once more added %d, %v", again, err)
	}
	files["a0"] = "a small file in front of a large one"
	branch, _ := made(t, 1e9, files, map[string]string{"c": "other"})
	if more, err := s.Put(ctx, "mounts-a.x.2", branch); err != nil || more > added/2 {
		t.Errorf("a branch added %d of %d, %v", more, added, err)
	}
	back, err := s.Get(ctx, "mounts-a.x.2")
	if err != nil {
		t.Fatal(err)
	}
	checkBack(t, back, files)
	k.Exact = "mounts-a.x.3"
	if key, err := Choose(ctx, s, k); err != nil || key != "mounts-a.x.1" && key != "mounts-a.x.2" {
		t.Errorf("chose %q, %v", key, err)
	}
	k.Exact = "mounts-a.x.2"
	if _, err := s.Put(ctx, "mounts-ab.x.9", img); err != nil {
		t.Fatal(err)
	}
	if n, err := Prune(ctx, s, k, 1); err != nil || n != 1 {
		t.Errorf("pruned %d, %v", n, err)
	}
	if key, err := Choose(ctx, s, k); err != nil || key != k.Exact {
		t.Errorf("chose %q, %v", key, err)
	}
	if _, err := s.Get(ctx, "mounts-ab.x.9"); err != nil {
		t.Errorf("another project's went as well: %v", err)
	}
	if _, err := s.Get(ctx, "mounts-a.x.1"); err == nil {
		t.Error("the old one is still there")
	}
}

// checkBack expects the first mount's files, and what the helper would read.
func checkBack(t *testing.T, img v1.Image, files map[string]string) {
	t.Helper()
	rec, err := recordOf(img)
	if err != nil {
		t.Fatal(err)
	}
	moved, wanted := pick([]Mount{{ID: "m0"}, {ID: "unknown"}}, rec, 1e9)
	if len(wanted) != 1 || moved[1].Left == "" {
		t.Fatalf("%+v", moved)
	}
	dir, to := t.TempDir(), t.TempDir()
	if err := bringIn(t.Context(), img, wanted, dir, 1e9); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := parcel.Main([]string{"unpack", dir, to}, &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	for name, text := range files {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, want %d, %v", name, len(got), len(text), err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("beside index and contents there are %d files", len(left)-2)
	}
}

// TestDeterministic: the same contents make the same artifact.
func TestDeterministic(t *testing.T) {
	files := map[string]string{"a": noise(2, 3<<20), "b": "x"}
	one, _ := made(t, 1e9, files)
	two, _ := made(t, 1e9, files)
	a, errA := one.Digest()
	b, errB := two.Digest()
	if a != b || errA != nil || errB != nil {
		t.Errorf("%s and %s, %v %v", a, b, errA, errB)
	}
}

// TestLimit: a mount that is too large or empty stays, the others travel.
func TestLimit(t *testing.T) {
	img, moved := made(t, 1000, map[string]string{"a": strings.Repeat("x", 2000)}, map[string]string{"b": "y"}, nil)
	rec, err := recordOf(img)
	if err != nil || len(rec.Mounts) != 1 || rec.Mounts[0].ID != "m1" {
		t.Errorf("%+v, %v", rec, err)
	}
	if !strings.Contains(moved[0].Left, "larger") || moved[1].Left != "" || moved[2].Left != "empty" {
		t.Errorf("%+v", moved)
	}
	if img, _ := made(t, 1000, nil); img != nil {
		t.Error("an artifact of nothing")
	}
	if _, wanted := pick([]Mount{{ID: "m1"}}, rec, 0); len(wanted) != 0 {
		t.Error("a mount beyond the limit comes in")
	}
}

// TestHostileArtifacts: what is not an archive of mounts, was changed, or says less
// than it holds is refused in words.
func TestHostileArtifacts(t *testing.T) {
	foreign, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recordOf(foreign); err == nil || !strings.Contains(err.Error(), "holds no cache mounts") {
		t.Errorf("another image: %v", err)
	}
	img, _ := made(t, 1e9, map[string]string{"a": strings.Repeat("bomb", 1<<20)})
	rec, err := recordOf(img)
	if err != nil {
		t.Fatal(err)
	}
	fails := func(what, want string, s stored) {
		t.Helper()
		if err := bringIn(t.Context(), img, []stored{s}, t.TempDir(), 1e9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	small := rec.Mounts[0]
	small.Bytes = 100
	fails("a bomb", "more contents than it says", small)
	absent := rec.Mounts[0]
	absent.Data = []string{"../../etc/passwd"}
	fails("a chunk by path", "corrupt", absent)

	dir := filepath.Join(t.TempDir(), "store")
	s := Directory{dir}
	if _, err := s.Put(t.Context(), "k", img); err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join(dir, "blobs", "sha256", rec.Mounts[0].Data[0])
	if err := os.WriteFile(blob, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	changed, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := bringIn(t.Context(), changed, rec.Mounts, t.TempDir(), 1e9); err == nil || !strings.Contains(err.Error(), "corrupt") {
		t.Errorf("a changed chunk: %v", err)
	}
}

// TestRefusals: places that cannot be used are named, with what to do.
func TestRefusals(t *testing.T) {
	busy := t.TempDir()
	if err := os.WriteFile(filepath.Join(busy, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	img, _ := made(t, 1e9, map[string]string{"a": "x"})
	if _, err := (Directory{busy}).Put(t.Context(), "k", img); err == nil || !strings.Contains(err.Error(), busy) {
		t.Errorf("a directory of somebody's: %v", err)
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	repo, err := name.NewRepository(strings.TrimPrefix(gone.URL, "http://") + "/x")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := Choose(ctx, Registry{repo}, Keys{Exact: "k"}); err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a registry that is down: %v", err)
	}
	if _, err := remote.Head(repo.Tag("k")); err == nil {
		t.Error("it is not down")
	}
}
