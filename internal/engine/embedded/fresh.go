//go:build linux

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/careenhq/careen/internal/engine"
)

// freshPattern names the directories of engines that forget everything.
const freshPattern = "fresh-*"

// OpenFresh opens an engine that holds nothing, in a directory of its own beside the
// state of the usual one, and that forgets everything when it is closed. What a
// killed one left is removed first.
func OpenFresh(ctx context.Context, o Options) (engine.Engine, error) {
	state, err := stateDir(o.StateDir)
	if err != nil {
		return nil, err
	}
	parent := filepath.Dir(state)
	clearFresh(parent)
	if o.StateDir, err = os.MkdirTemp(parent, freshPattern); err != nil {
		return nil, fmt.Errorf("embedded builder: %w", explain(err))
	}
	e, err := Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(o.StateDir))
	}
	return &fresh{e, o.StateDir}, nil
}

// fresh is an engine and the directory that goes with it.
type fresh struct {
	engine.Engine
	dir string
}

// Close ends the engine and removes what it kept.
func (f *fresh) Close() error {
	if p, ok := f.Engine.(engine.Pruner); ok {
		_ = p.Prune(context.Background(), false) // of an ordinary user, some of it belongs to other ids
	}
	return errors.Join(f.Engine.Close(), os.RemoveAll(f.dir))
}

// clearFresh removes directories that no process holds any more.
func clearFresh(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, freshPattern))
	for _, dir := range left {
		held, err := acquire(filepath.Join(dir, "lock"))
		if err != nil {
			continue // in use
		}
		_ = sweep(dir)
		_ = os.RemoveAll(dir)
		_ = held.release()
	}
}
