package careen

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/ci"
	"github.com/careenhq/careen/internal/project"
)

// GateOptions say what CheckGate judges. Project and Results are required.
type GateOptions struct {
	Project  *project.Project
	Results  string // document of this build, as `bench -f json` and `optimize -f json` write it
	Baseline string // document of the target branch, a directory that holds one, or oci:// and an image that one is attached to; "": Results has both builds
	Allowed  string // who allows a regression; "" when nobody does
	Evidence string // URL of the full record
}

// CheckGate judges a build by careen.yaml and by the build of the target branch.
func CheckGate(ctx context.Context, o GateOptions) (*diag.Gate, error) {
	now, err := readDocument(o.Results)
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	in := ci.Input{
		Project: now.Project, Limits: limits(o.Project.Config.Gate), After: newest(now), Scenarios: now.Scenarios, Changes: now.Changes,
		Dockerfile: cmp.Or(o.Project.Rel, o.Project.Path), Evidence: o.Evidence, Allowed: o.Allowed,
	}
	if in.After == nil {
		return nil, fmt.Errorf("results: %s: holds no build: %s", o.Results, now.Reason)
	}
	if in.Before, in.Baseline, err = o.before(ctx, now); err != nil {
		return nil, err
	}
	g := ci.Judge(in)
	return &g, nil
}

// before is the build of the target branch, and what it is in words.
func (o GateOptions) before(ctx context.Context, now *diag.Document) (*diag.Build, string, error) {
	if o.Baseline == "" {
		if now.Candidate == nil {
			return nil, "no baseline", nil
		}
		return now.Baseline, "the build measured beside it", nil
	}
	d, file, err := o.baseline(ctx)
	if err != nil {
		return nil, "", err
	}
	if d.Project != now.Project || d.Target != now.Target {
		return nil, "", fmt.Errorf("baseline: %s was measured of %s, the results of %s: not an artifact of this project", file, subject(d), subject(now))
	}
	b := newest(d)
	if b == nil {
		return nil, "", fmt.Errorf("baseline: %s: holds no build: %s", file, d.Reason)
	}
	return b, "the baseline of " + d.Started.UTC().Format(time.DateOnly), nil
}

// baseline reads the document of the target branch and says where it was.
func (o GateOptions) baseline(ctx context.Context) (d *diag.Document, from string, err error) {
	if image, ok := strings.CutPrefix(o.Baseline, referrerScheme); ok {
		d, err = attachedResults(ctx, image)
		from = "what is attached to " + image
	} else {
		if from, err = findDocument(o.Baseline); err != nil {
			return nil, "", err
		}
		d, err = readDocument(from)
	}
	if err != nil {
		return nil, "", fmt.Errorf("baseline: %w", err)
	}
	return d, from, nil
}

func subject(d *diag.Document) string {
	if d.Target != "" {
		return fmt.Sprintf("%q (stage %q)", d.Project, d.Target)
	}
	return fmt.Sprintf("%q", d.Project)
}

// newest is the build that a document ended with.
func newest(d *diag.Document) *diag.Build {
	if d.Candidate != nil {
		return d.Candidate
	}
	return d.Baseline
}

// findDocument is the file itself, or the one baseline.json or results.json in a
// directory: an artifact may lie one level deeper than asked for.
func findDocument(name string) (string, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("baseline: %s does not exist; `careen bench --save` on the target branch makes one", name)
	case err != nil:
		return "", fmt.Errorf("baseline: %w", err)
	case !info.IsDir():
		return name, nil
	}
	for _, base := range []string{"baseline.json", "results.json"} {
		for _, pattern := range []string{base, filepath.Join("*", base)} {
			found, err := fs.Glob(os.DirFS(name), filepath.ToSlash(pattern))
			if err != nil {
				return "", fmt.Errorf("baseline: %w", err)
			}
			if len(found) > 1 {
				return "", fmt.Errorf("baseline: %s holds several: %s; name one", name, strings.Join(found, ", "))
			}
			if len(found) == 1 {
				return filepath.Join(name, filepath.FromSlash(found[0])), nil
			}
		}
	}
	return "", fmt.Errorf("baseline: %s holds no baseline.json and no results.json", name)
}

// maxDocument is the size up to which a document is read.
const maxDocument = 64 << 20

// readDocument reads a document that may come from anywhere.
func readDocument(name string) (*diag.Document, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decodeDocument(f, name)
}

// decodeDocument reads a document under the name by which errors call it.
func decodeDocument(r io.Reader, name string) (*diag.Document, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxDocument {
		return nil, fmt.Errorf("%s: larger than %d MB", name, maxDocument>>20)
	}
	d := &diag.Document{}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("%s: not a document of careen: %w", name, err)
	}
	if d.Schema != diag.SchemaVersion {
		return nil, fmt.Errorf("%s: schema %q, want %q: not a document of this careen", name, d.Schema, diag.SchemaVersion)
	}
	return d, nil
}

// limits are those that careen.yaml sets.
func limits(g project.Gate) map[string]ci.Limit {
	set := map[string]ci.Limit{}
	add := func(name string, most, growth float64) {
		if most > 0 || growth > 0 {
			set[name] = ci.Limit{Max: most, Growth: growth / 100}
		}
	}
	bytes := func(name string, l project.SizeLimit) { add(name, float64(l.Max), float64(l.Growth)) }
	seconds := func(name string, l project.TimeLimit) { add(name, time.Duration(l.Max).Seconds(), float64(l.Growth)) }
	bytes("disk", g.Disk)
	bytes("pull", g.Pull)
	seconds("cold", g.Cold)
	seconds("no_change", g.NoChange)
	seconds("source_edit", g.SourceEdit)
	seconds("manifest_edit", g.ManifestEdit)
	return set
}
