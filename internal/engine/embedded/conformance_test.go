//go:build linux

package embedded

import (
	"os"
	"os/exec"
	"testing"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/engine/enginetest"
)

// unable skips a test, or fails it where every test is required.
func unable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CAREEN_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// rootAndRunc skips what needs them.
func rootAndRunc(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("runc"); err != nil || os.Geteuid() != 0 {
		unable(t, "the embedded engine needs runc and root")
	}
}

// openFor opens the engine on state of its own and closes it with the test.
func openFor(t *testing.T, w *enginetest.World) engine.Engine {
	t.Helper()
	e, err := Open(t.Context(), Options{StateDir: t.TempDir(), Mirrors: w.Mirrors(), Helper: w.Tool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestConformance(t *testing.T) {
	rootAndRunc(t)
	w := enginetest.NewWorld(t)
	enginetest.Run(t, w, openFor(t, w))
}
