package project

import (
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const composeFile = `
x-common: &common
  environment: {LEVEL: info}
services:
  web:
    <<: *common
    build: {context: ./app, dockerfile: Dockerfile.prod, target: run, args: [V=1, W]}
    ports: ["127.0.0.1:8080:80", "53:53/udp", 9000, {target: 443, protocol: tcp}]
    expose: ["7000"]
    command: sh -c 'echo "hi there"' ${EXTRA:-x\ y}
    entrypoint: ["/init", ""]
    healthcheck: {test: "curl -f http://localhost:$${PORT}/"}
    user: 1000
    working_dir: /srv
    tmpfs: /run
    read_only: true
    depends_on: {db: {condition: service_healthy}, cache: {}}
  db:
    image: postgres
  worker:
    build: .
    environment: [A=1, B, "C=${C-d}"]
    healthcheck: {disable: true, test: [CMD, x]}
  outside: {build: {context: /elsewhere}}
  remote: {build: "https://github.com/a/b.git"}
  odd: [1]
`

func TestParseCompose(t *testing.T) {
	got := ParseCompose("compose.yaml", []byte(composeFile))
	want := []Service{
		{
			Name: "web", File: "compose.yaml", Dockerfile: "app/Dockerfile.prod", Target: "run", Args: map[string]string{"V": "1"},
			Environment: map[string]string{"LEVEL": "info"}, Ports: []string{"80", "53/udp", "9000", "443", "7000"},
			Entrypoint: []string{"/init", ""}, Command: []string{"sh", "-c", `echo "hi there"`, "x y"},
			Healthcheck: []string{"CMD-SHELL", "curl -f http://localhost:${PORT}/"}, User: "1000", WorkingDir: "/srv",
			Tmpfs: []string{"/run"}, ReadOnly: true, DependsOn: []string{"cache", "db"},
		},
		{Name: "worker", File: "compose.yaml", Dockerfile: "Dockerfile", Environment: map[string]string{"A": "1", "C": "d"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestServicesOfThisDockerfile(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": from, "app/Dockerfile.prod": from, "docker-compose.yml": composeFile})
	for file, want := range map[string]string{"": "worker", "app/Dockerfile.prod": "web"} {
		p, err := Load(dir, Options{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if s := p.Services(); len(s) != 1 || s[0].Name != want {
			t.Errorf("%q: %+v, want %s", file, s, want)
		}
	}
}

func TestSplitLine(t *testing.T) {
	for line, want := range map[string][]string{
		"":                  {},
		"a  b":              {"a", "b"},
		`a "b c" 'd "e'`:    {"a", "b c", `d "e`},
		`a "" b\ c '\'`:     {"a", "", "b c", `\`},
		`--x="a b" "un end`: {"--x=a b", "un end"},
	} {
		if got := splitLine(line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func FuzzParseCompose(f *testing.F) {
	f.Add([]byte(composeFile))
	f.Add([]byte("a: &a [*a]\nservices: *a\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, s := range ParseCompose("c", src) {
			if path.IsAbs(s.Dockerfile) || strings.Contains(s.Dockerfile, "://") {
				t.Errorf("Dockerfile %q", s.Dockerfile)
			}
		}
	})
}
