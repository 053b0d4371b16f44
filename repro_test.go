package careen_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/careenhq/careen/internal/repro"
)

// leaky writes down its date, a log, an archive's times and a checkout's modes.
const leaky = `FROM debian:bookworm-slim
WORKDIR /app
COPY greeting .
RUN date > built && tar czf all.tgz greeting && date +%N > /var/log/made.log
`

// TestRepro builds a small project twice, has the causes named, and has the changes
// proven by building twice again. It needs root, runc and a base image.
func TestRepro(t *testing.T) {
	if os.Getenv("CAREEN_TEST_REQUIRE") != "all" {
		t.Skip("builds four times; runs with CAREEN_TEST_REQUIRE=all")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": leaky, "greeting": "hello\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), buildCommand(t), "repro", "--quiet", "--fix", "-f", "json", dir)
	cmd.Env = append(cmd.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("careen repro: %v\n%s%s", err, stderr.Bytes(), stdout.Bytes())
	}
	var res repro.Result
	if err := json.Unmarshal(stdout.Bytes(), &res); err != nil {
		t.Fatal(err)
	}
	if res.Before.Same || res.After == nil || !res.After.Same || res.Patch == "" {
		t.Errorf("before same: %v, after: %+v", res.Before.Same, res.After)
	}
	if res.Parity == nil || len(res.Parity.Differences) > 0 {
		t.Errorf("beside the original: %+v", res.Parity)
	}
	for path, cause := range map[string]string{
		"/app/built": repro.EmbeddedDate, "/app/all.tgz": repro.ArchiveTime, "/app/greeting": repro.FileMode, "/var/log/made.log": repro.LogFile,
	} {
		if !slices.ContainsFunc(res.Before.Differences, func(d repro.Difference) bool { return d.Path == path && d.Cause == cause && d.Line > 0 }) {
			t.Errorf("%s is not named for %s", path, cause)
		}
	}
}
