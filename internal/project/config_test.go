package project

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const wholeConfig = `
file: docker/Dockerfile
target: runtime
platform: linux/arm64
build_args: {VERSION: 1.20, DEBUG: true}
mirrors:
  docker.io: ["http://127.0.0.1:5000"]
builder: unix:///run/buildkit/buildkitd.sock
runs: 5
run:
  env: {PORT: 8080}
  args: [serve]
  user: "1000"
  read_only: true
  tmpfs: [/tmp]
  ready: {port: 8080, path: /health, log: listening}
  timeout: 30s
  memory: 512m
  network: false
checks:
  http:
    - {path: /, port: 8080, method: POST, headers: {Accept: text/html}, body: x, status: 200}
  commands:
    - {name: version, args: [--version]}
    - {name: convert, run: [/bin/app, in.txt], stdin: hello}
tests:
  - {name: api, run: [npm, test], in: tools}
goals: {size: 30%, max_size: 350MB, cold: 25%}
gate:
  disk: {max: 350MB, growth: 5%}
  pull: {max: 120MB, growth: 6%}
  cold: {max: 5m, growth: 7%}
  no_change: {max: 10s, growth: 8%}
  source_edit: {max: 30s, growth: 9%}
  manifest_edit: {max: 2m, growth: 10%}
bases: {allow: ["gcr.io/distroless/*"], deny: ["*alpine*"]}
rules: {disable: [unpinned-base]}
`

func TestParseConfig(t *testing.T) {
	got, err := ParseConfig("careen.yaml", []byte(wholeConfig))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Path: "careen.yaml", File: "docker/Dockerfile", Target: "runtime", Platform: "linux/arm64",
		BuildArgs: map[string]string{"VERSION": "1.20", "DEBUG": "true"},
		Mirrors:   Mirrors{"docker.io": {"http://127.0.0.1:5000"}},
		Builder:   "unix:///run/buildkit/buildkitd.sock", Runs: 5,
		Run: RunConfig{
			Env: map[string]string{"PORT": "8080"}, Args: []string{"serve"}, User: "1000", ReadOnly: true, Tmpfs: []string{"/tmp"},
			Ready: Ready{Port: 8080, Path: "/health", Log: "listening"}, Timeout: Duration(30 * time.Second), Memory: 512 << 20,
		},
		Checks: Checks{
			HTTP: []HTTPCheck{{Path: "/", Port: 8080, Method: "POST", Headers: map[string]string{"Accept": "text/html"}, Body: "x", Status: 200}},
			Commands: []CommandCheck{
				{Name: "version", Args: []string{"--version"}},
				{Name: "convert", Run: []string{"/bin/app", "in.txt"}, Stdin: "hello"},
			},
		},
		Tests: []Test{{Name: "api", Run: []string{"npm", "test"}, In: InTools}},
		Goals: Goals{Size: 30, MaxSize: 350e6, Cold: 25},
		Gate: Gate{
			Disk: SizeLimit{350e6, 5}, Pull: SizeLimit{120e6, 6},
			Cold: TimeLimit{Duration(5 * time.Minute), 7}, NoChange: TimeLimit{Duration(10 * time.Second), 8},
			SourceEdit: TimeLimit{Duration(30 * time.Second), 9}, ManifestEdit: TimeLimit{Duration(2 * time.Minute), 10},
		},
		Bases: Bases{Allow: []string{"gcr.io/distroless/*"}, Deny: []string{"*alpine*"}},
		Rules: RuleConfig{Disable: []string{"unpinned-base"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestWholeConfigNamesEveryKey keeps the sample above, and with it the check of
// docs/config.md, from falling behind the type.
func TestWholeConfigNamesEveryKey(t *testing.T) {
	cfg, err := ParseConfig("careen.yaml", []byte(wholeConfig))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(v reflect.Value, key string)
	walk = func(v reflect.Value, key string) {
		switch {
		case key == "run.network":
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), join(key, v.Type().Field(i).Tag.Get("yaml")))
			}
		case v.IsZero():
			t.Errorf("%s is not in the sample", key)
		}
	}
	walk(reflect.ValueOf(cfg), "")
}

func TestDocumentedConfigIsValid(t *testing.T) {
	doc, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(doc), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("no example in docs/config.md")
	}
	all := ""
	for _, b := range blocks {
		text, _, _ := strings.Cut(b, "```")
		if _, err := ParseConfig("docs/config.md", []byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		all += text
	}
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		for name, field := range fieldsOf(typ) {
			if !strings.Contains(all, name+":") {
				t.Errorf("docs/config.md shows no %s", name)
			}
			for field.Kind() == reflect.Slice {
				field = field.Elem()
			}
			if field.Kind() == reflect.Struct {
				walk(field)
			}
		}
	}
	walk(configType)
}

func TestParseConfigRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"typing error", "run:\n  evn: {A: b}\n", `careen.yaml:2: unknown key "run.evn"; did you mean "run.env"?`},
		{"unknown key", "zzzzzz: 1\n", `careen.yaml:1: unknown key "zzzzzz"; known here: bases, build_args,`},
		{"in a list", "tests:\n- run: [a]\n  in_: image\n", `careen.yaml:3: unknown key "tests[0].in_"; did you mean "tests[0].in"?`},
		{"text for a list", "tests:\n- run: npm test\n", "careen.yaml:2: tests[0].run: want a list, e.g. [a, b]"},
		{"list for a text", "target: [a]\n", "careen.yaml:1: target: want one value"},
		{"text for keys", "run: fast\n", "careen.yaml:1: run: want keys with values, e.g. env: …"},
		{"number", "runs: many\n", "careen.yaml:1: runs: want a whole number"},
		{"too many runs", "runs: 1000\n", "careen.yaml:1: runs: want a number from 1 to 100"},
		{"bool", "run: {network: maybe}\n", "careen.yaml:1: run.network: want true or false"},
		{"duration", "run: {timeout: 30}\n", `careen.yaml:1: run.timeout: "30": want a duration such as 30s or 2m`},
		{"size", "goals: {max_size: big}\n", `careen.yaml:1: goals.max_size: "big": want a size such as 350MB`},
		{"percent", "goals: {size: 130%}\n", `careen.yaml:1: goals.size: "130%": want a percentage such as 30%`},
		{"twice", "file: a\nfile: b\n", "careen.yaml:2: mapping key \"file\" already defined at line 1"},
		{"no yaml", "a: [\n", "careen.yaml:1: did not find expected node content"},
		{"alias", "run: {args: &a [x]}\nbases: {allow: *a}\n", "careen.yaml:1: YAML anchors and aliases"},
		{"two documents", "file: a\n---\nfile: b\n", "careen.yaml: more than one YAML document"},
		{"file outside", "file: ../Dockerfile\n", `careen.yaml:1: file: "../Dockerfile" leaves the project`},
		{"absolute file", "file: /etc/passwd\n", `careen.yaml:1: file: "/etc/passwd" leaves the project`},
		{"mirror with password", "mirrors: {docker.io: ['http://u:p@h']}\n", "careen.yaml:1: mirrors.docker.io[0]: mirror of docker.io: credentials belong into Docker's configuration"},
		{"mirror of another kind", "mirrors: {docker.io: ['file:///x']}\n", "want a URL with http:// or https://"},
		{"builder that runs a program", "builder: ssh://host\n", "careen.yaml:1: builder: want an address such as unix:///"},
		{"port", "run: {ready: {port: 70000}}\n", "careen.yaml:1: run.ready.port: want a port from 1 to 65535"},
		{"relative path", "checks: {http: [{path: health}]}\n", `careen.yaml:1: checks.http[0].path: "health": want a path that begins with /`},
		{"no path", "checks: {http: [{port: 80}]}\n", "careen.yaml:1: checks.http[0]: needs a path"},
		{"status", "checks: {http: [{path: /, status: 42}]}\n", "checks.http[0].status: want a status from 100 to 599"},
		{"method", "checks: {http: [{path: /, method: 'GET /'}]}\n", "checks.http[0].method: want a method"},
		{"args and run", "checks: {commands: [{args: [a], run: [b]}]}\n", "checks.commands[0]: has both args"},
		{"neither", "checks: {commands: [{name: a}]}\n", "checks.commands[0]: needs args"},
		{"empty test", "tests: [{name: a}]\n", "tests[0]: needs run, the command line"},
		{"elsewhere", "tests: [{run: [a], in: host}]\n", `tests[0].in: "host": want image or tools`},
		{"pattern", "bases: {deny: ['[']}\n", `bases.deny[0]: "[": syntax error in pattern`},
		{"variable", "run: {env: {A=B: c}}\n", `run.env: "A=B" is no name of a variable`},
		{"complex key", "run: {env: {[a]: c}}\n", "run.env: want a word as key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig("careen.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

func TestParseConfigTellsAllProblems(t *testing.T) {
	_, err := ParseConfig("c", []byte("flie: a\nruns: x\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("error %v", err)
	}
}

func TestParseConfigAcceptsNothing(t *testing.T) {
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n", "run:\n", "checks: {http: }\n"} {
		if cfg, err := ParseConfig("c", []byte(text)); err != nil || cfg.Path != "c" {
			t.Errorf("%q: %+v, %v", text, cfg, err)
		}
	}
}

func TestSettings(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": from, "careen.yaml": `
target: file
platform: linux/amd64
build_args: {A: file, B: file}
mirrors: {docker.io: [http://file], ghcr.io: [http://file]}
builder: tcp://file:1
runs: 4
`})
	env := map[string]string{"CAREEN_TARGET": "env", "CAREEN_RUNS": "6", "CAREEN_MIRRORS": "docker.io=http://env,quay.io=http://env", "BUILDKIT_HOST": "tcp://env:1"}
	p, err := Load(dir, Options{
		Target: "flag", BuildArgs: map[string]string{"B": "flag"}, Mirrors: []string{"quay.io=http://flag/", "quay.io=https://second"},
		Getenv: func(k string) string { return env[k] },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Target: "flag", Platform: "linux/amd64", BuildArgs: map[string]string{"A": "file", "B": "flag"},
		Mirrors: Mirrors{"docker.io": {"http://env"}, "ghcr.io": {"http://file"}, "quay.io": {"http://flag", "https://second"}},
		Builder: "tcp://env:1", BuilderBy: "BUILDKIT_HOST", Runs: 6,
	}
	if !reflect.DeepEqual(p.Settings, want) {
		t.Errorf("got\n%+v\nwant\n%+v", p.Settings, want)
	}
	if p.Config.BuildArgs["B"] != "file" || p.Config.Mirrors["docker.io"][0] != "http://file" {
		t.Error("merging changed the configuration")
	}
}

func TestSettingsRefuse(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": from})
	for want, o := range map[string]Options{
		"--mirror: mirror \"docker.io\": want HOST=URL": {Mirrors: []string{"docker.io"}},
		"mirror of \"https://x\": want a registry's":    {Mirrors: []string{"https://x=http://y"}},
		"CAREEN_RUNS=many: not a number":                {Getenv: func(k string) string { return map[string]string{"CAREEN_RUNS": "many"}[k] }},
		"CAREEN_MIRRORS: mirror \"x\"":                  {Getenv: func(k string) string { return map[string]string{"CAREEN_MIRRORS": "x"}[k] }},
		"runs: -1 is not between":                       {Runs: -1},
	} {
		if _, err := Load(dir, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestSettingsDefaults(t *testing.T) {
	p, err := Load(write(t, map[string]string{"Dockerfile": from}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Settings{Runs: DefaultRuns}); !reflect.DeepEqual(p.Settings, want) {
		t.Errorf("got %+v", p.Settings)
	}
}

func TestReadLocal(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": from, "in/a": "text"})
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "in/out")); err != nil {
		t.Fatal(err)
	}
	p, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.ReadLocal("in/a"); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	for _, path := range []string{"../x", "/etc/passwd", "in/out", "in", "missing"} {
		if got, err := p.ReadLocal(path); err == nil {
			t.Errorf("%s was read: %q", path, got)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"1": 1, "350MB": 350e6, "1.5 GB": 1.5e9, "512m": 512 << 20, "2GiB": 2 << 30, "7kB": 7000, "9b": 9} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%s: %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "0", "-1MB", "MB", "1TB", "inf", "0x10", "1e3", "99999999999GB"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%s gives %d", text, s)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(wholeConfig))
	f.Add([]byte("run: &a {env: *a}\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Add([]byte("- 1\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		cfg, err := ParseConfig("careen.yaml", src)
		if err != nil {
			return
		}
		// Whatever is accepted stays inside the project.
		if cfg.File != "" && !filepath.IsLocal(cfg.File) {
			t.Errorf("file %q leaves the project", cfg.File)
		}
	})
}
