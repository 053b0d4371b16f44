package optimize

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// A trial is one candidate built and compared with the original.
type trial struct {
	result *engine.Result // nil when it does not build
	parity diag.Parity
	broken *engine.StepError // the step that failed, when it does not build
}

// holds tells whether the candidate may be kept: it builds, nothing differs and
// nothing that had to be judged was left unjudged.
func (t *trial) holds() bool { return t.broken == nil && t.parity.Verdict == diag.Same }

// why says in one sentence why the candidate may not be kept, and its label.
func (t *trial) why() (reason, label string) {
	if t.broken != nil {
		return "the candidate does not build: " + t.broken.Error(), buildLabel(t.broken)
	}
	if len(t.parity.Differences) > 0 {
		d := t.parity.Differences[0]
		return strings.TrimSpace(d.Check+" "+d.Path) + ": " + d.Reason + sides(d), d.Label
	}
	for _, level := range t.parity.Levels {
		for _, n := range level.NotRun {
			if !n.Decides {
				continue
			}
			return fmt.Sprintf("parity could not be judged: %s: %s", n.Check, n.Why), "A5"
		}
	}
	return "parity could not be judged", "A5"
}

// sides quotes what the two images answered, where both did.
func sides(d diag.Difference) string {
	if d.Old == "" || d.New == "" {
		return ""
	}
	return fmt.Sprintf(" (old %q, new %q)", d.Old, d.New)
}

// buildLabel is the failure catalogue's label of a build that a change broke.
func buildLabel(e *engine.StepError) string {
	if e.Step.Kind == engine.Pull {
		return "A3"
	}
	return "B17"
}

// workbench tries candidates against one baseline and remembers the answers.
type workbench struct {
	builder  engine.Builder
	request  engine.Request // what every build has in common
	layout   Layout
	baseline *engine.Result
	verify   Verify
	dir      string // scratch directory for image layouts
	log      func(purpose string, r *engine.Result, err error)
	tried    map[string]*trial
}

// build builds one state of the files.
func (w *workbench) build(ctx context.Context, files Files, purpose string, cold bool) (*engine.Result, error) {
	req := w.layout.request(w.request, files)
	req.NoCache = cold
	req.Output = filepath.Join(w.dir, fmt.Sprintf("%.12s-%s", files.Key(), purposeDir(cold)))
	result, err := w.builder.Build(ctx, req)
	w.log(purpose, result, err)
	return result, err
}

func purposeDir(cold bool) string {
	if cold {
		return "cold"
	}
	return "trial"
}

// try builds and verifies once per distinct state of the files.
func (w *workbench) try(ctx context.Context, d Draft, n int, purpose string) (*trial, error) {
	files := d.States[n]
	key := files.Key()
	if t := w.tried[key]; t != nil {
		return t, nil
	}
	t := &trial{}
	result, err := w.build(ctx, files, purpose, false)
	var step *engine.StepError
	switch {
	case errors.As(err, &step):
		t.broken = step
	case err != nil:
		return nil, fmt.Errorf("build of the candidate: %w", err)
	default:
		t.result = result
		if t.parity, err = w.verify(ctx, Build{d.States[0], w.baseline}, Build{files, result}, d.Changes[:n]); err != nil {
			return nil, fmt.Errorf("parity: %w", err)
		}
	}
	w.tried[key] = t
	return t, nil
}
