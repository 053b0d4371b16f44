package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// A Scenario is a kind of build.
type Scenario string

// The scenarios. Base images are present in all of them.
const (
	Cold         Scenario = "cold"          // no layer cache, empty cache mounts
	NoChange     Scenario = "no-change"     // the same build once more
	SourceEdit   Scenario = "source-edit"   // one source file changed
	ManifestEdit Scenario = "manifest-edit" // the dependency manifest changed, its dependencies not
)

// Scenarios lists all scenarios in the order in which they are run.
func Scenarios() []Scenario { return []Scenario{Cold, NoChange, SourceEdit, ManifestEdit} }

// ParseScenario reads a scenario's name.
func ParseScenario(name string) (Scenario, error) {
	if s := Scenario(name); slices.Contains(Scenarios(), s) {
		return s, nil
	}
	return "", fmt.Errorf("unknown scenario %q; there are cold, no-change, source-edit, manifest-edit and, for bench, ci", name)
}

func (s Scenario) quantity() diag.Quantity {
	switch s {
	case NoChange:
		return diag.NoChangeSeconds
	case SourceEdit:
		return diag.SourceSeconds
	case ManifestEdit:
		return diag.ManifestSeconds
	}
	return diag.ColdSeconds
}

// errNotRun ends a scenario that this project does not allow.
type errNotRun struct{ why string }

func (e errNotRun) Error() string { return e.why }

// scenario runs one scenario and records it. Only a cold build that fails ends the
// benchmark: after an edit a failure may be the edit's fault.
func (r *runner) scenario(ctx context.Context, s Scenario) error {
	d := diag.Scenario{Name: string(s)}
	samples, err := r.samples(ctx, s, &d)
	var failure *Failure
	var skip errNotRun
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &skip):
		d.Criterion = "not run: " + skip.why
	case errors.As(err, &failure) && (s == SourceEdit || s == ManifestEdit):
		d.Criterion = "not run: with the edit, " + failure.Error()
	case err != nil:
		return err
	default:
		judge(&d, s.quantity(), samples)
	}
	r.found = append(r.found, d)
	return nil
}

// sample is the timed builds of one subject in one scenario.
type sample struct {
	seconds  []float64
	warnings []string
}

func (s *sample) warn(text string) {
	if !slices.Contains(s.warnings, text) {
		s.warnings = append(s.warnings, text)
	}
}

func (r *runner) samples(ctx context.Context, s Scenario, d *diag.Scenario) ([]sample, error) {
	edit, err := r.edit(ctx, s)
	if err != nil {
		return nil, err
	}
	if edit != nil {
		d.Edited = edit.path
		defer edit.undo()
	}
	samples := make([]sample, len(r.Subjects))
	for round := range r.Runs {
		for _, i := range order(len(r.Subjects), round) {
			r.Say(fmt.Sprintf("%s: %s, run %d of %d", s, r.Subjects[i].Name, round+1, r.Runs))
			result, err := r.once(ctx, s, i, edit)
			if err != nil {
				return nil, err
			}
			samples[i].seconds = append(samples[i].seconds, result.Duration.Seconds())
			samples[i].check(s, result)
		}
	}
	for i, subject := range r.Subjects {
		if s == Cold && fetches(subject.Request) {
			samples[i].warn("what ADD takes from a URL is asked for again but not fetched again: a first build takes longer")
		}
	}
	return samples, nil
}

// order lets the subjects take turns at going first.
func order(subjects, round int) []int {
	if subjects == 1 {
		return []int{0}
	}
	if round%2 == 0 {
		return []int{0, 1}
	}
	return []int{1, 0}
}

func (r *runner) once(ctx context.Context, s Scenario, i int, edit *edit) (*engine.Result, error) {
	subject := r.Subjects[i]
	req := subject.Request
	req.NoCache = s == Cold
	if edit != nil {
		if err := edit.make(r.token.next()); err != nil {
			return nil, fmt.Errorf("edit of %s: %w", edit.path, err)
		}
		req = r.tree.request(req)
	}
	result, err := r.build(ctx, subject, req, fmt.Sprintf("%s %s", s, subject.Name))
	if err != nil {
		return nil, err
	}
	if s == Cold {
		r.cold[i] = append(r.cold[i], result)
	}
	// Sizes are read from the first image of each subject; the others only fill
	// the disk.
	if s != Cold || len(r.cold[i]) > 1 {
		if err := os.RemoveAll(result.Image.Layout); err != nil {
			return nil, fmt.Errorf("scratch directory: %w", err)
		}
	}
	return result, nil
}

// check says so when a build did not do what its scenario is about.
func (s *sample) check(kind Scenario, result *engine.Result) {
	var ran []string
	reused := ""
	for _, step := range result.Steps {
		text := instruction(step.Name)
		switch {
		case step.Kind != engine.Instruction:
		case !step.Cached:
			ran = append(ran, text)
		case strings.HasPrefix(text, "RUN "):
			// WORKDIR comes from the cache even with no-cache, and costs nothing.
			reused = text
		}
	}
	switch {
	case kind == Cold && reused != "":
		s.warn("a step came from the cache although none was to be used: " + reused)
	case kind == NoChange && len(ran) > 0:
		s.warn(fmt.Sprintf("%d steps ran again although nothing changed, the first: %s", len(ran), ran[0]))
	case (kind == SourceEdit || kind == ManifestEdit) && len(ran) == 0:
		s.warn("no step ran again: the build does not read the edited file")
	}
}

// build builds once into a directory of its own and enters it into the ledger.
func (r *runner) build(ctx context.Context, s Subject, req engine.Request, purpose string) (*engine.Result, error) {
	r.counter++
	req.Output = filepath.Join(r.dir, fmt.Sprintf("image-%d", r.counter))
	if req.Compression == "" {
		req.Compression = engine.Gzip
	}
	result, err := r.Builder.Build(ctx, req)
	run := diag.BuildRun{Purpose: purpose}
	if err != nil {
		run.Failed, _, _ = strings.Cut(err.Error(), "\n")
		r.ledger = append(r.ledger, run)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Failure{s.Name, err}
	}
	run.Seconds = result.Duration.Seconds()
	for _, step := range result.Steps {
		if step.Kind == engine.Instruction {
			run.Steps++
			if step.Cached {
				run.Cached++
			}
		}
	}
	r.ledger = append(r.ledger, run)
	return result, nil
}
