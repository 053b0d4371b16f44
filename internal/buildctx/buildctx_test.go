package buildctx

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// write makes files below a fresh directory.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, dir string) *Context {
	t.Helper()
	ignore, err := FindIgnore(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir, ignore)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

func TestEntriesNameTheRule(t *testing.T) {
	dir := write(t, map[string]string{
		".dockerignore": "\xEF\xBB\xBF# comment\n\n  *.log  \nbuild/\n!build/keep\nnode_modules\n",
		"a.log":         "x", "a.go": "four", "build/out": "", "build/keep/x": "12345", "node_modules/m/i.js": "x",
	})
	c := open(t, dir)
	want := map[string]Rule{
		"a.log": {"*.log", 3}, "build/out": {"build", 4}, "node_modules": {"node_modules", 6},
		"a.go": {}, "build": {}, "build/keep": {}, "build/keep/x": {}, ".dockerignore": {},
	}
	got := map[string]Rule{}
	for _, e := range c.Entries() {
		got[e.Path] = e.By
		if e.Sent != (e.By == Rule{}) {
			t.Errorf("%s: sent %v by %v", e.Path, e.Sent, e.By)
		}
	}
	for path, rule := range want {
		if by, ok := got[path]; !ok || by != rule {
			t.Errorf("%s: %v, want %v", path, by, rule)
		}
	}
	if len(got) != len(want) {
		t.Errorf("entries %v", got)
	}
	ignore, _ := c.Lookup(".dockerignore")
	if sent := c.Sent(); sent != 4+5+ignore.Size {
		t.Errorf("%d bytes are sent", sent)
	}
}

func TestTotals(t *testing.T) {
	c := open(t, write(t, map[string]string{"big/a": "12345", "big/sub/b": "12345", "a.txt": "123", "empty": "", ".dockerignore": "out\n", "out/x": "1234567890123"}))
	want := []Total{{"big", true, 2, 10}, {".dockerignore", false, 1, 4}, {"a.txt", false, 1, 3}, {"empty", false, 1, 0}}
	if got := c.Totals(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMatch(t *testing.T) {
	dir := write(t, map[string]string{
		"package.json": "", "package-lock.json": "", "src/a.go": "", "src/sub/b.go": "", "src/b.md": "",
		".dockerignore": "*.md\n**/*.md\n", "real/x": "", "we[i]rd": "",
	})
	link(t, "real", filepath.Join(dir, "dir"))
	link(t, "/src/a.go", filepath.Join(dir, "absolute"))
	link(t, "../../../src", filepath.Join(dir, "climbing"))
	link(t, "loop2", filepath.Join(dir, "loop1"))
	link(t, "loop1", filepath.Join(dir, "loop2"))
	link(t, "missing", filepath.Join(dir, "dangling"))
	c := open(t, dir)
	tests := []struct {
		pattern string
		want    string
	}{
		{"package*.json", "package-lock.json package.json"},
		{"src", "src src/a.go src/sub src/sub/b.go"},
		{"/src/", "src src/a.go src/sub src/sub/b.go"},
		{"src/*.go", "src/a.go"},
		{"*/*.go", "src/a.go"},
		{"src/*", "src/a.go src/sub src/sub/b.go"},
		{"./src/../package.json", "package.json"},
		{"../../src/a.go", "src/a.go"},
		{"src/b.md", ""},
		{"dir", "real real/x"},
		{"dir/x", "real/x"},
		{"d*r", "real real/x"},
		{"absolute", "src/a.go"},
		{"climbing/a.go", "src/a.go"},
		{"loop1", ""}, {"loop*", ""}, {"dangling", ""}, {"missing", ""}, {"package.json/x", ""},
		{"we[[]i]rd", "we[i]rd"},
		{"[", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, e := range c.Match(tt.pattern) {
			got = append(got, e.Path)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q: %q, want %q", tt.pattern, got, tt.want)
		}
	}
	for _, all := range []string{".", "", "/", "./"} {
		if got := len(c.Match(all)); got != len(sentPaths(c.Entries())) {
			t.Errorf("%q gives %d entries", all, got)
		}
	}
}

func TestRead(t *testing.T) {
	outside := write(t, map[string]string{"secret": "s"})
	dir := write(t, map[string]string{"a/b": "text", ".dockerignore": "a\n"})
	link(t, filepath.Join(outside, "secret"), filepath.Join(dir, "out"))
	link(t, outside, filepath.Join(dir, "outdir"))
	link(t, "a/b", filepath.Join(dir, "in"))
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	c := open(t, dir)
	for _, name := range []string{"a/b", "in"} {
		if got, err := c.Read(name, 4); err != nil || string(got) != "text" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := c.Read("a/b", 3); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a larger file: %v", err)
	}
	for _, name := range []string{"pipe", "a"} {
		if _, err := c.Read(name, 10); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"out", "outdir/secret", "../" + filepath.Base(outside) + "/secret", filepath.Join(outside, "secret")} {
		if got, err := c.Read(name, 10); err == nil {
			t.Errorf("%s was read: %q", name, got)
		}
	}
	if _, err := c.Read("missing", 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestOddFiles(t *testing.T) {
	dir := write(t, map[string]string{"a/file": "x"})
	link(t, "..", filepath.Join(dir, "a/up"))
	link(t, "/", filepath.Join(dir, "a/root"))
	socket, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	huge := filepath.Join(dir, "sparse")
	if err := os.WriteFile(huge, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir)
	if n := len(c.Entries()); n != 6 {
		t.Errorf("%d entries: %v", n, c.Entries())
	}
	if sent := c.Sent(); sent != 1<<40+1 {
		t.Errorf("%d bytes are sent", sent)
	}
	if len(c.Problems()) > 0 || c.Partial() {
		t.Errorf("problems %v", c.Problems())
	}
}

func TestUnreadableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := write(t, map[string]string{"closed/x": "", "open/y": "", "ignored/z": "", ".dockerignore": "ignored\n"})
	for _, d := range []string{"closed", "ignored"} {
		path := filepath.Join(dir, d)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
	}
	c := open(t, dir)
	if p := c.Problems(); len(p) != 1 || p[0].Path != "closed" || !errors.Is(p[0].Err, fs.ErrPermission) {
		t.Errorf("problems %v", p)
	}
	if e, ok := c.Lookup("open/y"); !ok || !e.Sent {
		t.Error("the rest was not read")
	}
}

func TestVanishedContext(t *testing.T) {
	dir := write(t, map[string]string{"d/a": ""})
	c := open(t, filepath.Join(dir, "d"))
	if err := os.RemoveAll(filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	if p := c.Problems(); len(p) != 1 || len(c.Entries()) != 0 {
		t.Errorf("problems %v", p)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := write(t, map[string]string{"file": ""})
	for _, path := range []string{filepath.Join(dir, "file"), filepath.Join(dir, "missing")} {
		if _, err := Open(path, nil); err == nil {
			t.Errorf("%s was opened", path)
		}
	}
}

func TestFindIgnore(t *testing.T) {
	outside := write(t, map[string]string{"rules": "x\n"})
	tests := []struct {
		name       string
		files      map[string]string
		dockerfile string
		want       string // base name of the file, "" for none
	}{
		{"none", nil, "Dockerfile", ""},
		{"of the context", map[string]string{".dockerignore": "a\n"}, "Dockerfile", ".dockerignore"},
		{"of the Dockerfile", map[string]string{".dockerignore": "a\n", "x/D.dockerignore": "b\n"}, "x/D", "D.dockerignore"},
		{"of another Dockerfile", map[string]string{".dockerignore": "a\n", "D.dockerignore": "b\n"}, "x/D", ".dockerignore"},
		{"empty", map[string]string{".dockerignore": "a\n", "D.dockerignore": ""}, "D", ".dockerignore"},
		{"directory", map[string]string{".dockerignore/x": "a\n"}, "D", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := write(t, tt.files)
			ig, err := FindIgnore(dir, filepath.Join(dir, tt.dockerfile))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if ig != nil {
				got = filepath.Base(ig.Path)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	dir := t.TempDir()
	link(t, filepath.Join(outside, "rules"), filepath.Join(dir, IgnoreName))
	if ig, err := FindIgnore(dir, ""); ig != nil || err != nil {
		t.Errorf("a link out of the context: %v, %v", ig, err)
	}
	dir = write(t, map[string]string{IgnoreName: strings.Repeat("#", maxIgnore+1)})
	if _, err := FindIgnore(dir, ""); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a huge file: %v", err)
	}
}

func TestParseIgnoreRefuses(t *testing.T) {
	for text, want := range map[string]string{"a\n\n!\n": "x:3: ", "# c\n[a\n": "x:2: "} {
		if _, err := ParseIgnore("x", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// FuzzParseIgnore holds the line numbers against the patterns of the reader that
// BuildKit uses, and the verdicts against its matcher.
func FuzzParseIgnore(f *testing.F) {
	f.Add([]byte("\xEF\xBB\xBF#c\n\n a \r\n!b/**\n/c/\n"), "a/b")
	f.Add([]byte("**\n!**/*.go\n[a-\n"), "x/y.go")
	f.Add([]byte("\\"), "\\")
	f.Fuzz(func(t *testing.T, src []byte, path string) {
		ig, err := ParseIgnore("x", src)
		if err != nil {
			return
		}
		lines := strings.Split(strings.TrimPrefix(string(src), "\xEF\xBB\xBF"), "\n")
		for _, r := range ig.Rules {
			if line := strings.TrimSpace(lines[r.Line-1]); line == "" || strings.HasPrefix(lines[r.Line-1], "#") || (line[0] == '!') != r.Exception() {
				t.Fatalf("rule %q is said to be on line %d: %q", r.Pattern, r.Line, line)
			}
		}
		by := newCulprit(ig.Rules).of(filepath.Clean(filepath.Join("/", path))[1:])
		if by.Line != 0 && !slices.Contains(ig.Rules, by) {
			t.Fatalf("unknown rule %+v", by)
		}
	})
}

// benchTree makes n files in directories of a hundred, a tenth of them ignored.
func benchTree(b *testing.B, n int) string {
	b.Helper()
	dir := b.TempDir()
	for i := range n {
		sub := filepath.Join(dir, fmt.Sprintf("d%d", i/1000), fmt.Sprintf("d%d", i/100%10))
		if i%100 == 0 {
			if err := os.MkdirAll(sub, 0o755); err != nil {
				b.Fatal(err)
			}
		}
		name := fmt.Sprintf("f%d.go", i)
		if i%10 == 0 {
			name = fmt.Sprintf("f%d.log", i)
		}
		if err := os.WriteFile(filepath.Join(sub, name), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, IgnoreName), []byte("**/*.log\n.git\nnode_modules\n**/dist\n!keep\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	return dir
}

func BenchmarkWalk(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			dir := benchTree(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if c := open(b, dir); len(c.Entries()) < n {
					b.Fatal("entries are missing")
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	c := open(b, benchTree(b, 100_000))
	c.Entries() // the walk is measured above
	for _, pattern := range []string{"d5", "d*/d0/*.go", "."} {
		b.Run(pattern, func(b *testing.B) {
			for b.Loop() {
				if len(c.Match(pattern)) == 0 {
					b.Fatal("nothing matched")
				}
			}
		})
	}
}
