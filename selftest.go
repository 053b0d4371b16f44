package careen

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/mutant"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/verify"
)

// SelfTestOptions say whose mutants the comparison is tested with. Project, Engine and
// Image are required.
type SelfTestOptions struct {
	Project *project.Project // as VerifyOptions.Project
	Engine  engine.Engine
	Image   string          // as VerifyOptions.Old
	Wider   *project.Config // workload that judges what survives; nil: none, survivors count as missed
	PerKind int             // mutants of each kind; 0: 3
	Secrets []engine.Secret
	Say     func(string)
	Events  func(engine.Event)
	Now     func() time.Time // nil: time.Now
}

// SelfTest derives mutants of an image and tells which of them the comparison finds.
// The levels that run nothing are asked about every mutant, the others about those that
// passed them. What survives is run under the wider workload: only a mutant that
// answers all of that like the original is called equivalent.
func SelfTest(ctx context.Context, o SelfTestOptions) (*diag.SelfTest, error) {
	scratch, err := os.MkdirTemp("", "careen-selftest-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the documented zero value
	}
	began := o.Now()
	t := &selfTest{SelfTestOptions: o, checks: projectChecks(o.Project), layout: filepath.Join(scratch, "mutants"), result: diag.SelfTest{Image: o.Image}}
	if err := t.open(ctx, filepath.Join(scratch, "original")); err != nil {
		return nil, err
	}
	if err := t.stable(ctx); err != nil {
		return nil, err
	}
	mutants, err := mutant.All(ctx, t.image, t.tree, cmp.Or(o.PerKind, defaultPerKind))
	if err != nil {
		return nil, err
	}
	for i, m := range mutants {
		t.tell(fmt.Sprintf("mutant %d of %d: %s", i+1, len(mutants), m))
		if err := t.judge(ctx, m); err != nil {
			return nil, fmt.Errorf("mutant %q: %w", m, err)
		}
	}
	t.result.Share = 1
	if n := t.result.Caught + t.result.Missed; n > 0 {
		t.result.Share = float64(t.result.Caught) / float64(n)
	}
	t.result.Seconds = o.Now().Sub(began).Seconds()
	return &t.result, nil
}

// defaultPerKind keeps a self-test of an ordinary image within minutes.
const defaultPerKind = 3

// selfTest is one self-test at work.
type selfTest struct {
	SelfTestOptions
	checks   verify.Options
	layout   string // of the original and of the mutants that are run, layers shared
	original verify.Subject
	image    *image.Image
	tree     *image.Tree
	result   diag.SelfTest
}

func (t *selfTest) tell(line string) {
	if t.Say != nil {
		t.Say(line)
	}
}

// open reads the image and stores its layers unpacked, so that reading them again for
// every mutant takes little.
func (t *selfTest) open(ctx context.Context, output string) error {
	s := &subjects{project: t.Project, builder: t.Engine, secrets: t.Secrets, say: t.Say, events: t.Events}
	given, err := s.open(ctx, t.Image, output)
	if err != nil {
		return err
	}
	im, err := image.OpenLayout(given.Image.Layout, given.Image.Digest)
	if err != nil {
		return err
	}
	digest, err := im.Save(ctx, t.layout)
	if err != nil {
		return err
	}
	if t.image, err = image.OpenLayout(t.layout, digest); err != nil {
		return err
	}
	if t.tree, err = t.image.Tree(ctx); err != nil {
		return err
	}
	t.original = verify.Subject{Image: engine.Image{Layout: t.layout, Digest: digest}, Base: given.Base, Read: held(t.image, t.tree)}
	return nil
}

// held gives an image that is open already.
func held(im *image.Image, tree *image.Tree) func(context.Context, engine.Image) (*image.Image, *image.Tree, error) {
	return func(context.Context, engine.Image) (*image.Image, *image.Tree, error) { return im, tree, nil }
}

// stable holds that the original passes against itself: otherwise every mutant would
// seem to be caught.
func (t *selfTest) stable(ctx context.Context) error {
	t.tell("compare the image with itself")
	p, err := verify.Run(ctx, t.Engine, t.original, t.original, t.checks)
	if err != nil {
		return err
	}
	if len(p.Differences) > 0 {
		d := p.Differences[0]
		return fmt.Errorf("the image differs from itself, so mutants cannot be judged: %s: %s", strings.TrimSpace(d.Check+" "+d.Path), d.Reason)
	}
	return nil
}

// judge tries one mutant.
func (t *selfTest) judge(ctx context.Context, m mutant.Mutant) error {
	im, tree, err := t.tree.Edited(ctx, m.Edit)
	if err != nil {
		return err
	}
	subject := verify.Subject{Base: t.original.Base, Read: held(im, tree)}
	out := diag.Mutant{Kind: m.Kind, What: m.What, Label: m.Label, Fate: diag.Missed}
	defer func() { t.count(out) }()
	seen, err := verify.Run(ctx, nil, t.original, subject, t.checks)
	if err != nil || t.note(&out, seen) {
		return err
	}
	digest, err := im.Save(ctx, t.layout)
	if err != nil {
		return err
	}
	subject.Image = engine.Image{Layout: t.layout, Digest: digest}
	if seen, err = verify.Run(ctx, t.Engine, t.original, subject, t.checks); err != nil || t.note(&out, seen) || t.Wider == nil {
		return err
	}
	if seen, err = verify.Run(ctx, t.Engine, t.original, subject, verifyOptions(*t.Wider)); err != nil {
		return err
	}
	switch {
	case len(seen.Differences) > 0:
		out.By = "the wider workload tells it apart: " + oneLine(seen.Differences[0])
	case seen.Verdict == diag.Same:
		out.Fate = diag.Equivalent
	}
	return nil
}

// note records what the levels that ran made of a mutant, and whether one found it.
func (t *selfTest) note(out *diag.Mutant, seen diag.Parity) bool {
	found := map[string]bool{}
	for _, d := range seen.Differences {
		found[d.Level] = true
	}
	for _, l := range seen.Levels {
		if len(l.Checked) == 0 {
			continue
		}
		at := t.level(l.Name)
		at.Judged++
		if found[l.Name] {
			at.Found++
		}
	}
	if len(seen.Differences) == 0 {
		return false
	}
	d := seen.Differences[0]
	out.Fate, out.Level, out.By = diag.Caught, d.Level, oneLine(d)
	t.level(d.Level).First++
	return true
}

func oneLine(d diag.Difference) string {
	line := strings.TrimSpace(d.Check+" "+d.Path) + ": " + d.Reason
	if d.Old+d.New != "" {
		line += fmt.Sprintf(" (%q, %q)", d.Old, d.New)
	}
	return line
}

func (t *selfTest) level(name string) *diag.LevelPower {
	for i := range t.result.Levels {
		if t.result.Levels[i].Name == name {
			return &t.result.Levels[i]
		}
	}
	t.result.Levels = append(t.result.Levels, diag.LevelPower{Name: name})
	return &t.result.Levels[len(t.result.Levels)-1]
}

func (t *selfTest) count(m diag.Mutant) {
	t.result.Mutants = append(t.result.Mutants, m)
	switch m.Fate {
	case diag.Caught:
		t.result.Caught++
	case diag.Equivalent:
		t.result.Equivalent++
	default:
		t.result.Missed++
	}
}
