package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	called   = regexp.MustCompile(`(?m)^\s*(?:run: )?(?:sudo )?careen (verify|bench|ci check) .*$`)
	flagged  = regexp.MustCompile(`\s--?([a-z][a-z-]*)`)
	settings = regexp.MustCompile(`(?m)^\s*set -- "\$(?:CAREEN_)?TARGET.*$`) // arguments of bench
)

// TestWorkflowsCallCareen: every verb and flag that a generated file uses exists.
func TestWorkflowsCallCareen(t *testing.T) {
	files, err := filepath.Glob("../../internal/ci/testdata/init/*/*/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no generated files", err)
	}
	calls := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range called.FindAllStringSubmatch(string(text), -1) {
			calls[m[1]]++
			hasFlags(t, file, m[1], m[0])
		}
		for _, line := range settings.FindAllString(string(text), -1) {
			hasFlags(t, file, "bench", line)
		}
	}
	for _, verb := range []string{"verify", "bench", "ci check"} {
		if calls[verb] == 0 {
			t.Errorf("nothing calls careen %s", verb)
		}
	}
}

func hasFlags(t *testing.T, file, verb, line string) {
	t.Helper()
	cmd, _, err := newRootCommand(&app{}).Find(strings.Fields(verb))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range flagged.FindAllStringSubmatch(line, -1) {
		flag := cmd.Flags().Lookup(m[1])
		if len(m[1]) == 1 {
			flag = cmd.Flags().ShorthandLookup(m[1])
		}
		if flag == nil {
			t.Errorf("%s: careen %s has no flag %s", file, verb, m[1])
		}
	}
}
