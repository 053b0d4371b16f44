package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/probe"
)

const (
	toolsRoot        = "/.careen-tools" // where the old image's files are mounted for tests that need its tools
	defaultTestLimit = 10 * time.Minute
)

// tests is level 5: the project's own tests, against both images. A test counts
// only when it passes on the old one.
func (c *comparison) tests(ctx context.Context, s *sheet) error {
	for _, test := range c.opts.Tests {
		if err := c.test(ctx, s, test); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) test(ctx context.Context, s *sheet, test Test) error {
	if test.Tools && !c.staysUp {
		s.unjudged(test.name(), "tests with the old image's tools need a container that stays up, and this one ends")
		return nil
	}
	older, err := c.runTest(ctx, c.old, test)
	if err != nil {
		return err
	}
	if older.code != 0 {
		s.unjudged(test.name(), "the test does not pass on the old image: %s%s", older.how(), older.tail())
		return nil
	}
	newer, err := c.runTest(ctx, c.new, test)
	if err != nil {
		return err
	}
	s.checked(test.name())
	if newer.code != 0 {
		s.differs(diag.Difference{Check: "test", Path: test.name(), Old: older.how(), New: newer.how(), Label: "B17",
			Reason: "the project's own test fails on the new image" + newer.tail()})
	}
	return nil
}

// testRun is how one run of a test ended.
type testRun struct {
	code   int
	reason string // why it could not be run, "" when it ran
	output capture
}

func (r *testRun) how() string { return cmp.Or(r.reason, fmt.Sprintf("exit code %d", r.code)) }

// tail quotes the last lines of the output.
func (r *testRun) tail() string {
	lines := strings.Split(strings.TrimSpace(r.output.String()), "\n")
	if text := strings.Join(lines[max(0, len(lines)-3):], " / "); text != "" {
		return ": " + clip(text)
	}
	return ""
}

// failedRun is a test that could not even be started.
func failedRun(reason string) *testRun { return &testRun{code: -1, reason: reason} }

// runTest runs a test beside the image's own command when that stays up, and in a
// container of its own otherwise.
func (c *comparison) runTest(ctx context.Context, s *side, test Test) (*testRun, error) {
	limited, cancel := context.WithTimeout(ctx, cmp.Or(test.Limit, defaultTestLimit))
	defer cancel()
	run := c.testAlone
	if c.staysUp {
		run = c.testBeside
	}
	result := run(limited, s, test)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if errors.Is(limited.Err(), context.DeadlineExceeded) {
		result = failedRun("its time was up")
	}
	return result, nil
}

func (c *comparison) testAlone(ctx context.Context, s *side, test Test) *testRun {
	result := &testRun{}
	spec := c.runSpec(s)
	spec.Args, spec.Dir, spec.Env = test.Args, test.Dir, append(spec.Env[:len(spec.Env):len(spec.Env)], test.Env...)
	spec.Stdout, spec.Stderr = &result.output, &result.output
	exit, err := c.runToEnd(ctx, spec)
	if err != nil {
		return failedRun("cannot be run: " + err.Error())
	}
	result.code = exit.Code
	return result
}

// testBeside starts the image, waits until it is ready and runs the test as a
// further process: in the image's own root, or in that of the old image.
func (c *comparison) testBeside(ctx context.Context, s *side, test Test) *testRun {
	spec := c.runSpec(s)
	spec.Command = c.opts.Args
	if test.Tools {
		spec.Mounts = append(spec.Mounts, engine.Mount{Target: toolsRoot, Image: &c.old.image, Writable: true})
	}
	box, err := c.runner.Start(ctx, spec)
	if err != nil {
		return failedRun("the container does not start: " + err.Error())
	}
	defer box.Close()
	waiting := &live{c: c, config: s, timeout: c.opts.Timeout}
	if _, err := ask(ctx, box, probe.Request{Wait: waiting.waitRequest()}); err != nil {
		return failedRun("the container does not stay up: " + err.Error())
	}
	result := &testRun{}
	exit, err := box.Exec(ctx, testExec(test, &result.output))
	if err != nil {
		return failedRun("cannot be run: " + err.Error())
	}
	result.code = exit.Code
	return result
}

func testExec(test Test, output *capture) engine.ExecSpec {
	spec := engine.ExecSpec{Args: test.Args, Env: test.Env, Dir: test.Dir, Stdout: output, Stderr: output}
	if test.Tools {
		spec.Args = append([]string{engine.HelperPath, "probe", "chroot", "-C", cmp.Or(test.Dir, "/"), toolsRoot, "--"}, test.Args...)
		spec.User, spec.Dir = "0:0", "/"
	}
	return spec
}
