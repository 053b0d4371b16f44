package verify

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/internal/engine"
)

// running is level 4: both images are started under the same conditions and asked
// the same questions. It tells whether anything was exercised, that is whether the
// old image did its work in at least one run.
func (c *comparison) running(ctx context.Context, s *sheet) (exercised bool, err error) {
	c.limits(s)
	older, err := c.started(ctx, s)
	if err != nil {
		return false, err
	}
	c.staysUp = older.worked && !older.ended
	exercised = older.worked
	if older.ended {
		worked, err := c.helpAndVersion(ctx, s)
		if err != nil {
			return false, err
		}
		exercised = exercised || worked
	}
	for _, command := range c.opts.Commands {
		worked, _, err := c.oneShot(ctx, s, shot{name: command.name(), args: command.Run, command: command.Args, env: command.Env, stdin: command.Stdin})
		if err != nil {
			return false, err
		}
		exercised = exercised || worked
	}
	return exercised, nil
}

// limits says which conditions the engine cannot impose.
func (c *comparison) limits(s *sheet) {
	if c.opts.ReadOnly {
		if _, ok := c.runner.(engine.ReadOnlyRunner); ok {
			s.checked("read-only root")
		} else {
			s.notRun("read-only root", "this engine cannot make the root read-only")
		}
	}
	if c.opts.Memory == 0 {
		return
	}
	if _, ok := c.runner.(engine.MemoryLimiter); ok {
		s.checked("memory limit")
		return
	}
	s.notRun("memory limit", "this engine cannot limit memory")
}

// nothingToStart tells whether the old image has neither ENTRYPOINT nor CMD.
func (c *comparison) nothingToStart() bool {
	config := c.old.config.Config
	return len(config.Entrypoint) == 0 && len(config.Cmd) == 0 && len(c.opts.Args) == 0
}

// started compares what both images do with their own command.
func (c *comparison) started(ctx context.Context, s *sheet) (observation, error) {
	if c.nothingToStart() {
		s.note("the image has neither ENTRYPOINT nor CMD: there is nothing to start")
		return observation{}, nil
	}
	older, newer, err := c.startedWithRequired(ctx, s)
	if err != nil {
		return older, err
	}
	c.tellStart(s, older)
	for _, q := range questions(older.answers, nil) {
		s.checked(q.String())
	}
	return older, c.settleDisagreements(ctx, s, older, newer, c.observe)
}

// tellStart says what a start that gave nothing to compare leaves open.
func (c *comparison) tellStart(s *sheet, older observation) {
	state := older.answers[question{checkState, ""}]
	switch {
	case older.reached:
		s.notRun("start", "the old image %s once it has reached for a server that is not there%s; what it does with one was not seen: give careen.yaml run.env or run.args what it needs to start", state, lastWords(older.answers, ""))
	case older.ended && older.code != 0:
		s.notRun("start", "the old image %s at once%s%s; give careen.yaml run.env or run.args what it needs to start", state, lastWords(older.answers, ""), missingToStart(older.answers))
	case !older.worked:
		s.notRun("start", "the old image %s; give careen.yaml run.env or run.args what it needs to start", state)
	}
	for _, text := range older.unexpected {
		s.unjudged("http", "the old image does not answer as careen.yaml says: %s", text)
	}
}

// An exercise is one way to run an image.
type exercise func(ctx context.Context, s *side) (observation, error)

// both exercises the two images at the same time; each has its own container.
func (c *comparison) both(ctx context.Context, do exercise) (older, newer observation, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		var err error
		newer, err = do(ctx, c.new)
		failed <- err
	}()
	older, err = do(ctx, c.old)
	if err != nil {
		cancel()
	}
	if newErr := <-failed; err == nil {
		err = newErr
	}
	return older, newer, err
}

// settleDisagreements runs the old image once more when the two disagree, so that
// what it answers differently by itself is left out.
func (c *comparison) settleDisagreements(ctx context.Context, s *sheet, older, newer observation, do exercise) error {
	if len(disagreements(older.answers, newer.answers)) == 0 {
		return nil
	}
	again, err := do(ctx, c.old)
	if err != nil {
		return err
	}
	judge(s, older.answers, again.answers, newer.answers)
	return nil
}

// helpAndVersion asks a command-line image for --help and --version. A program that
// knows neither says so in both images alike.
func (c *comparison) helpAndVersion(ctx context.Context, s *sheet) (worked bool, err error) {
	for _, flag := range []string{"--help", "--version"} {
		args, ok := withFlag(c.old.config.Config.Entrypoint, c.old.config.Config.Cmd, flag)
		if !ok {
			s.notRun(flag, "the command runs through a shell, so no argument can be passed to it")
			continue
		}
		did, said, err := c.oneShot(ctx, s, shot{name: flag, help: flag == "--help", args: args})
		if err != nil {
			return worked, err
		}
		worked = worked || did
		if flag == "--help" {
			if did, err = c.subcommands(ctx, s, args[:len(args)-1], said); err != nil {
				return worked, err
			}
			worked = worked || did
		}
	}
	return worked, nil
}

// notStarted and above are what shells say of a command that cannot be run or that a
// signal ended.
const notStarted = 126

// option matches a line of a help text that explains an option.
var option = regexp.MustCompile(`(?m)^[ \t]*-{1,2}[A-Za-z][\w-]*\b[^\n]*[ \t]\S`)

// isHelp tells whether a program answered with its help text: many do so and then end
// with a status of failure.
func isHelp(said string) bool {
	return strings.Contains(strings.ToLower(said), "usage") || len(option.FindAllString(said, 2)) == 2
}

// withFlag builds the command line that asks the image's program for help.
func withFlag(entrypoint, cmd []string, flag string) ([]string, bool) {
	switch {
	case isShellForm(entrypoint), len(entrypoint) == 0 && isShellForm(cmd):
		return nil, false
	case len(entrypoint) > 0:
		return append(slices.Clone(entrypoint), flag), true
	case len(cmd) > 0:
		return []string{cmd[0], flag}, true
	}
	return nil, false
}

// A shot is one run that is expected to end.
type shot struct {
	name    string
	help    bool     // it asks for the help text, which is work whatever the exit status says
	args    []string // the whole command line; nil: the image's, with command after it
	command []string
	env     []string
	stdin   string
}

// oneShot compares the exit code and the output of one such run. It tells whether
// the old image did its work, that is ended with status 0, and what it said.
func (c *comparison) oneShot(ctx context.Context, s *sheet, shot shot) (worked bool, said string, err error) {
	do := func(ctx context.Context, side *side) (observation, error) { return c.runOnce(ctx, side, shot) }
	older, newer, err := c.both(ctx, do)
	if err != nil {
		return false, "", err
	}
	s.checked("command " + shot.name)
	said = older.answers[question{checkStdout, shot.name}] + "\n" + older.answers[question{checkStderr, shot.name}]
	worked = older.worked || shot.help && older.code < notStarted && isHelp(said)
	return worked, said, c.settleDisagreements(ctx, s, older, newer, do)
}

// runOnce runs a command line in a fresh container until it ends or its time is up.
func (c *comparison) runOnce(ctx context.Context, s *side, shot shot) (observation, error) {
	seen := observation{answers: answers{}}
	var out, errOut capture
	spec := c.runSpec(s)
	spec.Args, spec.Command, spec.Stdin = shot.args, shot.command, strings.NewReader(shot.stdin)
	spec.Env = append(slices.Clone(spec.Env), shot.env...)
	spec.Stdout, spec.Stderr, spec.Timeout = &out, &errOut, c.opts.Timeout
	exit, err := c.runToEnd(ctx, spec)
	if ctx.Err() != nil {
		return seen, ctx.Err()
	}
	if errors.Is(err, engine.ErrHelper) {
		return seen, err
	}
	seen.ended = true
	seen.outputs(&out, &errOut, shot.name, false)
	switch {
	case err != nil:
		seen.code = notStarted
		seen.put(checkState, shot.name, "does not start: "+normalise(err.Error()))
	case exit.TimedOut:
		seen.code = notStarted
		seen.put(checkState, shot.name, fmt.Sprintf("still runs after %s", c.opts.Timeout))
	default:
		seen.worked, seen.code = exit.Code == 0, exit.Code
		seen.put(checkState, shot.name, "exit code "+strconv.Itoa(exit.Code))
	}
	return seen, nil
}

func (c *comparison) runToEnd(ctx context.Context, spec engine.RunSpec) (engine.Exit, error) {
	box, err := c.runner.Start(ctx, spec)
	if err != nil {
		return engine.Exit{}, err
	}
	defer box.Close()
	return box.Wait(ctx)
}

// quoteArgs writes a command line so that a person can read where words begin.
func quoteArgs(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'$&|;<>()*?") {
			words[i] = strconv.Quote(arg)
		}
	}
	return strings.Join(words, " ")
}
