package buildkit

import (
	"slices"
	"time"

	"github.com/moby/buildkit/client"
)

// spans are stretches of time that may overlap.
type spans [][2]time.Time

// add takes the time of a vertex that has ended.
func (s *spans) add(v *client.Vertex) {
	if v.Started != nil && v.Completed != nil {
		*s = append(*s, [2]time.Time{*v.Started, *v.Completed})
	}
}

// duration is how long at least one of them lasted.
func (s spans) duration() (sum time.Duration) {
	slices.SortFunc(s, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	var end time.Time
	for _, at := range s {
		if at[0].After(end) {
			end = at[0]
		}
		if at[1].After(end) {
			sum += at[1].Sub(end)
			end = at[1]
		}
	}
	return sum
}
