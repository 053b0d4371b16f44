package optimize

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/careenhq/careen/diag"
)

// method is printed beside every attributed figure.
const method = "changes added one after the other, in plan order; one cold build each"

// attribute isolates what each kept change brought: it builds the states between
// the original and the candidate cold, once each, and takes the difference between
// neighbours. Both ends are the measured medians, so the parts add up to the whole.
// A difference of seconds within the spread of the measured ends is not notable.
func (r *run) attribute(ctx context.Context, d Draft, kept []diag.Change, m *Measured) error {
	costs := []cost{costOf(m.Old)}
	for i := 1; i < len(kept); i++ {
		r.sayf("attribute: %s", kept[i-1].Title)
		result, err := r.bench.build(ctx, d.States[i], "attribute: "+kept[i-1].ID, true)
		if err != nil {
			return fmt.Errorf("attribution build: %w", err)
		}
		b, err := r.Describe(result)
		if err != nil {
			return fmt.Errorf("attribution: %w", err)
		}
		b.ColdSeconds.Median = result.Duration.Seconds()
		costs = append(costs, costOf(b))
		if err := os.RemoveAll(result.Image.Layout); err != nil {
			return fmt.Errorf("attribution: %w", err)
		}
	}
	costs = append(costs, costOf(*m.New))
	noise := math.Max(m.Old.ColdSeconds.High-m.Old.ColdSeconds.Low, m.New.ColdSeconds.High-m.New.ColdSeconds.Low)
	for i := range kept {
		kept[i].Saved = costs[i].minus(costs[i+1], noise)
	}
	return nil
}

// cost is what one state of the files costs.
type cost struct{ seconds, pulled, disk float64 }

func costOf(b diag.Build) cost {
	return cost{b.ColdSeconds.Median, float64(b.Bytes.Compressed), float64(b.Bytes.Unpacked)}
}

// byteNoise is how far two builds of the same files may lie apart in bytes:
// timestamps and logs compress differently from build to build.
const byteNoise = 0.001

func (c cost) minus(next cost, noise float64) []diag.Saving {
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
