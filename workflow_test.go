package careen_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
	"github.com/careenhq/careen/internal/project"
)

// workflowProject is what the pull request of TestWorkflow changes, by path.
var workflowProject = map[string][2]string{
	"app/Dockerfile":  {"FROM tool:1\nRUN tool write /made of-the-branch\nCOPY hello.txt /\nCMD [\"tool\", \"echo\", \"hello\"]\n", "FROM tool:1\nCOPY hello.txt /\nRUN tool write /made of-the-branch\nCMD [\"tool\", \"echo\", \"hello\"]\n"},
	"app/hello.txt":   {"hello\n", "hello\n"},
	"app/careen.yaml": {"checks:\n  commands:\n    - run: [tool, echo, x]\n", "checks:\n  commands:\n    - run: [tool, echo, x]\n"},
}

// TestWorkflow runs every step of the workflow that ci init writes for GitHub, job by
// job, as a runner would: on a repository of its own with a pull request's merge
// checked out, in bash, with the files by which steps tell a runner something, and a
// registry on this machine. What a step `uses:` is done here, and said.
func TestWorkflow(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	caches := compilerCaches(t)
	w := enginetest.NewWorld(t)
	e := embedded(t)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CAREEN_MIRRORS", "docker.io=http://"+w.Registry)
	origin := workflowRepository(t)
	r := &githubRunner{t: t, origin: origin, artifacts: t.TempDir(), bin: shims(t), caches: caches, mirrors: w.Mirrors()}
	for _, job := range r.jobs(filepath.Join(origin, ".github", "workflows", "careen-app.yml")) {
		r.job(job)
	}
	if want := 8; r.ran < want { // compile; install, target, parity; install, target, bench, gate
		t.Errorf("%d steps ran, want %d or more", r.ran, want)
	}
	for file, want := range map[string]string{
		"careen-app-results/comment.md": "<!-- careen", "careen-app-results/results.json": `"scenarios"`, "careen-app-parity/parity.xml": "<testsuite",
	} {
		if text, err := os.ReadFile(filepath.Join(r.artifacts, file)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, or no %q in it", file, err, want)
		}
	}
	if !strings.Contains(r.summary, "careen") {
		t.Errorf("step summary %q", r.summary)
	}
}

// compilerCaches are where Go keeps what it has compiled and fetched.
func compilerCaches(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	v := strings.Split(strings.TrimSpace(string(out)), "\n")
	return []string{"GOCACHE=" + v[0], "GOMODCACHE=" + v[1], "GOPROXY=" + v[2]}
}

// workflowRepository is a repository of careen's own sources and a project in it, with
// two commits: the target branch, and a change with the workflow.
func workflowRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyModule(t, dir)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	git("init", "--quiet", "--initial-branch=main")
	for side := range 2 {
		for name, text := range workflowProject {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text[side]), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		if side == 1 {
			writeWorkflow(t, filepath.Join(dir, "app"))
		}
		git("add", "--all")
		git("commit", "--quiet", "--message", fmt.Sprint("side ", side))
	}
	return dir
}

// copyModule copies what compiling the command takes.
func copyModule(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"cmd", "diag", "dockerfile", "internal", "span"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(name)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "go.mod", "go.sum") {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func writeWorkflow(t *testing.T, dir string) {
	t.Helper()
	p, err := project.Load(dir, project.Options{})
	if err != nil {
		t.Fatal(err)
	}
	setup, err := careen.InitCI(t.Context(), careen.InitOptions{Project: p, Provider: "github", Branch: "main", Install: "./cmd/careen"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range setup.Files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(f.Path), 0o755), os.WriteFile(f.Path, f.After, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// shims stand in for what a step must not do to this machine: become another user, and
// install a program for all.
func shims(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{
		"sudo":    "exec \"$@\"\n",
		"install": "for last; do :; done\ncase $last in /usr/local/bin/*) set -- \"$1\" \"$2\" \"$3\" \"" + dir + "/${last##*/}\" ;; esac\nexec /usr/bin/install \"$@\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// githubRunner does what GitHub's runner does for the steps of the generated files.
type githubRunner struct {
	t                 *testing.T
	origin, artifacts string
	bin               string
	caches            []string
	mirrors           map[string][]string
	ran               int
	summary           string

	work, temp string // of the job
	env        map[string]string
}

type workflowJob struct {
	name  string
	Steps []workflowStep
}

type workflowStep struct {
	Name, Uses, Run, Shell string
	With, Env              map[string]string
}

// jobs reads a workflow; its environment is that of every job.
func (r *githubRunner) jobs(file string) []workflowJob {
	r.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	var doc struct {
		Env  map[string]string
		Jobs yaml.Node
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		r.t.Fatal(err)
	}
	r.env = doc.Env
	var jobs []workflowJob
	for i := 0; i+1 < len(doc.Jobs.Content); i += 2 {
		job := workflowJob{name: doc.Jobs.Content[i].Value}
		if err := doc.Jobs.Content[i+1].Decode(&job); err != nil {
			r.t.Fatal(err)
		}
		jobs = append(jobs, job)
	}
	return jobs
}

// job runs the steps of one job, on a machine that has seen no other.
func (r *githubRunner) job(job workflowJob) {
	r.work, r.temp = filepath.Join(r.t.TempDir(), "repository"), r.t.TempDir()
	env := maps.Clone(r.env)
	for _, step := range job.Steps {
		what := job.name + ": " + strings.TrimSpace(step.Name+" "+step.Uses)
		if step.Run == "" {
			r.t.Log(what + ": " + r.use(step))
			continue
		}
		r.ran++
		for key, value := range step.Env {
			env[key] = r.expand(value)
		}
		r.run(what, step, env)
		for key := range step.Env {
			delete(env, key)
		}
	}
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// expand fills in the expressions that generated files have.
func (r *githubRunner) expand(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		switch e := expression.FindStringSubmatch(found)[1]; e {
		case "runner.temp":
			return r.temp
		case "vars.CAREEN_RUNS || '5'":
			return "1"
		case "vars.CAREEN_SCENARIOS || 'cold,no-change'":
			return "cold,no-change"
		case "contains(github.event.pull_request.labels.*.name, 'allow-regression')":
			return "false"
		default:
			r.t.Errorf("the test does not know the expression %q", e)
			return ""
		}
	})
}

// use does what an action does, or says why that is not needed here.
func (r *githubRunner) use(step workflowStep) string {
	action, _, _ := strings.Cut(step.Uses, "@")
	switch action {
	case "actions/checkout":
		cmd := exec.Command("git", "clone", "--quiet", r.origin, r.work)
		if out, err := cmd.CombinedOutput(); err != nil {
			r.t.Fatalf("git clone: %v\n%s", err, out)
		}
		return "done by git clone"
	case "actions/setup-go":
		return "skipped: this machine has Go"
	case "docker/setup-buildx-action":
		return "skipped: the image is built by the embedded BuildKit"
	case "docker/build-push-action":
		r.build(step.With)
		return "done by the embedded BuildKit; the cache of Actions is away"
	case "actions/upload-artifact":
		r.copy(r.expand(step.With["path"]), filepath.Join(r.artifacts, step.With["name"]))
		return "done by copying, without permissions"
	case "actions/download-artifact":
		r.copy(filepath.Join(r.artifacts, step.With["name"]), r.expand(step.With["path"]))
		return "done by copying"
	}
	r.t.Errorf("the test does not know the action %q", action)
	return "unknown"
}

// copy copies files without their permissions, as artifacts travel.
func (r *githubRunner) copy(from, to string) {
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		dest := filepath.Join(to, rel)
		return errors.Join(err, os.MkdirAll(filepath.Dir(dest), 0o755), os.WriteFile(dest, text, 0o644))
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// build makes the archive that the build step names.
func (r *githubRunner) build(with map[string]string) {
	r.t.Setenv("XDG_CACHE_HOME", r.t.TempDir())
	e, err := careen.OpenEngine(r.t.Context(), careen.EngineOptions{Mirrors: r.mirrors})
	if err != nil {
		r.t.Fatal(err)
	}
	defer e.Close()
	text, err := os.ReadFile(filepath.Join(r.work, with["file"]))
	if err != nil {
		r.t.Fatal(err)
	}
	layout := filepath.Join(r.t.TempDir(), "layout")
	if _, err := e.Build(r.t.Context(), engine.Request{Context: filepath.Join(r.work, with["context"]), Dockerfile: text, Name: "Dockerfile", Output: layout}); err != nil {
		r.t.Fatal(err)
	}
	dest, ok := strings.CutPrefix(r.expand(with["outputs"]), "type=oci,dest=")
	if !ok {
		r.t.Fatalf("outputs %q", with["outputs"])
	}
	var archive bytes.Buffer
	out := tar.NewWriter(&archive)
	if err := errors.Join(out.AddFS(os.DirFS(layout)), out.Close(), os.WriteFile(dest, archive.Bytes(), 0o644)); err != nil {
		r.t.Fatal(err)
	}
}

// run runs a script as `shell: bash` does, and takes over what it leaves in the files
// of the runner.
func (r *githubRunner) run(what string, step workflowStep, env map[string]string) {
	r.t.Helper()
	if step.Shell != "" {
		r.t.Errorf("%s: the test runs bash alone, not %s", what, step.Shell)
	}
	files := r.t.TempDir()
	script := filepath.Join(files, "step.sh")
	if err := os.WriteFile(script, []byte(r.expand(step.Run)), 0o644); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = r.work
	cmd.Env = append(slices.Clone(r.caches), "PATH="+r.bin+":"+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"), "XDG_CACHE_HOME="+filepath.Join(r.temp, "cache"),
		"CAREEN_MIRRORS="+os.Getenv("CAREEN_MIRRORS"), "CI=true", "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+r.work, "RUNNER_TEMP="+r.temp)
	for _, name := range []string{"ENV", "OUTPUT", "PATH", "STEP_SUMMARY"} {
		cmd.Env = append(cmd.Env, "GITHUB_"+name+"="+filepath.Join(files, name))
	}
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("%s: %v\n%s\n%s", what, err, step.Run, out)
	}
	r.take(files, env)
}

func (r *githubRunner) take(files string, env map[string]string) {
	lines, _ := os.ReadFile(filepath.Join(files, "ENV"))
	for line := range strings.Lines(string(lines)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			r.t.Errorf("GITHUB_ENV: %q", line)
		}
		env[key] = value
	}
	summary, _ := os.ReadFile(filepath.Join(files, "STEP_SUMMARY"))
	r.summary += string(summary)
}
