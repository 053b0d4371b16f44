package dockerfile_test

import (
	"os"
	"path/filepath"
	"testing"
)

// nasty are the files of testdata/nasty: what real Dockerfiles and hostile ones
// hold, one idea each.
func nasty(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/nasty/*")
	if err != nil || len(paths) < 60 {
		t.Fatalf("only %d files in testdata/nasty: %v", len(paths), err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = src
	}
	return files
}

func TestNasty(t *testing.T) {
	for name, src := range nasty(t) {
		t.Run(name, func(t *testing.T) { checkFile(t, src) })
	}
}
