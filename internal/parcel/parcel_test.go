package parcel

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tree writes a directory with a little of everything.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Unix(1_700_000_000, 0)
	must(os.MkdirAll(filepath.Join(dir, "a/b"), 0o755))
	must(os.WriteFile(filepath.Join(dir, "a/b/read-only"), []byte("x"), 0o400))
	must(os.WriteFile(filepath.Join(dir, "a/run"), bytes.Repeat([]byte("y"), 100_000), 0o755))
	must(os.WriteFile(filepath.Join(dir, "empty"), nil, 0o644))
	must(os.Symlink("../nowhere", filepath.Join(dir, "a/link")))
	must(os.Symlink("run", filepath.Join(dir, "a/zlink")))
	must(syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	must(os.Mkdir(filepath.Join(dir, "sticky"), 0o777))
	must(os.Chmod(filepath.Join(dir, "sticky"), 0o777|fs.ModeSticky))
	for _, name := range []string{"a/b/read-only", "a/run", "empty", "a/b", "a", "sticky"} {
		must(os.Chtimes(filepath.Join(dir, name), at, at))
	}
	must(os.Chmod(filepath.Join(dir, "a/b"), 0o555))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "a/b"), 0o755) })
	return dir
}

func pack(t *testing.T, dir string) (index, data bytes.Buffer, sum Sum) {
	t.Helper()
	sum, err := Pack(dir, &index, &data)
	if err != nil {
		t.Fatal(err)
	}
	return index, data, sum
}

// TestRoundTrip: what comes back gives the same bytes when it is packed again.
func TestRoundTrip(t *testing.T) {
	index, data, sum := pack(t, tree(t))
	if want := (Sum{Files: 3, Bytes: 100_001, Newest: 1_700_000_000}); sum != want {
		t.Errorf("%+v, want %+v", sum, want)
	}
	to := t.TempDir()
	got, err := Unpack(to, bytes.NewReader(index.Bytes()), bytes.NewReader(data.Bytes()))
	if err != nil || got != sum {
		t.Fatalf("%+v, %v", got, err)
	}
	defer func() { _ = os.Chmod(filepath.Join(to, "a/b"), 0o755) }()
	again, contents, _ := pack(t, to)
	if again.String() != index.String() || !bytes.Equal(contents.Bytes(), data.Bytes()) {
		t.Errorf("packed again:\n%s\nbefore:\n%s", again.String(), index.String())
	}
	if !strings.Contains(index.String(), `"p":"sticky","t":"d","m":1023`) || strings.Contains(index.String(), "fifo") {
		t.Error(index.String())
	}
	if _, err := Unpack(to, &index, &data); !errors.Is(err, ErrFull) {
		t.Errorf("into a directory that is not empty: %v", err)
	}
}

// TestHostile: nothing is written outside, whatever the index says.
func TestHostile(t *testing.T) {
	for name, index := range map[string]string{
		"parent":            `{"p":"../out","t":"f","s":1}`,
		"absolute":          `{"p":"/tmp/out","t":"f","s":1}`,
		"inner parent":      `{"p":"a/../../out","t":"f","s":1}`,
		"itself":            `{"p":".","t":"d"}`,
		"empty":             `{"p":"","t":"d"}`,
		"through a link":    `{"p":"a","t":"l","l":".."}` + "\n" + `{"p":"a/out","t":"f","s":1}`,
		"absolute link":     `{"p":"a","t":"l","l":"OUTSIDE"}` + "\n" + `{"p":"a/out","t":"f","s":1}`,
		"twice":             `{"p":"a","t":"f","s":1}` + "\n" + `{"p":"a","t":"f"}`,
		"file over link":    `{"p":"a","t":"l","l":"../out"}` + "\n" + `{"p":"a","t":"f","s":1}`,
		"dir over link":     `{"p":"a","t":"l","l":".."}` + "\n" + `{"p":"a","t":"d","m":511}`,
		"device":            `{"p":"a","t":"c"}`,
		"too little":        `{"p":"a","t":"f","s":100}`,
		"too much":          `{"p":"a","t":"d"}`,
		"negative":          `{"p":"a","t":"f","s":-1}`,
		"no index":          `{`,
		"line without end":  `{"p":"` + strings.Repeat("a", maxLine) + `"}`,
		"attributes abroad": `{"p":"a","t":"d"}` + "\n" + `{"p":"a/b","t":"l","l":"../.."}` + "\n" + `{"p":"a/b/x","t":"d"}`,
	} {
		outside := t.TempDir()
		dir := filepath.Join(outside, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := Unpack(dir, strings.NewReader(strings.ReplaceAll(index, "OUTSIDE", outside)), strings.NewReader("x"))
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if names, _ := os.ReadDir(outside); len(names) != 1 {
			t.Errorf("%s: wrote %v", name, names)
		}
	}
}

// TestSetuid: what would run as its owner does not.
func TestSetuid(t *testing.T) {
	dir := t.TempDir()
	if _, err := Unpack(dir, strings.NewReader(`{"p":"a","t":"f","m":2541}`), strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "a")); err != nil || info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0 {
		t.Error(info.Mode(), err)
	}
}

// TestRandomTrees: trees of random names and sizes survive.
func TestRandomTrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		dir := t.TempDir()
		for range rng.IntN(30) {
			name := fmt.Sprintf("d%d/%c \n\"%d", rng.IntN(4), rune('é'+rng.IntN(9000)), rng.IntN(100))
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, make([]byte, rng.IntN(5000)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		index, data, sum := pack(t, dir)
		to := t.TempDir()
		if got, err := Unpack(to, bytes.NewReader(index.Bytes()), &data); err != nil || got != sum {
			t.Fatalf("%+v, want %+v, %v", got, sum, err)
		}
		if again, _, _ := pack(t, to); again.String() != index.String() {
			t.Errorf("%s\nwant\n%s", again.String(), index.String())
		}
	}
}
