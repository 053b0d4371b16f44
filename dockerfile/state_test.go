package dockerfile_test

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/dockerfile"
)

const staged = `ARG VERSION=1
ARG BASE=debian:$VERSION
FROM $BASE AS Base
ARG VERSION
ENV A=1 B=$A
ENV C=$A-$VERSION
WORKDIR /srv
WORKDIR app
FROM base AS build
ARG MODE=fast
USER $MODE
WORKDIR ../out
SHELL ["bash", "-c"]
RUN --mount=type=cache,target=/c,id=go,sharing=LOCKED --mount=from=tools,src=/x,dst=/y true
FROM scratch AS tools
FROM scratch AS unused
FROM debian
COPY --from=1 /srv /srv
COPY --from=nginx:1 /etc/nginx /etc/nginx
`

func TestState(t *testing.T) {
	f := dockerfile.Parse([]byte(staged))
	s := f.State(f.Stages[1], nil, map[string]string{"MODE": "slow"})
	for name, want := range map[string]string{"A": "1", "B": "$A", "C": "1-1", "MODE": "slow"} {
		if got, _ := s.Lookup(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, set := s.Lookup("VERSION"); set {
		t.Error("an ARG of the stage below is in scope")
	}
	if s.Workdir != "/srv/out" || s.User != "slow" || !slices.Equal(s.Shell, []string{"bash", "-c"}) {
		t.Errorf("workdir %q, user %q, shell %q", s.Workdir, s.User, s.Shell)
	}
	early := f.State(f.Stages[0], f.Stages[0].Instructions[2], nil)
	if _, set := early.Lookup("C"); set {
		t.Error("a later ENV is known")
	}
}

func TestBase(t *testing.T) {
	f := dockerfile.Parse([]byte(staged))
	for version, want := range map[string]string{"": "debian:1", "12": "debian:12"} {
		args := map[string]string{}
		if version != "" {
			args["VERSION"] = version
		}
		if got, err := f.BaseName(f.Stages[0], args); got != want || err != nil {
			t.Errorf("version %q: base %q (%v), want %q", version, got, err, want)
		}
	}
	if f.Parent(f.Stages[1], nil) != f.Stages[0] || f.Parent(f.Stages[0], nil) != nil {
		t.Error("a stage builds on the stage its FROM names, or on none")
	}
}

func TestNeeded(t *testing.T) {
	f := dockerfile.Parse([]byte(staged))
	var got []int
	for _, s := range f.Needed(f.Final(""), nil) {
		got = append(got, s.Index)
	}
	if want := []int{0, 1, 2, 4}; !slices.Equal(got, want) {
		t.Errorf("stages %v, want %v", got, want)
	}
}

func TestRunMounts(t *testing.T) {
	f := dockerfile.Parse([]byte(staged))
	r, ok := f.Stages[1].Instructions[4].Run()
	if !ok || len(r.Mounts) != 2 || r.Text != "true" {
		t.Fatalf("run %+v", r)
	}
	if m := r.Mounts[0]; m.Type != "cache" || m.Target != "/c" || m.ID != "go" || m.Sharing != "locked" {
		t.Errorf("cache mount %+v", m)
	}
	if m := r.Mounts[1]; m.Type != "bind" || m.Source != "/x" || m.Target != "/y" || m.From != "tools" {
		t.Errorf("bind mount %+v", m)
	}
}

// TestCommand holds that every form is told apart and leads back to the file.
func TestCommand(t *testing.T) {
	for _, c := range []struct {
		src, text string
		form      dockerfile.Form
	}{
		{"RUN a \\\n # c\n b", "a  b", dockerfile.ShellForm},
		{"RUN [\"a\", \"b c\"]", "", dockerfile.ExecForm},
		{"RUN <<E\na\nb\nE\n", "a\nb\n", dockerfile.ScriptForm},
		{"RUN <<-E\n\ta\n\tE\n", "a\n", dockerfile.ScriptForm},
		{"RUN <<E\n#!/bin/a\nE\n", "#!/bin/a\n", dockerfile.FileForm},
		{"HEALTHCHECK --interval=1s CMD a b", "a b", dockerfile.ShellForm},
	} {
		f := dockerfile.Parse([]byte("FROM x\n" + c.src))
		cmd, ok := f.Stages[0].Instructions[0].Command()
		if !ok || cmd.Form != c.form {
			t.Errorf("%q: form %v, want %v", c.src, cmd.Form, c.form)
		}
		text, pos := cmd.Script()
		if text != c.text || pos.Len() != len(text) {
			t.Errorf("%q: text %q with a map of %d, want %q", c.src, text, pos.Len(), c.text)
		}
		for k := range text {
			if at := pos.Offset(k); f.Source[at] != text[k] {
				t.Errorf("%q: byte %d of the text is said to stand at %d", c.src, k, at)
			}
		}
	}
}
