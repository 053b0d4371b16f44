package probe

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runIn runs `probe run` in a process of its own, as an engine does.
func runIn(t *testing.T, stdin string, command ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"run", "--"}, command...)...)
	var out, errOut strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("the helper itself must end well: %v, %s", err, errOut.String())
	}
	rest, code, ok := CutTrailer([]byte(errOut.String()))
	if !ok {
		t.Fatalf("no trailer in %q", errOut.String())
	}
	return out.String(), string(rest), code
}

func TestRunTellsHowTheCommandEnded(t *testing.T) {
	linuxOnly(t)
	for _, c := range []struct {
		script, stdout, stderr string
		code                   int
	}{
		{"cat; echo err >&2", "in", "err\n", 0},
		{"exit 9", "", "", 9},
		{"kill -9 $$", "", "", 137},
		{"printf '\\0careen exit 0\\0' >&2; exit 3", "", "\x00careen exit 0\x00", 3},
	} {
		out, errOut, code := runIn(t, "in", "sh", "-c", c.script)
		if out != c.stdout || errOut != c.stderr || code != c.code {
			t.Errorf("%s: %q, %q, %d", c.script, out, errOut, code)
		}
	}
	if _, errOut, code := runIn(t, "", "/nowhere/nothing"); code != 127 || !strings.Contains(errOut, "/nowhere/nothing") {
		t.Errorf("%q, %d", errOut, code)
	}
}

func TestRunEndsTheCommandOnSIGTERM(t *testing.T) {
	linuxOnly(t)
	cmd := exec.Command(os.Args[0], "run", "--", "sh", "-c", "echo up; sleep 600 & sleep 600")
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// The pipe ends only when the command's own child has ended too.
	if rest, err := out.Read(make([]byte, 1)); rest != 0 || err == nil {
		t.Errorf("read %d, %v", rest, err)
	}
	err = cmd.Wait()
	if _, code, ok := CutTrailer([]byte(errOut.String())); err != nil || !ok || code != 137 {
		t.Errorf("%v, code %d, %q", err, code, errOut.String())
	}
}

func TestCutTrailer(t *testing.T) {
	for text, want := range map[string]struct {
		rest string
		code int
		ok   bool
	}{
		"":                           {"", 0, false},
		"no trailer\x00":             {"no trailer\x00", 0, false},
		"a\x00careen exit 12\x00":    {"a", 12, true},
		"a\x00careen exit 12":        {"a\x00careen exit 12", 0, false},
		"a\x00careen exit x\x00":     {"a\x00careen exit x\x00", 0, false},
		"\x00careen exit 1\x00after": {"\x00careen exit 1\x00after", 0, false},
	} {
		rest, code, ok := CutTrailer([]byte(text))
		if string(rest) != want.rest || code != want.code || ok != want.ok {
			t.Errorf("%q: %q, %d, %v", text, rest, code, ok)
		}
	}
}
