package careen

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/bench"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/optimize"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/restage"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/verify"
)

// OptimizeOptions are what an optimisation is given.
type OptimizeOptions struct {
	Project   *project.Project
	Engine    engine.Engine
	Secrets   []engine.Secret
	Command   string   // as the user typed it, for the report
	Attribute bool     // isolate what each kept change brought
	Scenarios []string // as BenchOptions.Scenarios
	Say       func(string)
	Events    func(engine.Event)
}

// Optimized is the outcome: the document, and the files to write when something
// improved.
type Optimized struct {
	Document diag.Document
	Files    map[string][]byte // changed ones, relative to the project
}

// Optimize measures, rewrites, rebuilds, proves and attributes. It writes nothing
// into the project.
func Optimize(ctx context.Context, o OptimizeOptions) (*Optimized, error) {
	p := o.Project
	if p.Dir == "" || p.Rel == "" {
		return nil, fmt.Errorf("%s: optimize needs a Dockerfile inside its build context", p.Path)
	}
	scratch, err := os.MkdirTemp("", "careen-optimize-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	request := buildRequest(p, o)
	w := &wiring{OptimizeOptions: o, scratch: scratch, request: request, exists: map[string]bool{}, sizes: &bench.Sizer{}, opened: &opened{}}
	original, layout, err := originalFiles(p)
	if err != nil {
		return nil, err
	}
	if w.scenarios, err = parseScenarios(o.Scenarios); err != nil {
		return nil, err
	}
	result, err := optimize.Run(ctx, optimize.Config{
		Original: original, Layout: layout, Request: request, Builder: o.Engine,
		Verify: w.verify, Measure: w.measure, Analyse: w.analyse, Describe: w.describe,
		Attribute: o.Attribute, Dir: scratch, Say: o.Say,
	})
	if err != nil {
		return nil, err
	}
	doc := result.Document
	if result.Failed != nil {
		doc.Failure = FailureOf(result.Failed)
	}
	doc.Project, doc.Dockerfile, doc.Target = p.Name(), p.Rel, p.Settings.Target
	doc.Tool, doc.Command = "careen "+Version(), o.Command
	if doc.Environment, err = bench.Environment(ctx, o.Engine, p.Settings.Platform); err != nil {
		return nil, err
	}
	doc.Environment.Bases = w.bases
	doc.Warnings = append(doc.Warnings, frontendNote(p)...)
	doc.Criteria = criteria(&doc, p.Config.Goals)
	out := &Optimized{Document: doc, Files: map[string][]byte{}}
	for _, name := range result.Files.Changed(original) {
		out.Files[name] = result.Files[name]
	}
	return out, nil
}

func buildRequest(p *project.Project, o OptimizeOptions) engine.Request {
	return engine.Request{
		Context: p.Dir, Name: p.Path, Target: p.Settings.Target, BuildArgs: p.Settings.BuildArgs,
		Platform: p.Settings.Platform, Secrets: o.Secrets, Events: o.Events,
	}
}

// originalFiles are the files that careen may rewrite, as they are.
func originalFiles(p *project.Project) (optimize.Files, optimize.Layout, error) {
	layout := optimize.Layout{Dockerfile: p.Rel, Ignore: p.IgnorePath}
	if layout.Ignore == "" {
		layout.Ignore = ".dockerignore"
	}
	files := optimize.Files{p.Rel: p.Dockerfile.Source}
	text, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(layout.Ignore)))
	if err == nil {
		files[layout.Ignore] = text
	} else if !os.IsNotExist(err) {
		return nil, layout, fmt.Errorf("ignore file: %w", err)
	}
	return files, layout, nil
}

// wiring connects the loop to the packages that do the work.
type wiring struct {
	OptimizeOptions
	scratch  string
	request  engine.Request
	original *engine.Result
	exists   map[string]bool
	bases    map[string]string
	sizes    *bench.Sizer
	measured *rule.Evidence // of the original's build; nil until asked for
	opened   *opened

	scenarios []bench.Scenario
}

// analyse looks at the built original and lists the proposers in the order in
// which their changes are made.
func (w *wiring) analyse(ctx context.Context, original *engine.Result) ([]optimize.Proposer, error) {
	w.original = original
	im, tree, err := w.opened.read(ctx, original.Image)
	if err != nil {
		return nil, err
	}
	facts := gatherFacts(ctx, w.Project, original, im, tree)
	var proposers []optimize.Proposer
	for _, r := range beforeStages() {
		proposers = append(proposers, w.rule(r))
	}
	proposers = append(proposers, w.restage(ctx, facts))
	for _, r := range afterStages() {
		proposers = append(proposers, w.rule(r))
	}
	return proposers, nil
}

// restage proposes a runtime stage for the file as it stands.
func (w *wiring) restage(ctx context.Context, facts *restage.Facts) optimize.Proposer {
	return func(files optimize.Files, refused func(string) bool) ([]diag.Change, error) {
		file := dockerfile.Parse(files[w.Project.Rel])
		s := w.Project.Settings
		if s.Target != "" && file.Final(s.Target) != file.Final("") {
			w.say("no runtime stage: " + s.Target + " is not the last stage of the Dockerfile")
			return nil, nil // nothing can be appended to it
		}
		p := restage.Propose(file, facts, restage.Options{
			Path: w.Project.Rel, Original: finalBase(file, settings{s.Target, s.BuildArgs}),
			Exists: func(ref string) bool { return w.available(ctx, ref) }, Refused: refused,
		})
		if p.Change == nil {
			w.say("no runtime stage: " + p.Reason)
			return nil, nil
		}
		return []diag.Change{*p.Change}, nil
	}
}

func (w *wiring) say(line string) {
	if w.Say != nil {
		w.Say(line)
	}
}

// available tells whether a base can be had here and the project allows it.
func (w *wiring) available(ctx context.Context, ref string) bool {
	if !allowed(ref, w.Project.Config.Bases) {
		return false
	}
	if yes, known := w.exists[ref]; known {
		return yes
	}
	_, err := w.Engine.Resolve(ctx, ref, w.Project.Settings.Platform)
	w.exists[ref] = err == nil
	return err == nil
}

func allowed(ref string, policy project.Bases) bool {
	match := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := filepath.Match(pattern, ref)
			return err == nil && ok || pattern == ref
		})
	}
	return !match(policy.Deny) && (len(policy.Allow) == 0 || match(policy.Allow))
}

// verify compares a candidate with the original.
func (w *wiring) verify(ctx context.Context, older, newer optimize.Build, changes []diag.Change) (diag.Parity, error) {
	o := projectChecks(w.Project)
	for _, c := range changes {
		o.Explained = append(o.Explained, c.Leaves...)
	}
	return verify.Run(ctx, w.Engine, w.subject(older), w.subject(newer), o)
}

func (w *wiring) subject(b optimize.Build) verify.Subject {
	s := settings{w.Project.Settings.Target, w.Project.Settings.BuildArgs}
	base := baseConfig(dockerfile.Parse(b.Files[w.Project.Rel]), s, b.Result)
	return verify.Subject{Image: b.Result.Image, Base: base, Read: w.opened.read}
}

// measure times old and new.
func (w *wiring) measure(ctx context.Context, older engine.Request, newer *engine.Request) (*optimize.Measured, error) {
	subjects := []bench.Subject{{Name: "original", Request: older}}
	if newer != nil {
		subjects = append(subjects, bench.Subject{Name: "candidate", Request: *newer})
	}
	res, err := bench.Run(ctx, bench.Options{
		Builder: w.Engine, Subjects: subjects, Scenarios: w.scenarios, Runs: w.Project.Settings.Runs, Dir: w.scratch, Sizes: w.sizes, Say: w.Say,
	})
	if err != nil {
		return nil, err
	}
	w.bases = res.Environment.Bases
	m := &optimize.Measured{Old: res.Builds[0], Scenarios: res.Scenarios, Warnings: res.Warnings, Ledger: res.Ledger}
	if newer != nil {
		m.New = &res.Builds[1]
	}
	return m, nil
}

func (w *wiring) describe(result *engine.Result) (diag.Build, error) {
	return w.sizes.ToBuild([]*engine.Result{result})
}

// projectChecks adds what the project's own files ask of a container.
func projectChecks(p *project.Project) verify.Options {
	o, smoke := verifyOptions(p.Config), p.Smoke()
	for _, h := range smoke.HTTP {
		o.HTTP = append(o.HTTP, verify.HTTPCheck{Path: h.Path, Port: h.Port})
	}
	for _, k := range smoke.Commands {
		o.Commands = append(o.Commands, verify.Command{Name: k.Name, Run: k.Run})
	}
	for _, k := range smoke.Beside {
		o.Beside = append(o.Beside, verify.Command{Name: k.Name, Run: k.Run})
	}
	if services := p.Services(); len(services) > 0 { // further ones may start it in another way
		for _, key := range slices.Sorted(maps.Keys(services[0].Environment)) {
			o.EnvHints = append(o.EnvHints, key+"="+services[0].Environment[key])
		}
	}
	return o
}

// verifyOptions are the conditions that careen.yaml sets for the comparison.
func verifyOptions(c project.Config) verify.Options {
	o := verify.Options{
		Args: c.Run.Args, Network: c.Run.Network, User: c.Run.User, ReadOnly: c.Run.ReadOnly, Tmpfs: c.Run.Tmpfs, Memory: int64(c.Run.Memory),
		Ready: verify.Ready{Port: c.Run.Ready.Port, Path: c.Run.Ready.Path, Log: c.Run.Ready.Log}, Timeout: time.Duration(c.Run.Timeout),
	}
	for key, value := range c.Run.Env {
		o.Env = append(o.Env, key+"="+value)
	}
	slices.Sort(o.Env)
	for _, h := range c.Checks.HTTP {
		o.HTTP = append(o.HTTP, verify.HTTPCheck{Method: h.Method, Path: h.Path, Port: h.Port, Headers: h.Headers, Body: h.Body, Status: h.Status})
	}
	for _, k := range c.Checks.Commands {
		o.Commands = append(o.Commands, verify.Command{Name: k.Name, Args: k.Args, Run: k.Run, Stdin: k.Stdin})
	}
	for _, t := range c.Tests {
		o.Tests = append(o.Tests, verify.Test{Name: t.Name, Args: t.Run, Env: testEnv(c), Tools: t.In == project.InTools})
	}
	return o
}

// testEnv tells a test where the image under test listens: at the port that
// careen.yaml names first.
func testEnv(c project.Config) []string {
	port := c.Run.Ready.Port
	for _, h := range c.Checks.HTTP {
		port = cmp.Or(port, h.Port)
	}
	if port == 0 {
		return nil
	}
	return []string{fmt.Sprintf("CAREEN_URL=http://127.0.0.1:%d", port)}
}

// criteria are the project's goals, or careen's own, and whether they are met.
func criteria(doc *diag.Document, goals project.Goals) []diag.Criterion {
	if doc.Baseline == nil || doc.Candidate == nil {
		return nil
	}
	cold, size := 25.0, 30.0
	if goals.Cold > 0 {
		cold = float64(goals.Cold)
	}
	if goals.Size > 0 {
		size = float64(goals.Size)
	}
	before, after := doc.Baseline, doc.Candidate
	faster := percent(before.ColdSeconds.Median, after.ColdSeconds.Median)
	smaller := percent(float64(before.Bytes.Unpacked), float64(after.Bytes.Unpacked))
	list := []diag.Criterion{
		{Name: "cold build time", Target: fmt.Sprintf("at least %.0f %% less", cold), Actual: lessOrMore(faster), Met: faster >= cold},
		{Name: "image size (unpacked)", Target: fmt.Sprintf("at least %.0f %% less", size), Actual: lessOrMore(smaller), Met: smaller >= size},
	}
	if goals.MaxSize > 0 {
		list[1].Target += fmt.Sprintf(", or at most %.0f MB", float64(goals.MaxSize)/1e6)
		list[1].Met = list[1].Met || after.Bytes.Unpacked <= int64(goals.MaxSize)
	}
	switch {
	case len(before.ColdSeconds.Samples) == 0:
		list[0].Met, list[0].Actual = false, "not measured"
	case !list[0].Met:
		list[0].Note = bound(after)
	}
	return append(list, diag.Criterion{
		Name: "functional parity", Target: "no difference", Actual: fmt.Sprintf("%s, %d differences", doc.Parity.Verdict, len(doc.Parity.Differences)),
		Met: doc.Parity.Verdict == diag.Same,
	})
}

// lessOrMore says in words what a percentage saved means: a negative one is more.
func lessOrMore(saved float64) string {
	if text := fmt.Sprintf("%.1f", math.Abs(saved)); saved < 0 && text != "0.0" {
		return text + " % more"
	}
	return fmt.Sprintf("%.1f %% less", math.Abs(saved))
}

func percent(before, after float64) float64 {
	if before == 0 {
		return 0
	}
	return 100 * (before - after) / before
}

// bound names the steps that the cold build's time is spent in.
func bound(b *diag.Build) string {
	steps := slices.Clone(b.Steps)
	slices.SortFunc(steps, func(x, y diag.Step) int { return int(1000 * (y.Seconds - x.Seconds)) })
	var parts []string
	for _, s := range steps[:min(2, len(steps))] {
		parts = append(parts, fmt.Sprintf("%s (%.1f s)", s.Name, s.Seconds))
	}
	return "bounded by " + strings.Join(parts, " and ") + fmt.Sprintf("; export %.1f s", b.ExportSecs)
}
