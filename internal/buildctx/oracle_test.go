package buildctx

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	fscopy "github.com/tonistiigi/fsutil/copy"
)

// names make trees in which patterns over the same few letters often meet.
var names = []string{"a", "b", "ab", "a.b", "node_modules", ".git", "é"}

// plant writes a random tree and returns its files' paths.
func plant(t testing.TB, r *rand.Rand, dir string) {
	t.Helper()
	for range 1 + r.IntN(24) {
		parts := make([]string, 1+r.IntN(4))
		for i := range parts {
			parts[i] = names[r.IntN(len(names))]
		}
		file := filepath.Join(append([]string{dir}, parts...)...)
		// A file may stand where a directory is wanted: that path is just not made.
		if os.MkdirAll(filepath.Dir(file), 0o755) == nil {
			_ = os.WriteFile(file, []byte("x"), 0o644)
		}
	}
}

var pieces = []string{"a", "b", "ab", "a.b", "*", "**", "?", "node_modules", ".git", "[a-c]", "a*", "*.b", "/", "é"}

func ignoreText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		if r.IntN(3) == 0 {
			b.WriteString("!")
		}
		for i := range 1 + r.IntN(3) {
			if i > 0 {
				b.WriteString("/")
			}
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// sentByBuildKit walks dir with the filter that BuildKit's client uses.
func sentByBuildKit(t testing.TB, dir string, ignore []byte) ([]string, error) {
	t.Helper()
	patterns, err := ignorefile.ReadAll(bytes.NewReader(ignore))
	if err != nil {
		return nil, err
	}
	base, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	filtered, err := fsutil.NewFilterFS(base, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		return nil, err
	}
	var sent []string
	err = filtered.Walk(context.Background(), "", func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			sent = append(sent, filepath.ToSlash(path))
		}
		return err
	})
	slices.Sort(sent)
	return sent, err
}

func sentPaths(entries []Entry) []string {
	var sent []string
	for _, e := range entries {
		if e.Sent {
			sent = append(sent, e.Path)
		}
	}
	slices.Sort(sent)
	return sent
}

func TestSentAgreesWithBuildKit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	excluded := 0
	for range 400 {
		dir := t.TempDir()
		plant(t, r, dir)
		text := ignoreText(r)
		want, wantErr := sentByBuildKit(t, dir, []byte(text))
		ig, err := ParseIgnore(IgnoreName, []byte(text))
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("ignore file %q: error %v, BuildKit %v", text, err, wantErr)
		}
		if err != nil {
			continue
		}
		c, err := Open(dir, ig)
		if err != nil {
			t.Fatal(err)
		}
		if got := sentPaths(c.Entries()); !slices.Equal(got, want) {
			t.Fatalf("ignore file %q:\n got %q\nwant %q", text, got, want)
		}
		for _, e := range c.Entries() {
			if !e.Sent {
				excluded++
			}
			if e.Sent != (e.By.Line == 0) || e.By.Exception() {
				t.Fatalf("ignore file %q: %s: sent %v by %+v", text, e.Path, e.Sent, e.By)
			}
		}
	}
	if excluded < 100 {
		t.Fatalf("only %d entries were kept back: the samples prove nothing", excluded)
	}
}

// TestMatchAgreesWithBuildKit compares wildcard sources with the copier that runs
// inside BuildKit.
func TestMatchAgreesWithBuildKit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 400 {
		dir := t.TempDir()
		plant(t, r, dir)
		pattern := strings.TrimPrefix(strings.TrimSpace(strings.SplitN(ignoreText(r), "\n", 2)[0]), "!")
		want, err := fscopy.ResolveWildcards(dir, filepath.Join("/", pattern), true)
		if err != nil {
			// The fixed part does not exist, or a file stands in its way.
			want = nil
		}
		c, err := Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, e := range c.Match(pattern) {
			got[e.Path] = true
		}
		for _, w := range want {
			w = strings.Trim(filepath.ToSlash(w), "/")
			if _, exists := c.Lookup(w); w != "" && exists != got[w] {
				t.Fatalf("pattern %q misses %q", pattern, w)
			}
			for path := range got {
				if w == "" || path == w || strings.HasPrefix(path, w+"/") {
					delete(got, path)
					found++
				}
			}
		}
		if len(got) > 0 {
			t.Fatalf("pattern %q gives %v, BuildKit only %q", pattern, got, want)
		}
	}
	if found < 100 {
		t.Fatalf("only %d paths matched: the samples prove nothing", found)
	}
}
