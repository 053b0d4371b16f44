//go:build linux

package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
)

// victimVerb makes the test binary a careen in the middle of its work: a build
// whose RUN never ends, and a container beside it. It says "busy" once both run.
const victimVerb = "victim"

type victimConfig struct {
	State, Context, Output, Helper string
	Base                           engine.Image
	Mirrors                        map[string][]string
	Container                      bool
}

func victim(ctx context.Context, config string) int {
	var c victimConfig
	err := json.Unmarshal([]byte(config), &c)
	if err == nil {
		err = c.run(ctx)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (c victimConfig) run(ctx context.Context) (err error) {
	e, err := Open(ctx, Options{StateDir: c.State, Mirrors: c.Mirrors, Helper: c.Helper})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if c.Container {
		box, err := e.Start(ctx, engine.RunSpec{Image: c.Base, Args: []string{"tool", "block"}, Tmpfs: []string{"/tmp"}})
		if err != nil {
			return err
		}
		defer box.Close()
	}
	_, err = e.Build(ctx, engine.Request{
		Context: c.Context, Name: "Dockerfile", Output: c.Output,
		Dockerfile: []byte("FROM tool:1\nRUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t tool echo begun && tool block\n"),
		Events: func(ev engine.Event) {
			if strings.Contains(ev.Log, "begun") {
				fmt.Println("busy")
			}
		},
	})
	return err
}

// startVictim starts one and waits until it is busy.
func startVictim(t *testing.T, w *enginetest.World, state string) *exec.Cmd {
	t.Helper()
	config, err := json.Marshal(victimConfig{
		State: state, Context: t.TempDir(), Output: filepath.Join(t.TempDir(), "out"), Helper: w.Tool, Base: w.Base, Mirrors: w.Mirrors(), Container: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], victimVerb, string(config))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "busy\n" {
		t.Fatalf("the victim said %q, %v", line, err)
	}
	return cmd
}

// leftovers are mounts, processes and files that belong to a state directory and
// should not be there when no engine runs on it.
func leftovers(t *testing.T, state string) []string {
	t.Helper()
	var found []string
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, " "+state+"/") {
			found = append(found, "mount "+strings.TrimSpace(line))
		}
	}
	found = append(found, processes(t, state)...)
	for _, dir := range []string{"tmp", filepath.Join(workerDir, "executor")} {
		entries, err := os.ReadDir(filepath.Join(state, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			if always := e.Name() == "hosts" || strings.HasPrefix(e.Name(), "resolv") || strings.HasPrefix(e.Name(), "runc-log"); !always {
				found = append(found, "file "+filepath.Join(dir, e.Name()))
			}
		}
	}
	return found
}

// processes are those of containers under the state directory, by their mounts,
// and runc's own record of them.
func processes(t *testing.T, state string) []string {
	t.Helper()
	var found []string
	paths, err := filepath.Glob("/proc/[0-9]*/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		pid := strings.Split(path, "/")[2]
		text, err := os.ReadFile(path)
		if err == nil && pid != strconv.Itoa(os.Getpid()) && strings.Contains(string(text), state+"/"+workerDir+"/snapshots") && isContainer(pid) {
			found = append(found, "process "+pid)
		}
	}
	list, err := exec.Command("runc", "list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if strings.Contains(line, state+"/") {
			found = append(found, "container "+strings.TrimSpace(line))
		}
	}
	return found
}

// isContainer tells a process with a root of its own from those that merely see
// the mounts.
func isContainer(pid string) bool {
	text, _ := os.ReadFile("/proc/" + pid + "/cmdline")
	return strings.HasPrefix(string(text), "tool\x00") || strings.HasPrefix(string(text), "/bin/sh\x00-c\x00tool")
}

func TestKillLeavesNothingAfterTheNextStart(t *testing.T) {
	rootAndRunc(t)
	w, state := enginetest.NewWorld(t), t.TempDir()
	cmd := startVictim(t, w, state)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	// Without anything to find, the rest would prove nothing.
	kinds := map[string]bool{}
	for _, what := range leftovers(t, state) {
		kind, _, _ := strings.Cut(what, " ")
		kinds[kind] = true
	}
	if !kinds["mount"] || !kinds["file"] || !kinds["process"] || !kinds["container"] {
		t.Fatalf("kill -9 left only %v", kinds)
	}
	e, err := Open(t.Context(), Options{StateDir: state, Mirrors: w.Mirrors(), Helper: w.Tool})
	if err != nil {
		t.Fatal(err)
	}
	if found := leftovers(t, state); len(found) > 0 {
		t.Errorf("after the next start: %s", strings.Join(found, "\n"))
	}
	_, err = e.Build(t.Context(), engine.Request{Context: t.TempDir(), Name: "Dockerfile", Dockerfile: []byte("FROM tool:1\nRUN --mount=type=cache,target=/c tool echo x\n")})
	if err != nil {
		t.Errorf("build after kill -9: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if found := leftovers(t, state); len(found) > 0 {
		t.Errorf("after the end: %s", strings.Join(found, "\n"))
	}
}

func TestSignalsLeaveNothing(t *testing.T) {
	rootAndRunc(t)
	w := enginetest.NewWorld(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		state := t.TempDir()
		cmd := startVictim(t, w, state)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
		timer.Stop()
		if found := leftovers(t, state); len(found) > 0 {
			t.Errorf("after %v: %s", signal, strings.Join(found, "\n"))
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	rootAndRunc(t)
	w, state := enginetest.NewWorld(t), t.TempDir()
	cmd := startVictim(t, w, state)
	_, err := Open(t.Context(), Options{StateDir: state})
	if err == nil {
		t.Fatal("two engines on one state")
	}
	for _, want := range []string{"in use by process " + strconv.Itoa(cmd.Process.Pid), state, "wait for it", "--builder"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for range 2 { // the second time in the same process as the first
		e, err := Open(t.Context(), Options{StateDir: state})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if found := leftovers(t, state); len(found) > 0 {
		t.Error(found)
	}
}

func TestStateIsUnderTheCacheDirectory(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	dir, err := stateDir("")
	if want := filepath.Join(cache, "careen", "buildkit"); err != nil || dir != want {
		t.Errorf("%s, %v; want %s", dir, err, want)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if _, err := stateDir(""); err == nil || !strings.Contains(err.Error(), "XDG_CACHE_HOME") {
		t.Errorf("without a home: %v", err)
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`/a\040b`: "/a b", `/a\134040`: `/a\040`, `/t\011n\012`: "/t\tn\n", "/plain": "/plain"} {
		if got := unescape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTemporaryDirectoryIsRestored(t *testing.T) {
	for _, old := range []string{"", t.TempDir()} {
		t.Setenv("TMPDIR", old)
		if old == "" {
			if err := os.Unsetenv("TMPDIR"); err != nil {
				t.Fatal(err)
			}
		}
		dir := filepath.Join(t.TempDir(), "tmp")
		r, err := useTemp(dir)
		if err != nil || os.TempDir() != dir {
			t.Fatalf("%v, %s", err, os.TempDir())
		}
		if err := r.restore(); err != nil {
			t.Fatal(err)
		}
		if got, set := os.LookupEnv("TMPDIR"); got != old || set != (old != "") {
			t.Errorf("TMPDIR is %q, was %q", got, old)
		}
	}
}

func TestGarbagePolicy(t *testing.T) {
	p := gcPolicy(t.TempDir(), 0)
	if len(p) != 1 || !p[0].All || p[0].MaxUsedSpace <= 0 || p[0].MaxUsedSpace > 40e9 || p[0].MinFreeSpace <= 0 {
		t.Errorf("%+v", p)
	}
	if p := gcPolicy(t.TempDir(), 1e6); p[0].MaxUsedSpace != 1e6 {
		t.Errorf("%+v", p)
	}
	if p := gcPolicy("/nowhere", 0); p[0].MaxUsedSpace != 40e9 || p[0].MinFreeSpace != 2e9 {
		t.Errorf("%+v", p)
	}
}

// TestGarbageIsCollected builds more than it may keep.
func TestGarbageIsCollected(t *testing.T) {
	rootAndRunc(t)
	w, state := enginetest.NewWorld(t), t.TempDir()
	e, err := Open(t.Context(), Options{StateDir: state, Mirrors: w.Mirrors(), Helper: w.Tool, MaxBytes: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dir := t.TempDir()
	var sizes []int64
	for i := range 4 {
		if err := os.WriteFile(filepath.Join(dir, "big"), slices.Repeat([]byte{byte('a' + i)}, 12<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Build(t.Context(), engine.Request{Context: dir, Name: "Dockerfile", Dockerfile: []byte("FROM scratch\nCOPY big /big\n")}); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, snapshotBytes(t, state))
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if now := snapshotBytes(t, state); slices.Max(sizes) < 24<<20 || now > 13<<20 {
		t.Errorf("kept %d bytes after builds of %v", now, sizes)
	}
}

func snapshotBytes(t *testing.T, state string) (sum int64) {
	t.Helper()
	_ = filepath.WalkDir(filepath.Join(state, workerDir, "snapshots"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // files vanish under the walk, which is the point
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
