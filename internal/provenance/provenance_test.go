package provenance

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/careenhq/careen/internal/image"
)

// file is one entry of a layer: a name ending in "/" is a directory.
type file struct{ name, body string }

func layer(t *testing.T, files ...file) v1.Layer {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.body)), Typeflag: tar.TypeReg}
		switch {
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		case strings.HasPrefix(f.body, "->"):
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.body[2:], 0
		case strings.HasPrefix(f.body, "=>"):
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, f.body[2:], 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.body[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mapOf(t *testing.T, s Source, layers ...v1.Layer) *Map {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	im, err := image.New(img)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := im.Tree(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m, err := Of(context.Background(), im, tree, s)
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, m.Report)
	return m
}

// checkSums holds the law: every byte has one cause, one layer, and is seen or hidden.
func checkSums(t *testing.T, r Report) {
	t.Helper()
	var causes, parts, layers, live, hidden, kept int64
	for _, c := range r.Causes {
		causes += c.Bytes
		for _, i := range c.Items {
			parts += i.Bytes
		}
		for _, s := range c.Layers {
			kept += s.Bytes
		}
	}
	for _, l := range r.Layers {
		layers, live, hidden = layers+l.Unpacked, live+l.Live, hidden+l.Hidden
		if l.Live+l.Hidden != l.Content {
			t.Errorf("layer %+v: live and hidden are not its content", l)
		}
	}
	b := r.Bytes
	if causes != b.Unpacked || layers != b.Unpacked || parts != b.Content || kept != b.Content {
		t.Errorf("causes %d, layers %d, items %d, by layer %d of %+v", causes, layers, parts, kept, b)
	}
	if live != b.Live || hidden != b.Deleted+b.Rewritten+b.Copied || b.Live+hidden != b.Content || b.Reclaimable+b.Fixed != hidden {
		t.Errorf("live %d, hidden %d of %+v", live, hidden, b)
	}
}

func (m *Map) fact(t *testing.T, p string) Fact {
	t.Helper()
	n := m.Tree.Lookup(p)
	if n == nil {
		t.Fatalf("%s is not there", p)
	}
	return m.Fact(n)
}

const dpkgStatus = `Package: base-files
Status: install ok installed
Version: 12

Package: gcc-12
Status: install ok installed
Section: devel
Version: 12.2
Depends: libgcc

Package: libgcc
Status: install ok installed
Section: libs
Version: 12.2
`

// system is a distribution's layer.
func system(t *testing.T) v1.Layer {
	return layer(t, file{"etc/os-release", "ID=debian\nVERSION_ID=12\n"}, file{"bin/sh", "shell"},
		file{"var/lib/dpkg/status", dpkgStatus}, file{"var/lib/dpkg/info/base-files.list", "/bin/sh\n"},
		file{"var/lib/dpkg/info/gcc-12.list", "/usr/bin/gcc\n/usr/share/doc/gcc/copyright\n"},
		file{"var/lib/dpkg/info/libgcc.list", "/usr/lib/libgcc.so\n"})
}

func TestKinds(t *testing.T) {
	sum := sha256.Sum256([]byte("print(1)"))
	m := mapOf(t, Source{Context: func(size int64, digest [32]byte) string {
		if size == 8 && digest == sum {
			return "src/main.py"
		}
		return ""
	}},
		system(t),
		layer(t, file{"usr/bin/gcc", "compiler"}, file{"usr/share/doc/gcc/copyright", "licence"}, file{"usr/lib/libgcc.so", "lib"},
			file{"var/lib/apt/lists/index", "lists"}, file{"root/.cache/pip/x", "wheel"}, file{"usr/share/locale/de/x.mo", "texts"}),
		layer(t, file{"app/.git/HEAD", "ref"}, file{"app/.git/objects/x", "object"}, file{"app/main.py", "print(1)"}, file{"app/built", "binary"},
			file{"srv/.git/note", "no repository"}, file{"usr/local/go/pkg/x", "1"}, file{"usr/local/go/src/x", "2"}, file{"usr/local/go/VERSION", "go1"}, file{"usr/local/go/go.env", "e"}))
	for p, want := range map[string]Kind{
		"/bin/sh": FromBase, "/usr/bin/gcc": Toolchain, "/usr/share/doc/gcc/copyright": Docs, "/usr/lib/libgcc.so": Packages,
		"/var/lib/apt/lists/index": Cache, "/root/.cache/pip/x": Cache, "/usr/share/locale/de/x.mo": Docs, "/app/.git/objects/x": Git,
		"/app/main.py": Sources, "/app/built": App, "/srv/.git/note": App, "/usr/local/go/src/x": Toolchain,
	} {
		if got := m.fact(t, p).Kind; got != want {
			t.Errorf("%s is %s, want %s", p, got, want)
		}
	}
	if got := m.fact(t, "/app/main.py").Context; got != "src/main.py" {
		t.Errorf("context file %q", got)
	}
	if b := m.Report.Base; b.Layers != 1 || b.Name != "debian 12" || !strings.Contains(b.By, "guess") {
		t.Errorf("base %+v", b)
	}
	gcc := m.fact(t, "/usr/share/doc/gcc/copyright").Package
	if gcc == nil || gcc.Name != "gcc-12" || gcc.Bytes != int64(len("compiler")+len("licence")) || gcc.Base {
		t.Errorf("gcc %+v", gcc)
	}
	if lib := m.fact(t, "/usr/lib/libgcc.so").Package; lib == nil || !slices.Equal(lib.Dependants, []string{"gcc-12"}) {
		t.Errorf("libgcc %+v", lib)
	}
}

func TestOwners(t *testing.T) {
	site := "usr/lib/python3/site-packages/"
	gems := "usr/local/bundle/"
	m := mapOf(t, Source{}, layer(t,
		file{site + "flask/__init__.py", "flask"}, file{site + "flask/__pycache__/__init__.cpython-312.pyc", "compiled"},
		file{site + "flask-3.0.dist-info/METADATA", "Name: Flask\nVersion: 3.0\nRequires-Dist: my_lib>=2\nRequires-Dist: tests; extra == 'dev'\n\nName: no\n"},
		file{site + "flask-3.0.dist-info/RECORD", "flask/__init__.py,sha256=x,5\n../../../bin/flask,,\n"}, file{"usr/bin/flask", "start"},
		file{site + "My.Lib-2.dist-info/METADATA", "Name: My.Lib\nVersion: 2\n"}, file{site + "My.Lib-2.dist-info/RECORD", "\"odd,name.py\",,\n"}, file{site + "odd,name.py", "odd"},
		file{"app/package.json", `{"dependencies":{"a":"1"},"devDependencies":{"@s/t":"1","a":"1"}}`},
		file{"app/node_modules/a/package.json", `{"version":"1.0","dependencies":{"b":"2"}}`}, file{"app/node_modules/a/node_modules/b/package.json", `{"version":"2.0"}`},
		file{"app/node_modules/b/package.json", `{"version":"9"}`}, file{"app/node_modules/@s/t/package.json", `{"version":"3","dependencies":{"b":"9"}}`}, file{"app/node_modules/@s/t/x.js", "test"},
		file{gems + "specifications/rack-3.1.0.gemspec", "s.add_runtime_dependency(%q<base64>.freeze, [\">= 0\"])"}, file{gems + "gems/rack-3.1.0/lib/rack.rb", "rack"},
		file{gems + "specifications/base64-0.2.gemspec", ""}, file{gems + "gems/base64-0.2/x.rb", "b"}, file{gems + "extensions/x86_64-linux/3.3.0/rack-3.1.0/x.so", "so"},
		file{"srv/vendor/composer/installed.json", `{"packages":[{"name":"m/log","version":"3","install-path":"../m/log","require":{"php":">8"}},{"name":"p/unit","install-path":"../p/unit","require":{"m/log":"3"}}],"dev-package-names":["p/unit"]}`},
		file{"srv/vendor/m/log/x.php", "log"}, file{"srv/vendor/p/unit/x.php", "unit"},
		file{"opt/app-1.5.jar", archive(t)},
	))
	for p, want := range map[string]string{
		"/" + site + "flask/__init__.py": "Flask 3.0", "/" + site + "flask/__pycache__/__init__.cpython-312.pyc": "Flask 3.0", "/usr/bin/flask": "Flask 3.0",
		"/" + site + "odd,name.py": "My.Lib 2", "/app/node_modules/a/package.json": "a 1.0", "/app/node_modules/a/node_modules/b/package.json": "b 2.0",
		"/app/node_modules/@s/t/x.js": "@s/t 3", "/" + gems + "gems/rack-3.1.0/lib/rack.rb": "rack 3.1.0", "/" + gems + "extensions/x86_64-linux/3.3.0/rack-3.1.0/x.so": "rack 3.1.0",
		"/srv/vendor/m/log/x.php": "m/log 3", "/opt/app-1.5.jar": "com.example:app 1.5",
	} {
		if got := m.fact(t, p).Package; got == nil || got.Name+" "+got.Version != want {
			t.Errorf("%s belongs to %+v, want %s", p, got, want)
		}
	}
	for p, want := range map[string]Kind{
		"/app/node_modules/@s/t/x.js": Dev, "/app/node_modules/b/package.json": Dev, "/app/node_modules/a/package.json": Packages,
		"/app/node_modules/a/node_modules/b/package.json": Packages, "/srv/vendor/p/unit/x.php": Dev, "/srv/vendor/m/log/x.php": Packages,
	} {
		if got := m.fact(t, p).Kind; got != want {
			t.Errorf("%s is %s, want %s", p, got, want)
		}
	}
	for p, want := range map[string]string{
		"/" + site + "odd,name.py": "Flask", "/app/node_modules/a/node_modules/b/package.json": "a", "/app/node_modules/b/package.json": "@s/t",
		"/" + gems + "gems/base64-0.2/x.rb": "rack", "/srv/vendor/m/log/x.php": "p/unit",
	} {
		if got := m.fact(t, p).Package.Dependants; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is needed by %v, want %s", p, got, want)
		}
	}
	if got := m.fact(t, "/opt/app-1.5.jar").Package.Holds; !slices.Equal(got, []string{"lib-2.jar"}) {
		t.Errorf("the archive holds %v", got)
	}
}

// archive is a Java archive as Maven packs it.
func archive(t *testing.T) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range []file{
		{"META-INF/maven/com.other/shaded/pom.properties", "version=7\n"}, {"META-INF/maven/com.example/app/pom.properties", "#made\nversion=1.5\n"}, {"BOOT-INF/lib/lib-2.jar", "inner"},
	} {
		w, err := z.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// A Go program says itself what it is: the test's own binary is one.
func TestGoProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	m := mapOf(t, Source{}, layer(t, file{"usr/bin/app", string(content)}))
	p := m.fact(t, "/usr/bin/app").Package
	if p == nil || p.Manager != "go" || !strings.HasPrefix(p.Name, "github.com/careenhq/careen/internal/provenance") {
		t.Errorf("package %+v", p)
	}
}

// The five constructed cases: each is exact, and counted once.
func TestWaste(t *testing.T) {
	m := mapOf(t, Source{},
		layer(t, file{"deleted", "1"}, file{"mode", "22"}, file{"twice", "333"}, file{"dir/old", "4444"}, file{"one", "55555"}),
		layer(t, file{"twice", "666666"}), layer(t, file{"twice", "7777777"}),
		layer(t, file{".wh.deleted", ""}, file{"mode", "22"}, file{".wh.twice", ""}, file{"dir/.wh..wh..opq", ""}, file{"dir/new", "x"}, file{"two", "55555"}))
	b := m.Report.Bytes
	if b.Deleted != 1+7+4 || b.Copied != 2 || b.Rewritten != 3+6 || b.Reclaimable != 23 || b.Avoidable != 5 || b.Live != 2+1+5+5 {
		t.Errorf("bytes %+v", b)
	}
	if l := m.Report.Layers[3]; l.Hides != 1+2+7+4 {
		t.Errorf("the last layer hides %d bytes", l.Hides)
	}
}

// What the base's layers carry and a later layer removes cannot be had back, but a
// copy that only changes the mode can.
func TestFixed(t *testing.T) {
	m := mapOf(t, Source{Base: Base{Name: "x", Layers: 1, By: "--base"}},
		layer(t, file{"gone", "1"}, file{"mode", "22"}, file{"new", "333"}),
		layer(t, file{".wh.gone", ""}, file{"mode", "22"}, file{"new", "4444"}))
	if b := m.Report.Bytes; b.Fixed != 4 || b.Reclaimable != 2 {
		t.Errorf("bytes %+v", b)
	}
}

// A hard link in a later layer carries no bytes of its own.
func TestCarrier(t *testing.T) {
	m := mapOf(t, Source{}, layer(t, file{"z", "12345"}), layer(t, file{"a", "=>z"}))
	if l := m.Report.Layers; l[0].Live != 5 || l[1].Live != 0 {
		t.Errorf("layers %+v", l)
	}
}

func TestInstruction(t *testing.T) {
	for created, want := range map[string]string{
		"RUN /bin/sh -c apt-get update # buildkit":    "RUN apt-get update",
		"RUN |2 A=1 B=x y /bin/sh -c make # buildkit": "RUN make",
		"RUN |1 A=1 /bin/sh -c make # buildkit":       "RUN make",
		"/bin/sh -c #(nop) ADD file:12 in / ":         "ADD file:12 in /",
		"/bin/sh -c apk add x":                        "RUN apk add x",
		"COPY . . # buildkit":                         "COPY . .",
		"":                                            "",
		"RUN /usr/bin/env bash -c echo # buildkit":    "RUN /usr/bin/env bash -c echo",
	} {
		if got := instruction(created); got != want {
			t.Errorf("%q is %q, want %q", created, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	older := mapOf(t, Source{Name: "old"}, system(t), layer(t, file{"usr/bin/gcc", "compiler"}, file{"app/x", "1"}))
	newer := mapOf(t, Source{Name: "new"}, system(t), layer(t, file{"app/x", "123"}))
	c := Compare(older, newer)
	find := func(all []Difference, name string) Difference {
		i := slices.IndexFunc(all, func(d Difference) bool { return d.Name == name })
		if i < 0 {
			t.Fatalf("%s is not in %+v", name, all)
		}
		return all[i]
	}
	if d := find(c.Causes, "toolchain"); d.Change() != -8 || c.Causes[0].Name != "toolchain" && c.Causes[0].Name != "overhead" {
		t.Errorf("causes %+v", c.Causes)
	}
	if d := find(c.Packages, "gcc-12"); d.Old != 8 || d.New != 0 {
		t.Errorf("packages %+v", c.Packages)
	}
	if d := find(c.Directories, "/app"); d.Change() != 2 {
		t.Errorf("directories %+v", c.Directories)
	}
	if same := Compare(older, older); len(same.Causes)+len(same.Packages)+len(same.Directories) > 0 {
		t.Errorf("an image differs from itself: %+v", same)
	}
}
