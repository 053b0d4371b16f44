//go:build !linux

// Package embedded is BuildKit inside careen's own process, on Linux. Elsewhere it
// only says so.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/careenhq/careen/internal/engine"
)

// Options are those of Linux.
type Options struct {
	StateDir string
	MaxBytes int64
	Mirrors  map[string][]string
	Helper   string
	Log      io.Writer
}

// Open fails: containers need Linux.
func Open(context.Context, Options) (engine.Engine, error) {
	return nil, errors.New("the embedded builder runs on Linux only; name a BuildKit with --builder")
}

// OpenFresh fails like Open.
func OpenFresh(ctx context.Context, o Options) (engine.Engine, error) { return Open(ctx, o) }

// ChildVerb is the hidden verb of Linux.
const ChildVerb = "embedded-builder"

// Child fails like Open.
func Child(_ context.Context, _ io.Reader, out io.Writer) int {
	fmt.Fprintln(out, "the embedded builder runs on Linux only")
	return 2
}
