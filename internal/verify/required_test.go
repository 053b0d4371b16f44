package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine/fake"
)

// demanding is a program that ends at once unless all variables are set, and names one.
func demanding(names ...string) fake.Program {
	return func(p *fake.Process) int {
		for _, name := range names {
			if !slices.ContainsFunc(p.Env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") }) {
				fmt.Fprintf(p.Stderr, "Error: %s is not set\n", name)
				return 1
			}
		}
		return 0
	}
}

// TestRequiredVariables holds that an image which names what it wants to be told is
// told that, and that nothing is made up for one that says nothing of the kind.
func TestRequiredVariables(t *testing.T) {
	start := "\x7fdemanding"
	silent := func(p *fake.Process) int { fmt.Fprintln(p.Stderr, "Error: no such thing"); return 1 }
	alone := func(p *fake.Process) int {
		fmt.Fprintln(p.Stderr, "dial tcp: lookup db: no such host")
		return 1
	}
	for name, test := range map[string]struct {
		program fake.Program
		hints   []string
		notes   []string
		want    diag.Verdict
	}{
		"one":      {demanding("APP_SECRET"), nil, []string{"APP_SECRET"}, diag.Same},
		"two":      {demanding("APP_SECRET", "APP_PORT"), nil, []string{"APP_SECRET", "APP_PORT"}, diag.Same},
		"hinted":   {demanding("APP_SECRET"), []string{"APP_SECRET=x"}, []string{"what the project's files set: APP_SECRET"}, diag.Same},
		"told all": {demanding(), []string{"APP_SECRET=x"}, nil, diag.Same},
		"silent":   {silent, nil, nil, diag.Unknown},
		"alone":    {alone, nil, nil, diag.Same}, // it got as far as its database
	} {
		w := service()
		w.own["/app/start"] = file{body: start, mode: 0o755}
		w.config.Entrypoint, w.config.Cmd, w.config.Healthcheck = []string{"/app/start"}, nil, nil
		p, err := Run(t.Context(), fake.New(fake.Options{Programs: map[string]fake.Program{start: test.program}}), w.subject(t), w.subject(t), Options{EnvHints: test.hints})
		if err != nil {
			t.Fatal(err)
		}
		told := strings.Join(p.Notes, "\n")
		if p.Verdict != test.want || test.notes == nil && strings.Contains(told, "APP_") {
			t.Errorf("%s: %s, want %s; %q", name, p.Verdict, test.want, p.Notes)
		}
		for _, note := range test.notes {
			if !strings.Contains(told, note) {
				t.Errorf("%s: no note of %s: %q", name, note, p.Notes)
			}
		}
	}
}

// TestNewVolumes holds that a volume gets a directory where the image has none.
func TestNewVolumes(t *testing.T) {
	w := service()
	w.config.Volumes = map[string]struct{}{"/app/uploads": {}, "/data/": {}}
	s, err := open(t.Context(), w.subject(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.newVolumes(); !slices.Equal(got, []string{"/data"}) {
		t.Errorf("%q", got)
	}
}
