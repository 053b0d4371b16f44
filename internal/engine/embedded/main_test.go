//go:build linux

package embedded

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestMain lets the test binary stand in for other processes: careen's own child,
// a separate BuildKit, and a careen to be killed.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case ChildVerb:
			os.Exit(Child(ctx, os.Stdin, os.Stdout))
		case daemonVerb:
			os.Exit(daemon(ctx, os.Args[2]))
		case victimVerb:
			os.Exit(victim(ctx, os.Args[2]))
		}
	}
	os.Exit(m.Run())
}
