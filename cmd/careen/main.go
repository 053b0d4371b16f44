// Command careen makes a project's Docker image build faster and weigh less, and
// proves that it still works.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/parcel"
	"github.com/careenhq/careen/internal/probe"
	"github.com/careenhq/careen/internal/report"
)

func main() {
	// The binary is also what careen mounts into containers under test, where
	// there may be neither a home nor a terminal: that path starts nothing else.
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		os.Exit(probe.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) > 1 && os.Args[1] == parcelVerb {
		os.Exit(parcel.Main(os.Args[2:], os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if len(os.Args) > 1 && os.Args[1] == careen.EngineVerb {
		os.Exit(careen.ServeEngine(ctx, os.Stdin, os.Stdout))
	}
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// parcelVerb is the hidden verb that reads and fills cache mounts inside a build.
const parcelVerb = "parcel"

// Exit codes, as printed by `careen help exit-codes`.
const (
	exitClean    = 0
	exitFindings = 1
	exitError    = 2
	exitSignal   = 130
)

const exitCodes = `Exit codes:
  0    clean: nothing found, parity holds, the gate passed, or the job is done
  1    findings, a difference, or a gate that failed
  2    usage or tool error; nothing of yours was changed
  130  interrupted`

// errFindings ends a verb whose output already says what was found.
var errFindings = errors.New("findings")

// app is what every verb gets: the streams and the flags that all verbs share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string

	builder string   // --builder
	mirrors []string // --mirror
	config  string   // --config
	noColor bool     // --no-color
	quiet   bool     // --quiet
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv}
	root := newRootCommand(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errReported):
		return exitError
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "careen: interrupted; nothing was written")
		return exitSignal
	default:
		tell(stderr, err)
		return exitError
	}
}

// tell says what went wrong: of a build that failed, where, why and what to do.
func tell(w io.Writer, err error) {
	if f := careen.FailureOf(err); f != nil {
		_ = report.Failure(w, *f) // a stream whose reader has gone hears nothing else either
		return
	}
	fmt.Fprintln(w, "careen: "+strings.TrimPrefix(err.Error(), "careen: "))
}

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "careen",
		Short: "Make a Docker image build faster and weigh less, and prove that it still works",
		Long: `careen makes a project's Docker image build faster and weigh less, and proves
that it still works: it measures, rewrites, rebuilds, compares, attributes and reports.`,
		Example:       "  careen optimize .     measure, rewrite, rebuild, prove; prints a diff, writes nothing",
		Version:       careen.Version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.builder, "builder", "", "BuildKit address: unix://, tcp:// (default $CAREEN_BUILDER, $BUILDKIT_HOST, else embedded)")
	flags.StringArrayVar(&a.mirrors, "mirror", nil, "registry mirror as HOST=URL, repeatable (also $CAREEN_MIRRORS)")
	flags.StringVar(&a.config, "config", "", "configuration file (default careen.yaml in the project)")
	flags.BoolVar(&a.noColor, "no-color", false, "no colours (also $NO_COLOR)")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "no progress")
	root.AddCommand(verbs(a)...)
	root.AddCommand(&cobra.Command{Use: "exit-codes", Short: "Exit codes", Long: exitCodes})
	return root
}
