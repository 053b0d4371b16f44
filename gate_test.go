package careen_test

import (
	"encoding/json"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/project"
)

// measuredExample is what was measured of an example.
func measuredExample(t *testing.T) diag.Document {
	t.Helper()
	text, err := os.ReadFile("examples/go-service/docs/proposals/docker-image-speed/results.json")
	if err != nil {
		t.Fatal(err)
	}
	var d diag.Document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// gate judges a document.
func gate(t *testing.T, d diag.Document, baseline string) (*diag.Gate, error) {
	t.Helper()
	p, err := project.Load("examples/go-service", project.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Config.Gate = project.Gate{} // careen's own limits
	return careen.CheckGate(t.Context(), careen.GateOptions{Project: p, Results: document(t, d), Baseline: baseline})
}

func document(t *testing.T, d diag.Document) string {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "results.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// paired makes samples of five builds in turns out of measured ones: each side is a
// measured time, off by up to ±10 %, and the second side takes factor times as long.
func paired(rng *rand.Rand, measured []float64, factor float64) diag.Scenario {
	var old, now []float64
	for range 5 {
		base := measured[rng.IntN(len(measured))]
		old = append(old, base*(0.9+0.2*rng.Float64()))
		now = append(now, base*factor*(0.9+0.2*rng.Float64()))
	}
	of := func(s []float64) diag.Measurement {
		in := slices.Sorted(slices.Values(s))
		return diag.Measurement{Quantity: diag.ColdSeconds, Samples: s, Median: in[2], Low: in[0], High: in[4]}
	}
	m := of(now)
	return diag.Scenario{Name: "cold", Old: of(old), New: &m}
}

// TestGateOnMeasuredTimes: with ±10 % of noise on times that were measured, no change
// passes 20 of 20 times, and a slowdown by 40 % fails 20 of 20.
func TestGateOnMeasuredTimes(t *testing.T) {
	d := measuredExample(t)
	same := *d.Candidate
	d.Baseline = &same
	measured := d.Candidate.ColdSeconds.Samples
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 4))
		d.Scenarios = []diag.Scenario{paired(rng, measured, 1)}
		if g, err := gate(t, d, ""); err != nil || !g.Passed || !judged(g, "cold") {
			t.Errorf("seed %d: noise alone: %+v, %v", seed, g, err)
		}
		d.Scenarios = []diag.Scenario{paired(rng, measured, 1.4)}
		if g, err := gate(t, d, ""); err != nil || g.Passed {
			t.Errorf("seed %d: 40 %% slower passed: %+v, %v", seed, g, err)
		}
	}
}

func judged(g *diag.Gate, name string) bool {
	return slices.ContainsFunc(g.Checks, func(c diag.GateCheck) bool { return c.Name == name && c.State != diag.GateNotJudged })
}

// TestGateNamesTheLayer: an image that is 10 % larger fails, and the layer that grew is
// named, whichever it is.
func TestGateNamesTheLayer(t *testing.T) {
	for i := range measuredExample(t).Candidate.Layers {
		d := measuredExample(t)
		before := *d.Candidate
		after := *d.Candidate
		after.Layers = slices.Clone(after.Layers)
		more := before.Bytes.Unpacked / 10
		after.Layers[i].Bytes.Unpacked += more
		after.Bytes.Unpacked += more
		d.Baseline, d.Candidate, d.Scenarios = &before, &after, nil
		g, err := gate(t, d, "")
		if err != nil || g.Passed {
			t.Fatalf("layer %d: %+v, %v", i, g, err)
		}
		want := after.Layers[i].Instruction
		if after.Layers[i].Base || want == "" {
			want = "base image"
		}
		if w := g.Checks[0].Worst; w == nil || w.Name != want || w.Line != after.Layers[i].Line {
			t.Errorf("layer %d: blames %+v, want %q in line %d", i, w, want, after.Layers[i].Line)
		}
	}
}

// TestBaselineInRegistry: a document is found beside the image it was measured of, the
// last of several, in a registry with the API for that and in one without.
func TestBaselineInRegistry(t *testing.T) {
	for kind, api := range map[string]bool{"referrers": true, "fallback tag": false} {
		t.Run(kind, func(t *testing.T) { testBaseline(t, api) })
	}
}

func testBaseline(t *testing.T, api bool) {
	server := httptest.NewServer(registry.New(registry.WithReferrersSupport(api), registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	image := host + "/app:main"
	push(t, image)
	if _, err := gate(t, measuredExample(t), "oci://"+image); err == nil || !strings.Contains(err.Error(), "careen ci attach "+image) {
		t.Errorf("an image without a baseline: %v", err)
	}
	d := measuredExample(t)
	for day, size := range []float64{1.5, 1} { // the later one is as large as the image
		old := measuredExample(t)
		old.Started = d.Started.Add(time.Duration(day) * 24 * time.Hour)
		old.Candidate.Bytes.Unpacked = int64(size * float64(old.Candidate.Bytes.Unpacked))
		if _, err := careen.AttachResults(t.Context(), image, document(t, old)); err != nil {
			t.Fatal(err)
		}
	}
	grown := measuredExample(t)
	grown.Candidate.Bytes.Unpacked += grown.Candidate.Bytes.Unpacked / 10
	g, err := gate(t, grown, "oci://"+image)
	if err != nil || g.Passed {
		t.Errorf("10 %% more than the last baseline passed: %+v, %v", g, err)
	}
	foreign := measuredExample(t)
	foreign.Project = "another"
	if _, err := gate(t, foreign, "oci://"+image); err == nil || !strings.Contains(err.Error(), "not an artifact of this project") {
		t.Errorf("a baseline of another project: %v", err)
	}
}

func push(t *testing.T, image string) {
	t.Helper()
	ref, err := name.ParseReference(image)
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(100, 1)
	if err == nil {
		err = remote.Write(ref, img)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestBaselineRefusals: a registry that is down, does not let one in, or has something
// else is told apart, in one line.
func TestBaselineRefusals(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer closed.Close()
	empty := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer empty.Close()
	for url, want := range map[string]string{gone.URL: "connection refused", closed.URL: "docker login", empty.URL: "no such image"} {
		image := strings.TrimPrefix(url, "http://") + "/app:main"
		for _, err := range []error{
			second(gate(t, measuredExample(t), "oci://"+image)), second(careen.AttachResults(t.Context(), image, document(t, measuredExample(t)))),
		} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), image) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
	if _, err := gate(t, measuredExample(t), "oci://UPPER:x:y"); err == nil {
		t.Error("no reference, and no error")
	}
}

func second[T any](_ T, err error) error { return err }
