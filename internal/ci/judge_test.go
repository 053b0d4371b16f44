package ci

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/careenhq/careen/diag"
)

// built is a build of 200 MB in three layers of its own over a base.
func built(deps int64) *diag.Build {
	b := &diag.Build{
		Layers: []diag.Layer{
			{Bytes: diag.Bytes{Compressed: 30e6, Unpacked: 80e6}, Base: true},
			{Bytes: diag.Bytes{Compressed: 10e6, Unpacked: 20e6}, Instruction: "COPY . .", Line: 4},
			{Bytes: diag.Bytes{Compressed: deps / 3, Unpacked: deps}, Instruction: "RUN npm ci", Line: 5},
			{Bytes: diag.Bytes{Compressed: 10e6, Unpacked: 40e6}, Instruction: "RUN npm run build", Line: 6},
		},
		Steps: []diag.Step{{Name: "RUN npm ci", Line: 5, Seconds: 30}, {Name: "RUN npm run build", Line: 6, Seconds: 10}},
	}
	for _, l := range b.Layers {
		b.Bytes.Compressed += l.Bytes.Compressed
		b.Bytes.Unpacked += l.Bytes.Unpacked
	}
	return b
}

func check(t *testing.T, g diag.Gate, name string) diag.GateCheck {
	t.Helper()
	i := slices.IndexFunc(g.Checks, func(c diag.GateCheck) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no check %q in %+v", name, g.Checks)
	}
	return g.Checks[i]
}

// TestSizeRegression seeds layers that grow the image by 10 % and expects the
// gate to name each.
func TestSizeRegression(t *testing.T) {
	for line := range 3 {
		before, after := built(60e6), built(60e6)
		l := &after.Layers[line+1]
		l.Bytes.Unpacked += before.Bytes.Unpacked / 10
		after.Bytes.Unpacked += before.Bytes.Unpacked / 10
		g := Judge(Input{Before: before, After: after, Dockerfile: "Dockerfile"})
		c := check(t, g, "disk")
		if g.Passed || c.State != diag.GateFailed {
			t.Errorf("10 %% more in %s: %s", l.Instruction, c.State)
		}
		if c.Worst == nil || c.Worst.Name != l.Instruction || c.Worst.Line != l.Line || c.Worst.By() != 20e6 {
			t.Errorf("10 %% more in %s: blames %+v", l.Instruction, c.Worst)
		}
		if len(g.Top) == 0 || g.Top[0].Name != l.Instruction {
			t.Errorf("top %+v", g.Top)
		}
	}
}

// TestBlame: instructions that were edited keep their place, what is new or gone
// is told so, and the base is named.
func TestBlame(t *testing.T) {
	before, after := built(60e6), built(60e6)
	after.Layers[2].Instruction = "RUN npm ci --include=dev"
	after.Layers[2].Bytes.Unpacked += 5e6
	after.Layers[0].Bytes.Unpacked += 9e6
	after.Layers = append(after.Layers, diag.Layer{Bytes: diag.Bytes{Unpacked: 1e6}, Instruction: "ADD data /", Line: 9})
	after.Bytes.Unpacked += 15e6
	in := Input{Before: before, After: after, Dockerfile: "Dockerfile"}
	got := map[string]float64{}
	for _, g := range in.grown(diag.DiskBytes) {
		got[g.Name] = g.By()
	}
	want := map[string]float64{"base image": 9e6, "COPY . .": 0, "RUN npm ci --include=dev": 5e6, "RUN npm run build": 0, "ADD data /": 1e6}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("grown by %v, want %v", got, want)
	}
	if w := in.worst(diag.DiskBytes); w == nil || w.Name != baseImage {
		t.Errorf("worst %+v", w)
	}
}

// timed are builds of 60 s in turns: after takes factor times as long, and either
// side is off by up to ±10 %.
func timed(rng *rand.Rand, pairs int, factor float64) []diag.Scenario {
	noisy := func(v float64) float64 { return v * (0.9 + 0.2*rng.Float64()) }
	var old, now []float64
	for range pairs {
		old, now = append(old, noisy(60)), append(now, noisy(60*factor))
	}
	m := measured(now)
	return []diag.Scenario{{Name: "cold", Old: measured(old), New: &m}}
}

func measured(samples []float64) diag.Measurement {
	s := slices.Sorted(slices.Values(samples))
	return diag.Measurement{Quantity: diag.ColdSeconds, Samples: samples, Median: s[len(s)/2], Low: s[0], High: s[len(s)-1]}
}

// TestNoise: ±10 % of noise without a change passes 20 of 20 times, a slowdown by
// 40 % under the same noise fails 20 of 20 and names the step.
func TestNoise(t *testing.T) {
	before, after := built(60e6), built(60e6)
	after.Steps[0].Seconds *= 1.6
	for _, pairs := range []int{minPairs, 8} {
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, uint64(pairs)))
			same := Judge(Input{Before: before, After: before, Scenarios: timed(rng, pairs, 1)})
			if c := check(t, same, "cold"); !same.Passed || c.State == diag.GateFailed || c.Pairs != pairs {
				t.Errorf("seed %d, %d pairs: noise alone %s: %+v", seed, pairs, c.State, c)
			}
			slow := Judge(Input{Before: before, After: after, Scenarios: timed(rng, pairs, 1.4)})
			c := check(t, slow, "cold")
			if slow.Passed || c.State != diag.GateFailed {
				t.Errorf("seed %d, %d pairs: 40 %% slower %s: %+v", seed, pairs, c.State, c)
			} else if c.Worst == nil || c.Worst.Name != "RUN npm ci" {
				t.Errorf("seed %d: blames %+v", seed, c.Worst)
			}
		}
	}
}

// TestBounds: the bounds hold what they promise, over noise that is neither small
// nor even: each is wrong in no more than about 5 of 100 cases.
func TestBounds(t *testing.T) {
	const trials, truth = 4000, 0.25
	for _, pairs := range []int{5, 7, 12} {
		rng := rand.New(rand.NewPCG(1, uint64(pairs)))
		above, below := 0, 0
		for range trials {
			before, after := make([]float64, pairs), make([]float64, pairs)
			for i := range pairs {
				before[i] = 10 + 4*rng.ExpFloat64()
				after[i] = (10 + 4*rng.ExpFloat64()) * (1 + truth)
			}
			_, low, high, ok := change(before, after)
			if !ok {
				t.Fatal("not judged")
			}
			if low > truth {
				above++
			}
			if high < truth {
				below++
			}
		}
		if max(above, below) > trials*6/100 {
			t.Errorf("%d pairs: of %d lower bounds %d lie above the truth, of the upper ones %d below", pairs, trials, above, below)
		}
		if above+below < trials/100 {
			t.Errorf("%d pairs: the bounds are wrong in %d of %d cases: too wide to be of use", pairs, above+below, trials)
		}
	}
}

// TestRank holds the ranks against the published table of the signed-rank test
// (one-sided, 5 %).
func TestRank(t *testing.T) {
	for n, want := range map[int]int{5: 0, 6: 2, 7: 3, 8: 5, 9: 8, 10: 10, 15: 30, 20: 60} {
		if got := rank(n); got != want {
			t.Errorf("rank(%d) = %d, want %d", n, got, want)
		}
	}
}

// TestNeverASingleRun: what cannot be judged is said not to be, and is no pass
// where careen.yaml asks for it.
func TestNeverASingleRun(t *testing.T) {
	b := built(60e6)
	one := []diag.Scenario{{Name: "cold", Old: measured([]float64{60}), New: &diag.Measurement{Samples: []float64{600}, Median: 600, Low: 600, High: 600}}}
	g := Judge(Input{Before: b, After: b, Scenarios: one})
	if c := check(t, g, "cold"); c.State != diag.GateNotJudged || !g.Passed || !strings.HasPrefix(c.Why, "1 run; 5 are needed") {
		t.Errorf("one run: %+v", c)
	}
	g = Judge(Input{Before: b, After: b, Scenarios: one, Limits: map[string]Limit{"cold": {Growth: 0.2}}, Allowed: "somebody"})
	if g.Passed {
		t.Error("a limit of careen.yaml that was not judged must not pass, nor be allowed")
	}
	alone := []diag.Scenario{{Name: "cold", Old: measured([]float64{60, 61, 62, 63, 64})}}
	g = Judge(Input{After: b, Scenarios: alone, Limits: map[string]Limit{"cold": {Max: 50}}})
	if c := check(t, g, "cold"); c.State != diag.GateFailed {
		t.Errorf("60 s with a limit of 50 s: %+v", c)
	}
}

func TestAbsoluteLimitsAndOverride(t *testing.T) {
	b := built(60e6)
	in := Input{Before: b, After: b, Limits: map[string]Limit{"disk": {Max: 150e6}}}
	g := Judge(in)
	if c := check(t, g, "disk"); g.Passed || c.State != diag.GateFailed || c.Growth != 0.05 {
		t.Errorf("200 MB with a limit of 150 MB: %+v", c)
	}
	in.Allowed = "label allow-regression"
	if g := Judge(in); !g.Passed || g.Allowed != in.Allowed || check(t, g, "disk").State != diag.GateFailed {
		t.Errorf("allowed: %+v", g)
	}
	in.Limits = nil
	if g := Judge(in); g.Allowed != "" {
		t.Error("nothing to allow, and yet somebody is named")
	}
}

// TestLittle: a build that is slower beyond doubt, by less than anyone waits, is
// no failure.
func TestLittle(t *testing.T) {
	old, now := []float64{.50, .51, .52, .53, .54}, measured([]float64{.70, .71, .72, .73, .74})
	in := Input{Before: built(1), After: built(1), Scenarios: []diag.Scenario{{Name: "no-change", Old: measured(old), New: &now}}}
	if c := check(t, Judge(in), "no_change"); c.State != diag.GatePassed || c.Low < 0.1 {
		t.Errorf("%+v", c)
	}
}
