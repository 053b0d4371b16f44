package checks

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/opencontainers/go-digest"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/rule"
)

const wildFiles = 1000

// wildProject is a directory with the manifests that generated files speak of.
func wildProject(t testing.TB) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"package.json": `{"name": "a", "scripts": {"build": "tsc"}}`, "package-lock.json": "{}", "requirements.txt": "flask\n",
		"go.mod": "module example.com/a\n\ngo 1.26\n", "go.sum": "", "main.go": "package main\n", "app/package.json": "{}", "src/a.js": "1", "conf/app.conf": "a=1\n",
		"pyproject.toml": "[tool.poetry]\n", "poetry.lock": "x", "composer.json": "{}", "Gemfile": "gem 'rack'\n", "pom.xml": "<project/>", "Makefile": "all:\n",
		"node_modules/a/index.js": "1", ".env": "A=1", ".gitignore": "node_modules\n.env\n", ".git/HEAD": "ref: refs/heads/main\n",
	} {
		write(t, filepath.Join(dir, name), []byte(text))
	}
	return dir
}

// No generated file makes a rule fail; no fix makes one that BuildKit refuses or
// loses a comment.
func TestWildFiles(t *testing.T) {
	dir := wildProject(t)
	d := &rule.Driver{Rules: All()}
	found, fixed := map[string]int{}, 0
	for seed := range uint64(wildFiles) {
		src := wildFile(seed)
		write(t, filepath.Join(dir, "Dockerfile"), src)
		p, err := project.Load(dir, project.Options{})
		if err != nil {
			t.Fatal(err)
		}
		res := d.Run(p, nil)
		for _, pr := range res.Problems {
			t.Errorf("seed %d: %s\n%s", seed, pr.Cause, src)
		}
		for _, f := range res.Findings {
			found[f.Rule]++
			if f.Change != nil {
				fixed++
			}
		}
		for _, want := range []func(diag.Change) bool{safeFix, anyFix} {
			checkLaws(t, d, p, nil, want)
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, src)
		}
	}
	for _, r := range All() {
		if found[r.ID] == 0 {
			t.Errorf("no generated file has a finding of %s", r.ID)
		}
	}
	t.Logf("%d files, %v, %d with a change", wildFiles, found, fixed)
}

// noRegistry answers for every base image without asking anybody.
type noRegistry struct{}

func (noRegistry) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(ref), []byte(`{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin:/bin"]},"rootfs":{"type":"layers"}}`), nil
}

// BenchmarkAudit times one file of many, read, audited and rendered as findings in
// one process, and BuildKit's own checks on the same files in the same run.
func BenchmarkAudit(b *testing.B) {
	dir := wildProject(b)
	names := make([]string, wildFiles)
	for seed := range names {
		names[seed] = filepath.Join(dir, fmt.Sprintf("Dockerfile.%d", seed))
		write(b, names[seed], wildFile(uint64(seed)))
	}
	var ours, theirs time.Duration
	rounds, whole := 0, 0
	for b.Loop() {
		rounds++
		began := time.Now()
		auditAll(b, names)
		ours += time.Since(began)
		began = time.Now()
		whole = lintAll(b, names)
		theirs += time.Since(began)
	}
	files := float64(rounds * len(names))
	if 2*whole < len(names) {
		b.Fatalf("BuildKit could look at %d of %d files only: no comparison", whole, len(names))
	}
	b.ReportMetric(float64(whole), "whole-files")
	b.ReportMetric(ours.Seconds()*1e3/files, "careen-ms/file")
	b.ReportMetric(theirs.Seconds()*1e3/files, "buildkit-ms/file")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
}

func auditAll(b *testing.B, names []string) {
	l, d := project.NewLoader(), &rule.Driver{Rules: All()}
	for _, name := range names {
		p, err := l.Load(name, project.Options{})
		if err != nil {
			b.Fatal(err)
		}
		d.Run(p, nil)
	}
}

// lintAll gives how many files BuildKit could look at to the end.
func lintAll(b *testing.B, names []string) (whole int) {
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		source := llb.NewSourceMap(nil, name, "Dockerfile", src)
		source.Definition = &llb.Definition{}
		res, err := dockerfile2llb.DockerfileLint(b.Context(), src, dockerfile2llb.ConvertOpt{MetaResolver: noRegistry{}, SourceMap: source})
		if err == nil && res.Error == nil {
			whole++
		}
	}
	return whole
}
