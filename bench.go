package careen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/bench"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/report"
)

// BenchOptions say what Bench measures. Project and Engine are required.
type BenchOptions struct {
	Project   *project.Project
	Engine    engine.Engine
	Secrets   []engine.Secret
	Against   string   // another Dockerfile of the same context, or another directory with a Dockerfile, measured in alternation; empty: none
	Scenarios []string // "cold", "no-change", "source-edit", "manifest-edit"; nil: all of these; or RunnerScenario
	Runners   RunnerOptions
	Save      bool   // write baseline.json below EvidenceDir of the project
	Command   string // as the user typed it, for the record
	Say       func(string)
	Events    func(engine.Event)
	Now       func() time.Time // nil: time.Now
}

// Bench measures the builds of a project, and with Against those of a second
// Dockerfile beside them. It changes no file of the project, but for the baseline
// with Save.
func Bench(ctx context.Context, o BenchOptions) (*diag.Document, error) {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the documented zero value
	}
	began := o.Now()
	scenarios, runners, err := userScenarios(o.Scenarios)
	if err != nil {
		return nil, err
	}
	subjects, err := o.subjects(o.Project)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "careen-bench-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(dir)
	res, err := o.run(ctx, subjects, scenarios, dir)
	if err != nil {
		return nil, err
	}
	var fleet *diag.Runners
	if runners {
		if fleet, err = o.runners(ctx, subjects, dir); err != nil {
			return nil, err
		}
	}
	d := o.document(o.Project, res, began)
	d.Runners = fleet
	if o.Save {
		return d, saveBaseline(o.Project.Dir, d)
	}
	return d, nil
}

// run measures on the user's own builder. With no scenario for it there is nothing to
// measure, and the result tells of the place alone.
func (o BenchOptions) run(ctx context.Context, subjects []bench.Subject, scenarios []bench.Scenario, dir string) (*bench.Result, error) {
	if scenarios != nil && len(scenarios) == 0 {
		environment, err := bench.Environment(ctx, o.Engine, o.Project.Settings.Platform)
		return &bench.Result{Environment: environment}, err
	}
	res, err := bench.Run(ctx, bench.Options{
		Builder: o.Engine, Subjects: subjects, Scenarios: scenarios, Runs: o.Project.Settings.Runs, Dir: dir, Say: o.Say,
	})
	if err != nil {
		return nil, benchError(err, len(subjects))
	}
	return res, nil
}

// userScenarios takes fresh runners out of the names. What is left is nil when none was
// named at all, which means all, and empty when only fresh runners were.
func userScenarios(names []string) (rest []bench.Scenario, runners bool, err error) {
	left := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == RunnerScenario })
	if runners = len(left) < len(names); runners && len(left) == 0 {
		return []bench.Scenario{}, true, nil
	}
	rest, err = parseScenarios(left)
	return rest, runners, err
}

func parseScenarios(names []string) ([]bench.Scenario, error) {
	var scenarios []bench.Scenario
	for _, name := range names {
		s, err := bench.ParseScenario(name)
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// subjects are the project's own build and, with Against, the other one.
func (o BenchOptions) subjects(p *project.Project) ([]bench.Subject, error) {
	if p.Dir == "" {
		return nil, errors.New("bench needs a build context: give a directory, not -")
	}
	req := engine.Request{
		Context: p.Dir, Dockerfile: p.Dockerfile.Source, Name: p.Path, Target: p.Settings.Target, BuildArgs: p.Settings.BuildArgs,
		Platform: p.Settings.Platform, Secrets: o.Secrets, Ignore: ignoreText(p.Context.Ignore()), Events: o.Events,
	}
	subjects := []bench.Subject{{Name: p.Path, Request: req}}
	if o.Against == "" {
		return subjects, nil
	}
	dir, file := p.Dir, o.Against
	if info, err := os.Stat(o.Against); err == nil && info.IsDir() {
		dir, file = o.Against, ""
	}
	other, err := project.Load(dir, project.Options{File: file})
	if err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	req.Context, req.Dockerfile, req.Name, req.Ignore = other.Dir, other.Dockerfile.Source, other.Path, ignoreText(other.Context.Ignore())
	return append(subjects, bench.Subject{Name: other.Path, Request: req}), nil
}

func ignoreText(ignore *buildctx.Ignore) *string {
	if ignore == nil {
		return nil
	}
	text := string(ignore.Source)
	return &text
}

// benchError drops the subject's name where there is only one, as the engine's
// error begins with the Dockerfile already.
func benchError(err error, subjects int) error {
	var failure *bench.Failure
	var step *engine.StepError
	if errors.As(err, &failure) && (subjects == 1 || errors.As(err, &step)) {
		return failure.Err
	}
	return err
}

func (o BenchOptions) document(p *project.Project, res *bench.Result, began time.Time) *diag.Document {
	d := &diag.Document{
		Schema: diag.SchemaVersion, Outcome: diag.Unchanged, Reason: "measured; nothing was to be changed",
		Project: p.Name(), Dockerfile: p.Path, Target: p.Settings.Target,
		Tool: "careen " + Version(), Command: o.Command, Started: began.UTC(), Seconds: o.Now().Sub(began).Seconds(),
		Environment: res.Environment, Scenarios: res.Scenarios,
		Parity: diag.Parity{Verdict: diag.Unknown}, Builds: res.Ledger, Warnings: append(res.Warnings, frontendNote(p)...),
	}
	if len(res.Builds) > 0 {
		d.Baseline = &res.Builds[0]
	}
	if len(res.Builds) > 1 {
		d.Candidate = &res.Builds[1]
	}
	return d
}

// EvidenceDir is where a project keeps what careen measured of it.
const EvidenceDir = "docs/proposals/docker-image-speed"

// saveBaseline writes the document to baseline.json below EvidenceDir and enters
// the file into it. Links that lead out of the project are not followed.
func saveBaseline(dir string, d *diag.Document) error {
	name := path.Join(EvidenceDir, "baseline.json")
	d.Files = append(d.Files, name)
	var text bytes.Buffer
	if err := report.JSON(&text, *d); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.FromSlash(EvidenceDir), 0o755); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	if err := root.WriteFile(filepath.FromSlash(name), text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	return nil
}
