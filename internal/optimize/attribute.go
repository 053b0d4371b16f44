package optimize

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// How a figure was isolated, printed beside it.
const (
	method      = "changes added one after the other, in plan order; one cold build each"
	methodJoint = "does not build without the change after it; counted there"
	methodBoth  = "together with the change before it, which does not build alone"
)

// attribute isolates what each kept change brought: it builds the states between
// the original and the candidate cold, once each, and takes the difference between
// neighbours. Both ends are the measured medians, so the parts add up to the whole.
// A difference of seconds within the spread of the measured ends is not notable.
// A change without whose successor nothing builds is counted with that successor.
func (r *run) attribute(ctx context.Context, d Draft, kept []diag.Change, m *Measured) error {
	costs := []cost{costOf(m.Old)}
	for i := 1; i < len(kept); i++ {
		r.sayf("attribute: %s", kept[i-1].Title)
		next, err := r.price(ctx, d.States[i], "attribute: "+kept[i-1].ID)
		var step *engine.StepError
		switch {
		case errors.As(err, &step):
			next = costs[i-1]
			next.joint = true
		case err != nil:
			return fmt.Errorf("attribution: %w", err)
		}
		costs = append(costs, next)
	}
	costs = append(costs, costOf(*m.New))
	noise := math.Max(m.Old.ColdSeconds.High-m.Old.ColdSeconds.Low, m.New.ColdSeconds.High-m.New.ColdSeconds.Low)
	for i := range kept {
		kept[i].Saved = costs[i].minus(costs[i+1], noise)
	}
	return nil
}

// price builds one state of the files cold and tells what it costs.
func (r *run) price(ctx context.Context, files Files, purpose string) (cost, error) {
	result, err := r.bench.build(ctx, files, purpose, true)
	if err != nil {
		return cost{}, err
	}
	b, err := r.Describe(result)
	if err != nil {
		return cost{}, err
	}
	b.ColdSeconds.Median = result.Duration.Seconds()
	return costOf(b), os.RemoveAll(result.Image.Layout)
}

// cost is what one state of the files costs.
type cost struct {
	seconds, pulled, disk float64
	joint                 bool // the state does not build: it is priced as the one before
}

func costOf(b diag.Build) cost {
	return cost{seconds: b.ColdSeconds.Median, pulled: float64(b.Bytes.Compressed), disk: float64(b.Bytes.Unpacked)}
}

// byteNoise is how far two builds of the same files may lie apart in bytes:
// timestamps and logs compress differently from build to build.
const byteNoise = 0.001

func (c cost) minus(next cost, noise float64) []diag.Saving {
	method := method
	switch {
	case next.joint:
		method = methodJoint
	case c.joint:
		method = methodBoth
	}
	bytes := func(q diag.Quantity, before, after float64) diag.Saving {
		return diag.Saving{Quantity: q, Before: before, After: after, Samples: 1, Method: method,
			Notable: math.Abs(before-after) > byteNoise*before}
	}
	return []diag.Saving{
		bytes(diag.DiskBytes, c.disk, next.disk),
		bytes(diag.PulledBytes, c.pulled, next.pulled),
		{Quantity: diag.ColdSeconds, Before: c.seconds, After: next.seconds, Samples: 1, Method: method,
			Notable: math.Abs(c.seconds-next.seconds) > noise},
	}
}
