package careen

import (
	"context"
	"fmt"
	"io"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"

	"github.com/careenhq/careen/internal/engine"
)

// A Display draws what a builder does as `docker build` draws it: BuildKit's own
// display for terminals. One Display is one piece of work. It may be fed from
// several builds at once.
type Display struct {
	status chan *client.SolveStatus
	done   chan struct{}
}

// NewDisplay begins to draw on a terminal; what names the piece of work, as in
// "build the original". An error means that out is no terminal.
func NewDisplay(out io.Writer, what string) (*Display, error) {
	ui, err := progressui.NewDisplay(out, progressui.TtyMode, progressui.WithPhase(what))
	if err != nil {
		return nil, fmt.Errorf("display: %w", err)
	}
	d := &Display{status: make(chan *client.SolveStatus), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		// It ends when the channel closes; warnings reach the user as findings.
		_, _ = ui.UpdateFrom(context.Background(), d.status)
	}()
	return d, nil
}

// Event draws what BuildKit said last. Events of engines that are no BuildKit are
// ignored.
func (d *Display) Event(e engine.Event) {
	if s, ok := e.Raw.(*client.SolveStatus); ok {
		d.status <- s
	}
}

// Close draws the last state, which stays on the terminal. Nothing may be fed to
// the display afterwards.
func (d *Display) Close() {
	close(d.status)
	<-d.done
}
