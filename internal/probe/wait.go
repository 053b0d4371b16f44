package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// pollEvery is how often a waiting probe looks. Reading the socket tables of a
// container takes well under a millisecond.
const pollEvery = 10 * time.Millisecond

var errNotListening = errors.New("nothing listens")

// run polls until the conditions hold and the ports have settled, or time is up.
// The error then says what was still missing.
func (w *WaitRequest) run(ctx context.Context, proc procDir) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, max(w.Timeout, pollEvery))
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var settled, idle settling
	for {
		answer, err := w.look(ctx, proc)
		if err == nil && settled.since(fmt.Sprint(answer.Ports), time.Now()) >= w.Settle {
			return answer, nil
		}
		if err != nil {
			settled = settling{}
			used, busy := proc.ticks(os.Getpid())
			if busy {
				idle = settling{}
			}
			if quiet := idle.since(fmt.Sprint(used), time.Now()); w.Idle > 0 && quiet >= w.Idle {
				return answer, err
			}
		}
		select {
		case <-ctx.Done():
			if err == nil {
				return answer, nil // ready, if not yet settled
			}
			return answer, err
		case <-tick.C:
		}
	}
}

// look checks all conditions once.
func (w *WaitRequest) look(ctx context.Context, proc procDir) (a Answer, err error) {
	if a.Ports, err = proc.ports(); err != nil {
		return a, err
	}
	for _, port := range w.Ports {
		if !listens(a.Ports, port) {
			return a, fmt.Errorf("port %d does not listen", port)
		}
	}
	if w.HTTP != nil {
		if a.HTTP, err = w.HTTP.run(ctx); err != nil {
			return a, err
		}
		if a.HTTP.Status >= 500 {
			return a, fmt.Errorf("%s answers %d", w.HTTP.URL, a.HTTP.Status)
		}
	}
	anyPort := func(p Port) bool { return p.Network == "tcp" }
	if w.HTTP == nil && len(w.Ports) == 0 && !slices.ContainsFunc(a.Ports, anyPort) {
		return a, errNotListening
	}
	return a, nil
}

func listens(ports []Port, number int) bool {
	return slices.ContainsFunc(ports, func(p Port) bool { return p.Network == "tcp" && p.Port == number })
}

// settling remembers since when something has not changed.
type settling struct {
	state string
	start time.Time
}

func (s *settling) since(state string, now time.Time) time.Duration {
	if s.start.IsZero() || s.state != state {
		s.state, s.start = state, now
	}
	return now.Sub(s.start)
}
