package probe

import (
	"context"
	"errors"
	"os"
	"time"
)

var errEmptyRequest = errors.New("request asks nothing")

// answer answers one request and times it.
func (r Request) answer() Answer {
	start := time.Now()
	a, err := r.ask(context.Background())
	if err != nil {
		a.Error = err.Error()
	}
	a.Seconds = time.Since(start).Seconds()
	return a
}

func (r Request) ask(ctx context.Context) (a Answer, err error) {
	switch {
	case r.Ports != nil:
		a.Ports, err = hostProc.ports()
	case r.Wait != nil:
		a, err = r.Wait.run(ctx, hostProc)
	case r.HTTP != nil:
		a.HTTP, err = r.HTTP.run(ctx)
	case r.Processes != nil:
		a.Processes, err = hostProc.processes(os.Getpid())
	case r.Stat != nil:
		for _, path := range r.Stat.Paths {
			a.Files = append(a.Files, stat(path))
		}
	case r.Changed != nil:
		a.Files, err = r.Changed.run(hostProc)
	case r.Env != nil:
		a.Env = os.Environ()
	default:
		err = errEmptyRequest
	}
	return a, err
}
