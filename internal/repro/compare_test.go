package repro

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/careenhq/careen/internal/image"
)

// record is one file of a test layer.
type record struct {
	name, body string
	mode, time int64
}

func imageOf(t *testing.T, files ...record) *image.Image {
	t.Helper()
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(tarOf(t, files...))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, v1.Layer(layer))
	if err != nil {
		t.Fatal(err)
	}
	im, err := image.New(img)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func tarOf(t *testing.T, files ...record) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		mode := f.mode
		if mode == 0 {
			mode = 0o644
		}
		h := &tar.Header{Name: f.name, Mode: mode, Size: int64(len(f.body)), Typeflag: tar.TypeReg, ModTime: time.Unix(f.time, 0)}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func gzipped(t *testing.T, body string, at int64) string {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.ModTime = time.Unix(at, 0)
	if _, err := io.WriteString(z, body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func zipped(t *testing.T, at int64, names ...string) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, n := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: n, Modified: time.Unix(at, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "body of "+n); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// arOf is an archive of one member.
func arOf(at int64) string {
	return "!<arch>\n" + fmt.Sprintf("%-16s%-12d%-6d%-6d%-8o%-10d`\n", "a.o/", at, 0, 0, 0o644, 4) + "body"
}

// pycOf is byte code that is checked by its source's time.
func pycOf(at byte) string {
	return "\xcb\x0d\x0d\x0a" + "\x00\x00\x00\x00" + string([]byte{at, 2, 3, 4}) + "\x10\x00\x00\x00" + "marshalled code"
}

// seed is one cause planted into a pair of layers.
type seed struct {
	name        string
	first, then []record
	cause       string
	at          string // path of the difference; "" for that of first
}

func one(path, a, b string) (first, then []record) {
	return []record{{name: path, body: a}}, []record{{name: path, body: b}}
}

func seeds(t *testing.T) []seed {
	plant := func(name, cause, path, a, b string) seed {
		first, then := one(path, a, b)
		return seed{name, first, then, cause, ""}
	}
	key := func(s string) string {
		return "-----BEGIN PRIVATE KEY-----\n" + s + "\n-----END PRIVATE KEY-----\n"
	}
	status := func(version string) string {
		return "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: " + version + "\n\n"
	}
	inner := func(at int64, names ...string) string {
		var files []record
		for _, n := range names {
			files = append(files, record{name: n, body: "body of " + n, time: at})
		}
		return string(tarOf(t, files...))
	}
	return []seed{
		{"time of a file", []record{{"app/a", "same", 0, 100}}, []record{{"app/a", "same", 0, 200}}, EntryTime, ""},
		{"mode of a checkout", []record{{"app/a", "same", 0o644, 1}}, []record{{"app/a", "same", 0o664, 1}}, FileMode, ""},
		plant("dpkg's log", PackageLog, "var/log/dpkg.log", "2026-01-01 install a", "2026-01-02 install a"),
		plant("apt's log", PackageLog, "var/log/apt/history.log", "Start-Date: 1", "Start-Date: 2"),
		plant("ldconfig's cache", LinkerCache, "var/cache/ldconfig/aux-cache", "glibc-ld.so.cache1", "glibc-ld.so.cache2"),
		plant("machine id", MachineID, "etc/machine-id", "0123456789abcdef0123456789abcdef\n", "fedcba98765432100123456789abcdef\n"),
		plant("byte code", Bytecode, "app/__pycache__/a.cpython-311.pyc", pycOf(1), pycOf(9)),
		plant("gzip header", GzipHeader, "app/a.gz", gzipped(t, "text", 1_700_000_000), gzipped(t, "text", 1_700_000_100)),
		plant("times in a tar", ArchiveTime, "app/a.tar", inner(1_700_000_000, "x", "y"), inner(1_700_000_100, "x", "y")),
		plant("times in a packed tar", ArchiveTime, "app/a.tgz", gzipped(t, inner(1_700_000_000, "x"), 0), gzipped(t, inner(1_700_000_100, "x"), 0)),
		plant("order in a tar", ArchiveOrder, "app/a.tar", inner(1, "x", "y"), inner(1, "y", "x")),
		plant("times in a jar", ArchiveTime, "app/a.jar", zipped(t, 1_700_000_000, "x"), zipped(t, 1_700_000_100, "x")),
		plant("times in a static library", ArchiveTime, "app/a.a", arOf(1_700_000_000), arOf(1_700_000_100)),
		plant("order of lines", RandomOrder, "app/list", "a\nb\nc\n", "b\nc\na\n"),
		plant("npm's cache", NPMCache, "root/.npm/_cacache/index-v5/aa", "1", "2"),
		plant("a tool's cache", ToolCache, "app/node_modules/.cache/tool/1", "1", "2"),
		plant("CMake's log", LogFile, "src/build/CMakeFiles/CMakeOutput.log", "target cmTC_1a2b3", "target cmTC_9f8e7"),
		plant("CTest's record", LogFile, "src/build/Testing/Temporary/LastTest.log", "Start testing: Nov 24 10:00", "Start testing: Nov 24 10:07"),
		plant("configure's log", LogFile, "src/config.log", "hostname = a", "hostname = b"),
		plant("debconf's backup", DebconfCache, "var/cache/debconf/config.dat-old", "1", "2"),
		plant("fonts", FontCache, "var/cache/fontconfig/3-le64.cache-9", "1", "2"),
		plant("a key", GeneratedKey, "app/server.key", key("MIIEvAIBADANBg"), key("MIIEvgIBADANBg")),
		plant("an identifier", GeneratedID, "app/instance", "id=0b4ff1e2-7a1d-4c0e-9f6e-2f1f0f7b1a11 in text", "id=9c2f27a0-11de-4a51-8d5e-6e0a7c3d2b22 in text"),
		plant("a date", EmbeddedDate, "app/version", "built 2026-11-24T10:00:00Z by make", "built 2026-11-24T10:00:07Z by make"),
		plant("the host", HostName, "app/version", "built on host-one today", "built on host-two today"),
		plant("upstream", Upstream, "var/lib/dpkg/status", status("7.88.1-10"), status("7.88.1-11")),
		{"a random name", []record{{name: "app/chunk-a1", body: "the same"}}, []record{{name: "app/chunk-b2", body: "the same"}}, RandomName, "/app/chunk-a1"},
		plant("no cause", Unknown, "app/noise", "qwerty", "asdfgh"),
	}
}

func TestSeededCauses(t *testing.T) {
	for _, s := range seeds(t) {
		t.Run(s.name, func(t *testing.T) {
			c := &comparison{first: imageOf(t, s.first...), second: imageOf(t, s.then...), hosts: [2]string{"host-one", "host-two"}, places: map[int]place{0: {4, 6}}}
			trial := &Trial{}
			if err := c.run(t.Context(), trial); err != nil {
				t.Fatal(err)
			}
			at := s.at
			if at == "" {
				at = "/" + s.first[0].name
			}
			for _, d := range trial.Differences {
				if d.Path != at {
					continue
				}
				if d.Cause != s.cause || d.Line != 4 {
					t.Errorf("%s on line %d, want %s on line 4", d.Cause, d.Line, s.cause)
				}
				if s.first[0].body != s.then[0].body && len(d.Ranges) == 0 && s.cause != RandomName {
					t.Error("no byte ranges")
				}
				return
			}
			t.Errorf("no difference at %s: %+v", at, trial.Differences)
		})
	}
}

func TestSameImages(t *testing.T) {
	file := record{name: "app/a", body: "same", time: 5}
	c := &comparison{first: imageOf(t, file), second: imageOf(t, file)}
	trial := &Trial{}
	if err := c.run(t.Context(), trial); err != nil {
		t.Fatal(err)
	}
	if !trial.Same || len(trial.Differences) > 0 {
		t.Errorf("same images differ: %+v", trial)
	}
}

// Two layers with the same files in another order are not the same bytes.
func TestRecordOrder(t *testing.T) {
	a, b := record{name: "a", body: "1"}, record{name: "b", body: "2"}
	c := &comparison{first: imageOf(t, a, b), second: imageOf(t, b, a)}
	trial := &Trial{}
	if err := c.run(t.Context(), trial); err != nil {
		t.Fatal(err)
	}
	if trial.Same || len(trial.Differences) != 1 || trial.Differences[0].Cause != RandomOrder {
		t.Errorf("%+v", trial)
	}
}

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want []Range
	}{
		{"abcdef", "abXdef", []Range{{2, 3}}},
		{"Xbcdef", "abcdeX", []Range{{0, 6}}},
		{"X" + strings.Repeat("-", 20) + "X", "Y" + strings.Repeat("-", 20) + "Y", []Range{{0, 1}, {21, 22}}},
		{"abcdef", "abZZcdef", []Range{{2, 2}}},
		{"aXa", "aa", []Range{{1, 2}}},
	} {
		got, more := ranges([]byte(c.a), []byte(c.b))
		if fmt.Sprint(got) != fmt.Sprint(c.want) || more != 0 {
			t.Errorf("%q and %q: %v and %d more, want %v", c.a, c.b, got, more, c.want)
		}
	}
	_, more := ranges([]byte(strings.Repeat("x.........", 40)), []byte(strings.Repeat("y.........", 40)))
	if more != 40-maxRanges {
		t.Errorf("%d ranges more, want %d", more, 40-maxRanges)
	}
}
