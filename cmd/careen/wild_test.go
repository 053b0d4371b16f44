package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/careenhq/careen"
)

// A thousand Dockerfiles, whole and broken, in one run: none stops the rest, each
// is accounted for, and the output is the documented JSON.
func TestAuditOfManyFiles(t *testing.T) {
	const files = 1000
	dir := t.TempDir()
	seeds := seedFiles(t)
	r := rand.New(rand.NewPCG(1, 2))
	for k := range files {
		name := filepath.Join(dir, fmt.Sprintf("p%d", k%100), fmt.Sprintf("Dockerfile.%d", k))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, mutate(r, seeds), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"audit", "-f", "json", dir}, strings.NewReader(""), &stdout, &stderr)
	if code != exitError || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q; broken files are among them, so want %d", code, stderr.String(), exitError)
	}
	var found careen.Audited
	if err := json.Unmarshal(stdout.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Files) != files || found.Schema != careen.AuditSchema {
		t.Errorf("%d of %d files in the output, schema %q", len(found.Files), files, found.Schema)
	}
	sum := 0
	for _, f := range found.Files {
		sum += f.Findings
	}
	if sum != len(found.Findings) || sum == 0 {
		t.Errorf("%d findings by file, %d in all", sum, len(found.Findings))
	}
	for _, p := range found.Problems {
		if p.Cause == "" || p.Remedy == "" || strings.Contains(p.Cause, "defect") {
			t.Errorf("problem: %+v", p)
		}
	}
	t.Logf("%d findings, %d problems", sum, len(found.Problems))
}

// seedFiles are the Dockerfiles of the rules' fixtures.
func seedFiles(t *testing.T) [][]byte {
	t.Helper()
	var seeds [][]byte
	err := filepath.WalkDir("../../internal/rule/checks/testdata", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".txtar" {
			return err
		}
		ar, err := txtar.ParseFile(name)
		if err != nil {
			return err
		}
		for _, f := range ar.Files {
			if f.Name == "Dockerfile" {
				seeds = append(seeds, f.Data)
			}
		}
		return nil
	})
	if err != nil || len(seeds) < 10 {
		t.Fatalf("%d fixtures: %v", len(seeds), err)
	}
	return seeds
}

// mutate joins, cuts and soils files.
func mutate(r *rand.Rand, seeds [][]byte) []byte {
	src := bytes.Clone(seeds[r.IntN(len(seeds))])
	for range r.IntN(4) {
		at := r.IntN(len(src) + 1)
		switch r.IntN(7) {
		case 0:
			src = append(src, seeds[r.IntN(len(seeds))]...)
		case 1:
			src = src[:at]
		case 2:
			src = append(src[:at:at], src[min(len(src), at+r.IntN(40)):]...)
		case 3:
			junk := []string{"\\", "\n", "\r\n", "\x00", "\xff", "<<EOF\n", "$(", "'", "\"", "RUN ", "`", "&& ", "${", "\nFROM scratch\n"}
			src = append(src[:at:at], append([]byte(junk[r.IntN(len(junk))]), src[at:]...)...)
		case 4:
			src = bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n"))
		}
	}
	return src
}
