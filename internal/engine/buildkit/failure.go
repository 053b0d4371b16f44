package buildkit

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/moby/buildkit/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"

	"github.com/careenhq/careen/internal/engine"
)

// failure turns BuildKit's error into one that names the Dockerfile's line.
func (r *recorder) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := &engine.StepError{Name: r.req.Name, Exit: -1, Err: plain(err)}
	var exit *gatewaypb.ExitError
	if errors.As(err, &exit) {
		failed.Exit = int(exit.ExitCode)
	}
	if v := r.failedVertex(); v != nil {
		failed.Step = r.step(v)
	}
	if len(failed.Step.Lines) == 0 {
		failed.Step.Lines = sourceLines(err)
	}
	if len(failed.Step.Lines) == 0 {
		return failed.Err
	}
	if failed.Step.Kind != engine.Instruction {
		failed.Step.Name = r.instruction(failed.Step.Lines[0].First)
	}
	if parseError.MatchString(err.Error()) {
		failed.Step.Name = "" // the text names what it could not read
	}
	return failed
}

func (r *recorder) failedVertex() *client.Vertex {
	for _, dgst := range r.order {
		v := r.vertexes[dgst]
		if v.Error != "" && !strings.Contains(v.Error, context.Canceled.Error()) {
			return v
		}
	}
	return nil
}

// instruction is the text of one line of the Dockerfile.
func (r *recorder) instruction(line int) string {
	lines := strings.Split(string(r.req.Dockerfile), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}

// sourceLines are the places that the error itself names.
func sourceLines(err error) []engine.Lines {
	for _, src := range errdefs.Sources(err) {
		for _, rg := range src.Ranges {
			return []engine.Lines{{First: int(rg.Start.Line), Last: int(rg.End.Line)}}
		}
	}
	return nil
}

// plainError is an error in words for people.
type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

var (
	parseError = regexp.MustCompile(`dockerfile parse error on line \d+: `)

	// noise is what BuildKit's layers say about themselves on the way up.
	noise = regexp.MustCompile(strings.Join([]string{
		`rpc error: code = \w+ desc = `, `failed to solve: `, `failed to compute cache key: `,
		`failed to calculate checksum of ref \S+: `, parseError.String(), `failed to read dockerfile: `,
		`failed to resolve source metadata for \S+: `, `process ".*" did not complete successfully: `,
	}, "|"))
)

// plain leaves out of an error's text where inside BuildKit it came from.
func plain(err error) error {
	text := noise.ReplaceAllString(err.Error(), "")
	text = strings.Join(strings.Fields(text), " ")
	if text == err.Error() {
		return err
	}
	return &plainError{text, err}
}
