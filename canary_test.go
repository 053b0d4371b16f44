package careen_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// canaries are secrets where careen could meet them; none may be seen again.
var canaries = map[string]string{
	"build secret in a file":  "canary-file-5d1f",
	"build secret by env":     "canary-env-77aa",
	"environment":             "canary-token-0b2c",
	"password of a registry":  "canary-password-9e41",
	"argument never declared": "canary-arg-31cd",
}

// TestCanaries runs the verbs of CI with secrets all around, also where they fail, and
// looks for them in everything that is printed or written.
func TestCanaries(t *testing.T) {
	command := buildCommand(t)
	if e := embedded(t); e.Close() != nil {
		t.Fatal("close")
	}
	home, dir, out := t.TempDir(), t.TempDir(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) string {
		must(errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)))
		return name
	}
	secret := write(filepath.Join(home, "token"), canaries["build secret in a file"])
	auth := base64.StdEncoding.EncodeToString([]byte("me:" + canaries["password of a registry"]))
	write(filepath.Join(home, ".docker", "config.json"), `{"auths":{"registry.invalid":{"auth":"`+auth+`"},"127.0.0.1:1":{"auth":"`+auth+`"}}}`)
	const mount = "RUN --mount=type=secret,id=file --mount=type=secret,id=env,env=TOKEN --mount=type=cache,target=/c [\"/careen\", \"parcel\", "
	write(filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY . /\n"+mount+"\"unpack\", \"/seed\", \"/c\"]\n")
	write(filepath.Join(dir, "Dockerfile.fails"), "FROM scratch\nCOPY . /\n"+mount+"\"unpack\", \"/nowhere\", \"/c\"]\n")
	for _, name := range []string{"seed/0.index", "seed/0.data"} {
		write(filepath.Join(dir, name), mountFiles[name])
	}
	program, err := os.ReadFile(command)
	must(err)
	must(os.WriteFile(filepath.Join(dir, "careen"), program, 0o755))

	var seen bytes.Buffer
	run := func(code int, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), command, args...)
		cmd.Dir = out
		cmd.Env = append(os.Environ(), "HOME="+home, "DOCKER_CONFIG="+filepath.Join(home, ".docker"), "SECRET_ENV="+canaries["build secret by env"],
			"GITHUB_TOKEN="+canaries["environment"], "AWS_SECRET_ACCESS_KEY="+canaries["environment"],
			"GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY="+filepath.Join(out, "summary.md"))
		text, err := cmd.CombinedOutput()
		seen.Write(text)
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != code {
			t.Errorf("careen %s: exit code %d, want %d\n%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), code, text)
		}
	}
	secrets := []string{"--secret", "id=file,src=" + secret, "--secret", "id=env,env=SECRET_ENV", "--build-arg", "UNUSED=" + canaries["argument never declared"]}
	with := func(args ...string) []string { return append(args, secrets...) }
	run(0, with("bench", dir, "--runs", "1", "--scenario", "no-change", "-f", "json", "-o", "results.json")...)
	run(2, with("bench", dir, "--file", filepath.Join(dir, "Dockerfile.fails"), "--runs", "1")...)
	run(0, with("cache", "save", dir, "--to", "./store")...)
	run(2, with("cache", "save", dir, "--to", "127.0.0.1:1/x")...)
	run(2, with("bench", dir, "--scenario", "ci", "--cache-ref", "127.0.0.1:1/x")...)
	for _, format := range []string{"text", "json", "junit", "sarif", "markdown"} {
		run(0, "ci", "check", dir, "--results", "results.json", "-f", format, "--comment", "comment.md")
	}
	run(2, "ci", "check", dir, "--results", "results.json", "--baseline", "oci://127.0.0.1:1/x:main")
	run(2, "ci", "attach", "127.0.0.1:1/x:main", "--results", "results.json")
	files := 0
	must(filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(name)
		seen.Write(text)
		return err
	}))
	if files < 5 {
		t.Errorf("%d files written", files)
	}
	for where, canary := range canaries {
		if bytes.Contains(seen.Bytes(), []byte(canary)) || bytes.Contains(seen.Bytes(), []byte(auth)) {
			t.Errorf("%s: its value was printed or written", where)
		}
	}
}
