package careen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/repro"
	"github.com/careenhq/careen/internal/verify"
)

// ReproOptions say what Repro builds. Project and Engine are required.
type ReproOptions struct {
	Project *project.Project
	Engine  engine.Engine
	Secrets []engine.Secret
	Given   *time.Time // SOURCE_DATE_EPOCH that the project is built with already; nil: none
	Fix     bool       // make the changes and prove them by another pair of builds
	Costs   bool       // with Fix: time what they cost later builds
	Say     func(string)
	Events  func(engine.Event)
}

// fixedDate is the SOURCE_DATE_EPOCH of a project that has none of its own: the
// first date that a zip archive can hold. One that never moves keeps every step cached.
const fixedDate = 315532800

// Repro builds a project twice under different conditions and says what is not the
// same. It writes nothing into the project.
func Repro(ctx context.Context, o ReproOptions) (*repro.Result, error) {
	p := o.Project
	if p.Dir == "" {
		return nil, errors.New("repro needs a build context: give a directory, not -")
	}
	scratch, err := os.MkdirTemp("", "careen-repro-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	epoch := time.Unix(fixedDate, 0)
	if o.Given != nil {
		epoch = *o.Given
	}
	res, err := repro.Run(ctx, repro.Options{
		Builder: o.Engine, Context: p.Context, Dir: scratch, Epoch: epoch, Fix: o.Fix, Costs: o.Costs, Say: o.Say,
		Request: engine.Request{
			Context: p.Dir, Dockerfile: p.Dockerfile.Source, Name: p.Path, Target: p.Settings.Target, BuildArgs: p.Settings.BuildArgs,
			Platform: p.Settings.Platform, Secrets: o.Secrets, Ignore: ignoreText(p.Context.Ignore()), Epoch: o.Given, Events: o.Events,
		},
	})
	if err != nil {
		return nil, err
	}
	if err := o.compare(ctx, res); err != nil {
		return nil, err
	}
	name := dockerfileName(p)
	res.Patch = string(diff.Diff("a/"+name, p.Dockerfile.Source, "b/"+name, res.Text))
	return res, nil
}

// compare runs the fixed image beside the original, where the text was changed.
func (o ReproOptions) compare(ctx context.Context, res *repro.Result) error {
	if res.After == nil || string(res.Text) == string(o.Project.Dockerfile.Source) {
		return nil
	}
	if o.Say != nil {
		o.Say("compare how both images behave")
	}
	subject := func(t repro.Trial) verify.Subject {
		built := &engine.Result{Bases: t.Bases}
		with := settings{o.Project.Settings.Target, o.Project.Settings.BuildArgs}
		return verify.Subject{Image: t.Image, Base: baseConfig(o.Project.Dockerfile, with, built)}
	}
	parity, err := verify.Run(ctx, o.Engine, subject(res.Before), subject(*res.After), verifyOptions(o.Project.Config))
	if err != nil {
		return fmt.Errorf("compare with the original: %w", err)
	}
	res.Parity = &parity
	return excuse(ctx, res)
}

// excuse takes those differences off that two builds of the original have as well.
// What is left is never called the same for it: nobody compared those files by what
// reads them.
func excuse(ctx context.Context, res *repro.Result) error {
	p := res.Parity
	var left []diag.Difference
	for _, d := range p.Differences {
		alike, err := res.Alike(ctx, d.Path)
		if err != nil {
			return err
		}
		if !alike {
			left = append(left, d)
			continue
		}
		p.Notes = append(p.Notes, "L1: "+d.Path+" differs in metadata only, as between two builds of the original")
	}
	if p.Differences = left; len(left) == 0 && p.Verdict == diag.Different {
		p.Differences, p.Verdict = []diag.Difference{}, diag.Unknown
	}
	return nil
}
