package project

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// write makes files below a fresh directory.
func write(t *testing.T, files map[string]string) string {
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

const from = "FROM debian:12\n"

func TestLoadChoosesTheDockerfile(t *testing.T) {
	tests := []struct {
		name  string
		files []string
		path  string // below the directory
		opts  Options
		want  string
		err   string
	}{
		{name: "standard name", files: []string{"Dockerfile", "Dockerfile.dev"}, want: "Dockerfile"},
		{name: "containerfile", files: []string{"Containerfile"}, want: "Containerfile"},
		{name: "dockerfile wins", files: []string{"Containerfile", "Dockerfile"}, want: "Dockerfile"},
		{name: "lower case", files: []string{"dockerfile"}, want: "dockerfile"},
		{name: "only candidate", files: []string{"app.Dockerfile", "app.Dockerfile.dockerignore"}, want: "app.Dockerfile"},
		{name: "several", files: []string{"a.Dockerfile", "Dockerfile.b"}, err: "several Dockerfiles in DIR: Dockerfile.b, a.Dockerfile\n  try     --file DIR/Dockerfile.b"},
		{name: "none", files: []string{"main.go"}, err: "looked for Dockerfile, Containerfile, dockerfile, Dockerfile.* and *.Dockerfile\n  try     a directory that has one"},
		{name: "none here, one below", files: []string{"docker/Dockerfile"}, err: "--file DIR/docker/Dockerfile"},
		{name: "by path", files: []string{"Dockerfile", "x/odd"}, path: "x/odd", want: "x/odd"},
		{name: "by flag, relative to the project", files: []string{"Dockerfile", "x/odd"}, opts: Options{File: "x/odd"}, want: "x/odd"},
		{name: "flag names nothing", files: []string{"Dockerfile"}, opts: Options{File: "odd"}, err: "--file odd: no such file"},
		{name: "flag and file", files: []string{"Dockerfile"}, path: "Dockerfile", opts: Options{File: "odd"}, err: "give either it or --file"},
		{name: "no such path", path: "missing", err: "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for _, f := range tt.files {
				files[f] = from
			}
			dir := write(t, files)
			p, err := Load(filepath.Join(dir, tt.path), tt.opts)
			if tt.err != "" {
				if want := strings.ReplaceAll(tt.err, "DIR", dir); err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("error %v, want %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if p.Path != filepath.Join(dir, tt.want) || len(p.Dockerfile.Stages) != 1 {
				t.Fatalf("path %s with %d stages", p.Path, len(p.Dockerfile.Stages))
			}
			if p.DockerfilePath() != p.Path {
				t.Fatalf("DockerfilePath %s, Path %s", p.DockerfilePath(), p.Path)
			}
		})
	}
}

func TestLoadContext(t *testing.T) {
	dir := write(t, map[string]string{
		"Dockerfile": from, "a.Dockerfile": from, "a.Dockerfile.dockerignore": "*.go\n",
		".dockerignore": "*.md\n", "x.go": "", "x.md": "",
	})
	l := NewLoader()
	plain, err := l.Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	specific, err := l.Load(dir, Options{File: "a.Dockerfile"})
	if err != nil {
		t.Fatal(err)
	}
	if plain.IgnorePath != ".dockerignore" || specific.IgnorePath != "a.Dockerfile.dockerignore" {
		t.Errorf("ignore files %q and %q", plain.IgnorePath, specific.IgnorePath)
	}
	if e, _ := plain.Context.Lookup("x.md"); e.Sent {
		t.Error("x.md is sent")
	}
	if e, _ := specific.Context.Lookup("x.go"); e.Sent {
		t.Error("x.go is sent")
	}
	again, err := l.Load(filepath.Join(dir, "Dockerfile"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if again.Context != plain.Context {
		t.Error("one context was opened twice")
	}
}

func TestLoadReportsABadIgnoreFile(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": from, ".dockerignore": "ok\n[\n"})
	p, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Error(), ".dockerignore:2: ") {
		t.Fatalf("problems %v", p.Problems)
	}
}

func TestLoadStdin(t *testing.T) {
	p, err := Load(Stdin, Options{Stdin: strings.NewReader(from)})
	if err != nil {
		t.Fatal(err)
	}
	if p.Context != nil || p.Manifests() != nil || p.Services() != nil || len(p.Dockerfile.Stages) != 1 || p.DockerfilePath() != "" {
		t.Fatalf("%+v", p)
	}
	if _, err := Load(Stdin, Options{Stdin: strings.NewReader(strings.Repeat("#", maxDockerfile+1))}); err == nil {
		t.Fatal("a huge Dockerfile was read")
	}
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	dir := write(t, map[string]string{"x": ""})
	pipe := filepath.Join(dir, "Dockerfile")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Skip("no named pipes here:", err)
	}
	if _, err := Load(pipe, Options{}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Fatalf("error %v", err)
	}
}

func TestConfigFileMayNotLeaveTheProject(t *testing.T) {
	outside := write(t, map[string]string{"Dockerfile": from})
	dir := write(t, map[string]string{"careen.yaml": "file: link\n"})
	if err := os.Symlink(filepath.Join(outside, "Dockerfile"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), "careen.yaml: file: link") {
		t.Fatalf("error %v", err)
	}
}

func TestManifests(t *testing.T) {
	dir := write(t, map[string]string{
		"Dockerfile": from, "services/api/go.mod": "", "package.json": "", "package-lock.json": "",
		"node_modules/x/package.json": "", "a/b/c/d/go.mod": "", "requirements/dev.txt": "", "notes.txt": "",
		".dockerignore": "Makefile\n", "Makefile": "",
	})
	p, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range p.Manifests() {
		got = append(got, m.Kind+" "+m.Path)
	}
	want := []string{"npm package-lock.json", "npm package.json", "pip requirements/dev.txt", "go services/api/go.mod"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDiscover(t *testing.T) {
	dir := write(t, map[string]string{
		"Dockerfile": from, "a/Dockerfile.dev": from, "b/x.dockerfile": from, "b/x.dockerfile.dockerignore": "",
		"node_modules/y/Dockerfile": from, "c/readme.md": "",
	})
	files, problems := Discover(dir)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i := range files {
		files[i], _ = filepath.Rel(dir, files[i])
	}
	if want := []string{"Dockerfile", "a/Dockerfile.dev", "b/x.dockerfile"}; !slices.Equal(files, want) {
		t.Errorf("got %q, want %q", files, want)
	}
	if files, _ := Discover(Stdin); !slices.Equal(files, []string{Stdin}) {
		t.Errorf("stdin gives %q", files)
	}
}
