package verify

import (
	"archive/tar"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
)

// saved makes an image of the given layers in a layout.
func saved(tb testing.TB, layers ...[]image.Write) Subject {
	tb.Helper()
	im, err := image.New(empty.Image)
	if err != nil {
		tb.Fatal(err)
	}
	tree, err := im.Tree(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for _, writes := range layers {
		im, tree, err = tree.Edited(tb.Context(), image.Edit{Put: writes, Config: func(c *v1.Config) { c.Cmd = []string{"/app/run"} }})
		if err != nil {
			tb.Fatal(err)
		}
	}
	dir := tb.TempDir()
	digest, err := im.Save(tb.Context(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	return Subject{Image: engine.Image{Layout: dir, Digest: digest}}
}

func regular(name string, body []byte) image.Write {
	return image.Write{Node: image.Node{Path: name, Type: tar.TypeReg, Mode: 0o644, ModTime: time.Unix(1, 0)}, Body: body}
}

// large is 164 MB in 820 files of the project's.
func large() []image.Write {
	random := rand.NewChaCha8([32]byte{7})
	var all []image.Write
	for i := range 820 {
		body := make([]byte, 200_000)
		_, _ = random.Read(body) // never fails
		all = append(all, regular(fmt.Sprintf("/app/data/%02d/%04d.bin", i%40, i), body))
	}
	all[10].Node.Mode = 0o4755
	all[20] = image.Write{Node: image.Node{Path: "/app/data/link", Type: tar.TypeSymlink, Link: "00/0000.bin", Mode: 0o777}}
	return all
}

// planted is large with seven changes, and what has to be said of each; the one of a
// time says nothing.
func planted() ([]image.Write, []string) {
	all := large()
	all[1].Body = append([]byte("other"), all[1].Body[5:]...)
	all[2].Body = all[2].Body[:len(all[2].Body)-1]
	all[10].Node.Mode = 0o755
	all[3].Node.ModTime = time.Unix(2_000_000_000, 0)
	all[20].Node.Link = "01/0001.bin"
	all[4].Node.UID = 1000
	gone := all[819].Node.Path
	want := []string{"contents " + all[1].Node.Path + " B22", "contents " + all[2].Node.Path + " B22", "mode " + all[10].Node.Path + " B9",
		"target " + all[20].Node.Path + " B10", "owner " + all[4].Node.Path + " B9", "removed " + gone + " B17"}
	slices.Sort(want)
	return all[:819], want
}

// comparedOnce compares two images from their layouts and holds the bytes that this
// allocates against the limit. Seconds are BenchmarkPlanted's.
func comparedOnce(t *testing.T, older, newer Subject, limit int64) diag.Parity {
	t.Helper()
	var parity diag.Parity
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			var err error
			if parity, err = Run(context.Background(), nil, older, newer, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	if got := result.AllocedBytesPerOp(); got > limit {
		t.Errorf("%d MB allocated, want at most %d", got>>20, limit>>20)
	} else {
		t.Logf("%d MB allocated, %v", got>>20, result.T/time.Duration(result.N))
	}
	return parity
}

// TestPlanted holds that seven changes planted in 164 MB are all found, the change of a
// time alone is called none, and that little memory is taken.
func TestPlanted(t *testing.T) {
	changed, want := planted()
	p := comparedOnce(t, saved(t, large()), saved(t, changed), 100<<20)
	if got := found(p); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func BenchmarkPlanted(b *testing.B) {
	changed, want := planted()
	older, newer := saved(b, large()), saved(b, changed)
	b.SetBytes(2 * 164 << 20)
	b.ReportAllocs()
	for b.Loop() {
		p, err := Run(b.Context(), nil, older, newer, Options{})
		if err != nil || len(p.Differences) != len(want) {
			b.Fatal(err, len(p.Differences))
		}
	}
}

// TestManyModes holds that 12,000 files which differ in mode alone are all found, in
// little memory.
func TestManyModes(t *testing.T) {
	var older []image.Write
	for i := range 12_000 {
		older = append(older, regular(fmt.Sprintf("/app/%03d/%05d", i%300, i), []byte("x")))
	}
	newer := slices.Clone(older)
	for i := range newer {
		newer[i].Node.Mode = 0o600
	}
	p := comparedOnce(t, saved(t, older), saved(t, newer), 200<<20)
	if len(p.Differences) != len(older) || p.Differences[0].Check != "mode" {
		t.Errorf("%d differences", len(p.Differences))
	}
}

// TestFlattenedEqualsLayered holds that an image in one layer is the one that it was
// flattened from.
func TestFlattenedEqualsLayered(t *testing.T) {
	first := []image.Write{regular("/app/a", []byte("one")), regular("/app/run", []byte("#!/bin/sh\n"))}
	second := []image.Write{regular("/app/a", []byte("two")), regular("/app/sub/b", []byte("three"))}
	flat := []image.Write{first[1], second[0], second[1]}
	p, err := Run(t.Context(), nil, saved(t, first, second), saved(t, flat), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := found(p); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestAnotherDay holds that two builds of one Dockerfile on different days are equal:
// times, logs, caches and byte code differ.
func TestAnotherDay(t *testing.T) {
	day := func(text string, at int64) []image.Write {
		all := []image.Write{
			regular("/app/run", []byte("#!/bin/sh\n")), regular("/var/log/dpkg.log", []byte(text)), regular("/var/cache/ldconfig/aux-cache", []byte(text)),
			regular("/app/__pycache__/x.cpython-311.pyc", []byte(text)), regular("/etc/machine-id", []byte(text)), regular("/var/lib/apt/extended_states", []byte(text)),
			regular("/app/build.txt", []byte("built at 2026-11-24T08:00:0"+text)),
		}
		for i := range all {
			all[i].Node.ModTime = time.Unix(at, 0)
		}
		return all
	}
	p, err := Run(t.Context(), nil, saved(t, day("1", 1e9)), saved(t, day("2", 2e9)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := found(p); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestRollUp holds that 40,000 removed paths are told in a few lines, and that no path
// is lost on the way.
func TestRollUp(t *testing.T) {
	older := service()
	packages := map[string][]string{}
	for i := range 40_000 {
		name := fmt.Sprintf("tool-%02d", i%60)
		file1 := fmt.Sprintf("/usr/lib/%s/%05d", name, i)
		packages[name] = append(packages[name], file1)
		older.own[file1] = file{body: strings.Repeat("x", i%60)}
	}
	newer := older.clone()
	maps.Copy(older.own, dpkg(packages))
	newer.remove("/usr/lib/gcc", "/usr/bin/gcc-12")
	for name := range packages {
		newer.remove("/usr/lib/" + name)
	}
	p := compareStatic(t, older, newer, Options{})
	paths := 0
	for _, r := range p.Removed {
		paths += r.Paths
	}
	if len(p.Removed) > 20 || paths < 40_000 {
		t.Errorf("%d lines for %d paths", len(p.Removed), paths)
	}
}
