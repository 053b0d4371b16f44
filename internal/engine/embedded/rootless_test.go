//go:build linux

package embedded

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
)

func TestHasRange(t *testing.T) {
	const text = "# comment\nother:100000:65536\nme:165536:65536\n1001:1:1\n"
	for who, want := range map[[2]string]bool{{"me", "7"}: true, {"nobody", "1001"}: true, {"m", "8"}: false, {"", ""}: false} {
		if got := hasRange(text, who[0], who[1]); got != want {
			t.Errorf("%q: %v", who, got)
		}
	}
}

func TestRootlessNamesWhatIsMissing(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	says(t, rootlessReady(), "to work without root", "not in PATH", "apt-get install", "--builder")
	for _, program := range []string{"rootlesskit", "newuidmap", "newgidmap"} {
		if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\n"), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile("/etc/subuid")
	if hasRange(string(text), me.Username, me.Uid) {
		t.Skip("this user has a range of ids")
	}
	says(t, rootlessReady(), "range of ids for "+me.Username, "/etc/subuid", "usermod --add-subuids", "--builder")
}

func TestSocketPathFits(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("x", 120))} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path, cleanup, err := socketPath(dir)
		if err != nil || len(path) > maxSocket {
			t.Fatalf("%s, %v", path, err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		cleanup()
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}

func TestChildIsForCareenAlone(t *testing.T) {
	var out bytes.Buffer
	if code := Child(t.Context(), strings.NewReader(""), &out); code != 2 || !strings.Contains(out.String(), "careen itself") {
		t.Errorf("%d, %q", code, out.String())
	}
}

// rootlessUser makes an ordinary user with a range of ids for the test.
func rootlessUser(t *testing.T) *user.User {
	t.Helper()
	for _, program := range []string{"rootlesskit", "newuidmap", "newgidmap", "useradd", "userdel"} {
		if _, err := exec.LookPath(program); err != nil {
			unable(t, "the rootless engine is tried with "+program)
		}
	}
	name := fmt.Sprintf("careen%d", os.Getpid())
	home := t.TempDir()
	if out, err := exec.Command("useradd", "--home-dir", home, "--no-create-home", name).CombinedOutput(); err != nil {
		unable(t, fmt.Sprintf("cannot make a user: %v: %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("userdel", name).CombinedOutput(); err != nil {
			t.Errorf("userdel: %v: %s", err, out)
		}
	})
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile("/etc/subuid"); !hasRange(string(text), u.Username, u.Uid) {
		if out, err := exec.Command("usermod", "--add-subuids", "300000-365535", "--add-subgids", "300000-365535", name).CombinedOutput(); err != nil {
			unable(t, fmt.Sprintf("cannot give a range of ids: %v: %s", err, out))
		}
	}
	return u
}

const insideVariable = "CAREEN_TEST_ROOTLESS"

// TestRootless is the conformance suite once more, by a process of an ordinary user.
func TestRootless(t *testing.T) {
	rootAndRunc(t)
	u := rootlessUser(t)
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	own := func(path string) {
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	// Directories of the test are root's; the user gets one that all may enter.
	home, err := os.MkdirTemp("", "careen-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	own(home)
	copyProgram(t, os.Args[0], filepath.Join(home, "engine.test"), 0o755)
	binary := filepath.Join(home, "tool")
	copyProgram(t, enginetest.BuildTool(t), binary, 0o755)

	cmd := exec.Command(filepath.Join(home, "engine.test"), "-test.run=^TestInsideRootless$", "-test.v", "-test.timeout=150s")
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "USER=" + u.Username, insideVariable + "=" + binary, "XDG_RUNTIME_DIR=" + home}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, Setpgid: true}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInsideRootless") {
		t.Errorf("%v\n%s", err, out)
	}
	if left := processesOf(uid); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
}

func copyProgram(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, mode); err != nil {
		t.Fatal(err)
	}
}

// processesOf are the command lines of a user's processes, a second after the
// last was asked to end.
func processesOf(uid int) (found []string) {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		found = nil
		dirs, _ := filepath.Glob("/proc/[0-9]*")
		for _, dir := range dirs {
			info, err := os.Stat(dir)
			if err != nil {
				continue
			}
			if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) == uid {
				line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
				found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
			}
		}
		if len(found) == 0 {
			return nil
		}
	}
	return found
}

// TestInsideRootless runs as the ordinary user that TestRootless makes.
func TestInsideRootless(t *testing.T) {
	binary := os.Getenv(insideVariable)
	if binary == "" {
		t.Skip("runs inside TestRootless")
	}
	w := enginetest.NewWorldOf(t, binary)
	e, err := Open(t.Context(), Options{Mirrors: w.Mirrors(), Helper: w.Tool})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	if info, err := e.Info(t.Context()); err != nil || !strings.Contains(info.Detail, "rootless") {
		t.Errorf("%+v, %v", info, err)
	}
	if _, ok := e.(engine.MemoryLimiter); ok {
		t.Error("a rootless engine claims to limit memory")
	}
	if _, err := Open(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("a second one: %v", err)
	}
	enginetest.Run(t, w, e)
}
