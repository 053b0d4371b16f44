package bench

import (
	"encoding/json"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
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

func TestInputs(t *testing.T) {
	dir := write(t, map[string]string{
		"package.json": "{}", "src/a.ts": "a", "src/b.md": "b", "lib/c.ts": "c", "unused/d.ts": "d",
		"mounted/e.ts": "e", "kept/f.ts": "f", ".dockerignore": "**/*.md\n", "g/x/h.ts": "h",
	})
	dockerfile := `ARG PART=src
FROM node AS other
COPY unused /u
FROM node AS build
ARG PART
ARG MISSING
COPY package*.json ./
COPY ${PART} /app/
ADD https://example.com/x.tar /x
COPY --from=other /u /u2
RUN --mount=type=bind,source=mounted,target=/m true
COPY --parents ./g/./x/*.ts /
COPY lib/${MISSING}c.ts /
FROM scratch
COPY kept /kept
COPY --from=build /app /app
`
	tests := []struct {
		name   string
		target string
		args   map[string]string
		ignore *string
		want   []string
	}{
		{name: "whole", want: []string{"g/x/h.ts", "kept/f.ts", "lib/c.ts", "mounted/e.ts", "package.json", "src/a.ts", "unused/d.ts"}},
		{name: "target", target: "other", want: []string{"unused/d.ts"}},
		{name: "argument", target: "build", args: map[string]string{"PART": "kept"}, want: []string{"g/x/h.ts", "kept/f.ts", "lib/c.ts", "mounted/e.ts", "package.json", "unused/d.ts"}},
		{name: "other ignore rules", ignore: new("src/*.ts\ng\nlib\nmounted\n"), want: []string{"kept/f.ts", "package.json", "src/b.md", "unused/d.ts"}},
		{name: "no such stage", target: "nope"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, err := readInputs(engine.Request{Context: dir, Dockerfile: []byte(dockerfile), Target: tt.target, BuildArgs: tt.args, Ignore: tt.ignore})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for name, e := range in.files {
				if e.Mode.IsRegular() {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func entries(sizes map[string]int64) []buildctx.Entry {
	var list []buildctx.Entry
	for name, size := range sizes {
		list = append(list, buildctx.Entry{Path: name, Size: size, Sent: true})
	}
	slices.SortFunc(list, func(a, b buildctx.Entry) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func TestChooseSource(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]int64
		want  string
	}{
		{"median of the main language", map[string]int64{"a.go": 10, "b.go": 500, "c.go": 100, "x.py": 20}, "c.go"},
		{"no tests, no vendored, no generated", map[string]int64{"a.go": 10, "a_test.go": 9000, "vendor/v.go": 9000, "x.pb.go": 9000, "test/t.go": 9000}, "a.go"},
		{"no settings", map[string]int64{"jest.config.js": 900, ".eslintrc.js": 900, "src/i.ts": 10}, "src/i.ts"},
		{"no manifests", map[string]int64{"setup.py": 900, "build.gradle.kts": 900, "a.rb": 1}, "a.rb"},
		{"no empty files", map[string]int64{"a/__init__.py": 0, "a/m.py": 5}, "a/m.py"},
		{"nothing known", map[string]int64{"index.html": 10, "data.bin": 20}, ""},
		{"nothing", nil, ""},
	}
	for _, tt := range tests {
		if got, _ := chooseSource(entries(tt.files)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestChooseManifest(t *testing.T) {
	tests := []struct {
		files []string
		want  string
	}{
		{[]string{"go.mod", "go.sum"}, "go.mod"},
		{[]string{"Makefile", "api/go.mod"}, "api/go.mod"},
		{[]string{"a/package.json", "package.json"}, "package.json"},
		{[]string{"Gemfile", "package-lock.json", "package.json"}, "Gemfile"},
		{[]string{"Pipfile", "requirements.txt"}, "Pipfile"},
		{[]string{"CMakeLists.txt", "main.c"}, "CMakeLists.txt"},
		{[]string{"go.sum", "main.go"}, ""},
		{[]string{"node_modules/x/package.json"}, ""},
	}
	for _, tt := range tests {
		sizes := map[string]int64{}
		for _, f := range tt.files {
			sizes[f] = 1
		}
		if got, _ := chooseManifest(entries(sizes)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.files, got, tt.want)
		}
	}
}

func TestRemark(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a.py", "x = 1", "x = 1\n# careen bench T\n"},
		{"a.c", "int x;\n", "int x;\n/* careen bench T */\n"},
		{"a.php", "<?php f();\n", "<?php f();\n/* careen bench T */\n"},
		{"a.php", "<?php f(); ?>\n<p>\n", "<?php f(); ?>\n<p>\n<?php /* careen bench T */ ?>\n"},
		{"pom.xml", "<project/>\n", "<project/>\n<!-- careen bench T -->\n"},
		{"go.mod", "module x\n", "module x\n// careen bench T\n"},
		{"requirements.txt", "", "# careen bench T\n"},
	}
	for _, tt := range tests {
		s, ok := syntaxOf(tt.name)
		if got := s.remark(tt.text, "T"); !ok || got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRemarkLeavesTheMeaning(t *testing.T) {
	s, _ := syntaxOf("package.json")
	one, two := s.remark(`{"a": 1}`, "one"), s.remark(`{"a": 1}`, "two")
	if one == two || !json.Valid([]byte(one)) || !json.Valid([]byte(two)) {
		t.Errorf("%q and %q", one, two)
	}
	s, _ = syntaxOf("main.go")
	if _, err := parser.ParseFile(gotoken.NewFileSet(), "main.go", s.remark("package main", "x"), 0); err != nil {
		t.Error(err)
	}
}

func TestTokensDiffer(t *testing.T) {
	a, b := newToken(""), newToken("")
	seen := map[string]bool{}
	for range 3 {
		seen[a.next()], seen[b.next()] = true, true
	}
	if len(seen) != 6 {
		t.Errorf("tokens repeat: %v", seen)
	}
}

func TestTreeNeverWritesToTheOriginal(t *testing.T) {
	dir := write(t, map[string]string{"src/a.go": "package a\n", "secret": "s", ".dockerignore": "secret\n", "x": "y"})
	if err := os.Symlink("src/a.go", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "src"), 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "src"), 0o755) })
	ignore, err := buildctx.FindIgnore(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := buildctx.Open(dir, ignore)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := newTree(t.Context(), filepath.Join(t.TempDir(), "copy"), []*buildctx.Context{c})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(tree.dir, "secret")); err == nil {
		t.Error("an ignored file was copied")
	}
	if to, err := os.Readlink(filepath.Join(tree.dir, "link")); err != nil || to != "src/a.go" {
		t.Errorf("link to %q, %v", to, err)
	}
	e, err := newEdit(tree.dir, "src/a.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []string{"1", "2"} {
		if err := e.make(tok); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := os.ReadFile(filepath.Join(tree.dir, "src/a.go"))
	if string(got) != "package a\n/* careen bench 2 */\n" {
		t.Errorf("edited: %q", got)
	}
	original, _ := os.ReadFile(filepath.Join(dir, "src/a.go"))
	if string(original) != "package a\n" {
		t.Errorf("the user's file is now %q", original)
	}
	e.undo()
	if got, _ := os.ReadFile(filepath.Join(tree.dir, "src/a.go")); string(got) != "package a\n" {
		t.Errorf("undone: %q", got)
	}
	req := tree.request(engine.Request{Context: dir})
	if req.Context != tree.dir || req.Ignore == nil || *req.Ignore != "secret\n" {
		t.Errorf("request %+v", req)
	}
}
