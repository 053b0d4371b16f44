package probe

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain lets the test binary stand in for careen in a process of its own,
// since changing the root cannot be undone.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "chroot" || os.Args[1] == "run") {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestChrootRunsACommandInTheOtherRoot(t *testing.T) {
	linuxOnly(t)
	if os.Geteuid() != 0 {
		if os.Getenv("CAREEN_TEST_REQUIRE") == "all" {
			t.Fatal("needs root")
		}
		t.Skip("needs root to change the root")
	}
	// The other root is this machine's own tree, so that there is a shell in it.
	command := exec.Command(os.Args[0], "chroot", "-C", "/usr", "/", "--", "sh", "-c", "pwd; exit 7")
	var out bytes.Buffer
	command.Stdout = &out
	err := command.Run()
	if command.ProcessState.ExitCode() != 7 || strings.TrimSpace(out.String()) != "/usr" {
		t.Errorf("exit %v, said %q; want exit 7 from /usr", err, out.String())
	}
}
