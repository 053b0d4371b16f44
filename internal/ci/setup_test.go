package ci

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("u", false, "rewrite the expected workflow files")

var (
	simple = Setup{Name: "careen", Branch: "main", Project: ".", Dockerfile: "Dockerfile", Install: "example.org/careen@v1.2.3"}
	full   = Setup{
		Name: "careen-services-api", Branch: "release/2", Project: "services/api", Dockerfile: "services/api/docker/Prod.Dockerfile",
		Target: "runtime", Platform: "linux/arm64", Args: map[string]string{"B": "two words", "A": "1"}, Install: "example.org/careen@v1.2.3",
	}
	// Everything that YAML, GitHub, Azure, GitLab or a shell would read as its own.
	hostile = Setup{
		Name: "careen", Branch: "main", Project: `a: "b" # $(touch x) ${{ github.token }} 'c' $HOME`, Dockerfile: "-rf `id`; %0A/Dockerfile,mode=max",
		Target: "yes", Args: map[string]string{"A": "${{ secrets.X }}: |", "B": "- \\n"}, Install: "./cmd/careen",
	}
)

// TestGolden holds the files of each provider against those that a person has read.
func TestGolden(t *testing.T) {
	for _, provider := range Providers() {
		for name, s := range map[string]Setup{"simple": simple, "full": full} {
			for _, f := range written(t, provider, s) {
				golden(t, filepath.Join("testdata", "init", provider, name, filepath.Base(f.Path)), f.Text)
			}
		}
	}
}

func written(t *testing.T, provider string, s Setup) []File {
	t.Helper()
	files, err := Workflows(provider, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if files[i].Text, err = Place(f, nil, false); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; -u rewrites it:\n%s", name, got)
	}
}

// TestOwnWorkflows: those of this repository are what careen writes for it.
func TestOwnWorkflows(t *testing.T) {
	files, err := Workflows("github", Setup{Name: "careen", Branch: "main", Project: ".", Dockerfile: "Dockerfile", Install: "./cmd/careen"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		before, err := os.ReadFile(filepath.Join("..", "..", f.Path))
		if err != nil {
			t.Fatal(err)
		}
		if after, err := Place(f, before, false); err != nil || string(after) != string(before) {
			t.Errorf("%s: not up to date, careen ci init --provider github --install ./cmd/careen --write: %v", f.Path, err)
		}
	}
}

// workflow is what the tests look at of a GitHub workflow.
type workflow struct {
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Steps       []struct {
			Name, Uses, Run string
			Env, With       map[string]string
		}
	}
}

func read(t *testing.T, text []byte) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return w
}

var pinnedUse = regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)

// TestLeastTrust: actions by commit, rights by job, and no expression in a script.
func TestLeastTrust(t *testing.T) {
	for _, s := range []Setup{simple, full, hostile} {
		for _, f := range written(t, "github", s) {
			w := read(t, f.Text)
			if w.Permissions == nil || w.Permissions["contents"] == "write" {
				t.Errorf("%s: rights %v", f.Path, w.Permissions)
			}
			steps := 0
			for name, job := range w.Jobs {
				for right, level := range job.Permissions {
					if level == "write" && right != "pull-requests" {
						t.Errorf("%s: %s may write %s", f.Path, name, right)
					}
				}
				for _, step := range job.Steps {
					steps++
					if step.Uses != "" && !pinnedUse.MatchString(step.Uses) {
						t.Errorf("%s: %s is not pinned", f.Path, step.Uses)
					}
					if strings.Contains(step.Run+step.With["script"], "${{") {
						t.Errorf("%s: an expression in a script: %s", f.Path, step.Run)
					}
				}
			}
			if steps == 0 {
				t.Errorf("%s: no steps", f.Path)
			}
		}
	}
}

// TestCommentRunsNothing: the workflow that may write checks nothing out and has
// no script of a shell.
func TestCommentRunsNothing(t *testing.T) {
	for _, job := range read(t, written(t, "github", simple)[1].Text).Jobs {
		for _, step := range job.Steps {
			if step.Run != "" || strings.HasPrefix(step.Uses, "actions/checkout@") {
				t.Errorf("%+v", step)
			}
		}
	}
}

// TestHostileNames reads values back as the runner would.
func TestHostileNames(t *testing.T) {
	w := read(t, written(t, "github", hostile)[0].Text)
	evaluated := func(v string) string { return strings.ReplaceAll(v, "${{ '${{' }}", "${{") }
	if got := evaluated(w.Env["PROJECT"]); got != hostile.Project || w.Env["PROJECT"] == got {
		t.Errorf("project %q", w.Env["PROJECT"])
	}
	if got := evaluated(w.Env["DOCKERFILE"]); got != hostile.Dockerfile {
		t.Errorf("Dockerfile %q", got)
	}
	var build map[string]string
	for _, step := range w.Jobs["build"].Steps {
		if strings.HasPrefix(step.Uses, "docker/build-push-action@") {
			build = step.With
		}
	}
	if got := evaluated(build["build-args"]); got != "A=${{ secrets.X }}: |\nB=- \\n\n" {
		t.Errorf("build arguments %q", got)
	}
	if got := build["cache-from"]; !regexp.MustCompile(`^type=gha,scope=[A-Za-z0-9._-]+$`).MatchString(got) {
		t.Errorf("cache-from %q", got)
	}
	if build["target"] != "yes" {
		t.Errorf("target %q", build["target"])
	}
}

// TestShellWords runs the lines that set a path, as a shell of GitLab or Azure would
// after the system has read the file.
func TestShellWords(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	for _, provider := range []string{"gitlab", "azure"} {
		s := hostile
		if provider == "azure" {
			s.Project = strings.ReplaceAll(s.Project, "$(", "$")
		}
		found := 0
		for _, script := range scripts(t, written(t, provider, s)[0].Text) {
			if provider == "azure" {
				script = strings.ReplaceAll(script, "${{ '${{' }}", "${{")
			}
			if out, err := exec.Command("sh", "-n", "-c", strings.ReplaceAll(script, "<<<", "<")).CombinedOutput(); err != nil {
				t.Errorf("%s: %s\n%s", provider, out, script)
			}
			for line := range strings.Lines(script) {
				if !strings.HasPrefix(line, "PROJECT=") {
					continue
				}
				found++
				out, err := exec.Command("sh", "-c", line+`printf %s "$PROJECT"`).Output()
				if err != nil || string(out) != s.Project {
					t.Errorf("%s: %v: project %q", provider, err, out)
				}
			}
		}
		if found < 2 {
			t.Errorf("%s: %d steps with the project", provider, found)
		}
	}
}

// scripts are all scripts of a file of GitLab or Azure.
func scripts(t *testing.T, text []byte) []string {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var list []string
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				walk(k, inner)
			}
		case []any:
			for _, inner := range v {
				walk(key, inner)
			}
		case string:
			if key == "script" || key == "bash" {
				list = append(list, v)
			}
		}
	}
	walk("", doc)
	return list
}

// TestGitLabShape: each job has a stage that every pipeline has, an image, a script,
// and needs only jobs that exist.
func TestGitLabShape(t *testing.T) {
	type job struct {
		Extends, Stage, Image string
		Needs, Script         []string
		Artifacts             map[string]any
		Rules                 []map[string]string
	}
	var jobs map[string]job
	if err := yaml.Unmarshal(written(t, "gitlab", full)[0].Text, &jobs); err != nil {
		t.Fatal(err)
	}
	if len(jobs) != 5 {
		t.Errorf("%d jobs", len(jobs))
	}
	for name, j := range jobs {
		if strings.HasPrefix(name, ".") {
			if len(j.Rules) == 0 || len(j.Script) > 0 {
				t.Errorf("%s: %+v", name, j)
			}
			continue
		}
		if _, ok := jobs[j.Extends]; !ok || j.Stage != "build" && j.Stage != "test" || j.Image == "" || len(j.Script) == 0 || j.Artifacts == nil {
			t.Errorf("%s: %+v", name, j)
		}
		for _, need := range j.Needs {
			if _, ok := jobs[need]; !ok {
				t.Errorf("%s needs %s, which is not there", name, need)
			}
		}
	}
}

// TestAzureShape: a job has a pool, and each step is of exactly one kind.
func TestAzureShape(t *testing.T) {
	var doc struct {
		Trigger, PR any
		Jobs        []struct {
			Job  string
			Pool struct {
				VMImage string `yaml:"vmImage"`
			}
			Steps []map[string]any
		}
	}
	if err := yaml.Unmarshal(written(t, "azure", full)[0].Text, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Jobs) != 1 || doc.Trigger == nil || doc.PR == nil {
		t.Fatalf("%+v", doc)
	}
	j := doc.Jobs[0]
	if !regexp.MustCompile(`^[A-Za-z_]\w*$`).MatchString(j.Job) || j.Pool.VMImage == "" || len(j.Steps) < 6 {
		t.Errorf("%+v", j)
	}
	for _, step := range j.Steps {
		kinds := 0
		for _, kind := range []string{"checkout", "bash", "task", "publish"} {
			if step[kind] != nil {
				kinds++
			}
		}
		if kinds != 1 {
			t.Errorf("%v", step)
		}
	}
}

// TestRefused: what no workflow can say is an error, not a file.
func TestRefused(t *testing.T) {
	for name, edit := range map[string]func(*Setup){
		"newline":  func(s *Setup) { s.Project = "a\nrun: x" },
		"outside":  func(s *Setup) { s.Dockerfile = "../Dockerfile" },
		"absolute": func(s *Setup) { s.Project = "/srv" },
		"name":     func(s *Setup) { s.Name = "../x" },
		"branch":   func(s *Setup) { s.Branch = "!main" },
		"argument": func(s *Setup) { s.Args = map[string]string{" A": "1"} },
		"control":  func(s *Setup) { s.Args = map[string]string{"A": "1\x1b"} },
		"version":  func(s *Setup) { s.Install = "" },
	} {
		s := simple
		edit(&s)
		if files, err := Workflows("github", s); err == nil {
			t.Errorf("%s: %s", name, files[0].Text)
		}
	}
	if _, err := Workflows("azure", hostile); err == nil {
		t.Error("a path that Azure would expand")
	}
	if _, err := Workflows("jenkins", simple); err == nil {
		t.Error("an unknown provider")
	}
}

// TestScopes: two Dockerfiles never share a cache.
func TestScopes(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"Dockerfile", "dockerfile", "a/Dockerfile", "a-Dockerfile", "a,Dockerfile", "ä", "ö", strings.Repeat("x/", 90) + "1", strings.Repeat("x/", 90) + "2"} {
		s := scope(name)
		if other, ok := seen[s]; ok || s == "" || strings.HasPrefix(s, "-") || len(s) > 100 {
			t.Errorf("%q: scope %q, also of %q", name, s, other)
		}
		seen[s] = name
	}
}

// TestTargetBranch runs the step that fetches the target branch, on a clone as
// shallow as a runner's.
func TestTargetBranch(t *testing.T) {
	for _, tool := range []string{"git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	var script string
	for _, step := range read(t, written(t, "github", simple)[0].Text).Jobs["gate"].Steps {
		if step.Name == "Check out the target branch" {
			script = step.Run
		}
	}
	dir := t.TempDir()
	sh := func(script string) string {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+dir, "GITHUB_ENV="+dir+"/env", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b.c", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b.c")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	sh(`git init -q -b main origin; cd origin; git commit -q --allow-empty -m 0
		echo target >Dockerfile; git add .; git commit -q -m 1
		git checkout -q -b change; echo change >Dockerfile; git commit -q -a -m 2
		git checkout -q main; echo x >other; git add .; git commit -q -m 3
		git checkout -q --detach; git merge -q --no-ff -m merge change; git branch merged
		cd ..; git clone -q --depth 2 --branch merged "file://$PWD/origin" app; cd app; git checkout -q --detach`)
	sh("cd app\n" + script)
	if got := sh(`. ./env; cat "$TARGET/Dockerfile" "$TARGET/other"; cat app/Dockerfile`); got != "target\nx\nchange\n" {
		t.Errorf("target branch and checkout: %q", got)
	}
}
