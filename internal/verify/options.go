package verify

import (
	"cmp"
	"context"
	"time"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
)

// A Subject is one of the two images.
type Subject struct {
	Image engine.Image
	// Base is the configuration (OCI JSON) of the image that its last stage started
	// from. With it, what the base brought is told from what the project set; nil
	// when it is not known.
	Base []byte
	// Read gives the opened image, for callers that hold it already; nil: its layout
	// is read.
	Read func(context.Context, engine.Image) (*image.Image, *image.Tree, error)
}

// Options say under which conditions the images are run and what is asked of
// them. The zero value asks what the images themselves tell: their command, ports
// and health check.
type Options struct {
	Env      []string      // KEY=value, for both images
	EnvHints []string      // KEY=value that the project's files set; used when the old image does not start without
	Args     []string      // stands in for CMD in both
	User     string        // stands in for USER in both
	Network  bool          // the engine's network; false: loopback only
	ReadOnly bool          // run with a read-only root
	Tmpfs    []string      // writable memory
	Memory   int64         // bytes; 0: no limit
	Ready    Ready         // when the container counts as started
	Timeout  time.Duration // for starting, and for every command; 0: 20 s
	HTTP     []HTTPCheck
	Commands []Command
	Beside   []Command // run beside the image's own process, with Run; their exit status counts
	Tests    []Test

	// Explained are removals that the planner intends, each with its reason. They do
	// not excuse a file that something in the new image still names.
	Explained []diag.Leave

	Now func() time.Time // nil: time.Now
}

// Ready says when a container counts as started. The zero value: when it listens
// on any TCP port and no further port opens for a moment.
type Ready struct {
	Port int    // TCP port that listens
	Path string // HTTP path on Port that answers below 500
	Log  string // text that appears in the output
}

// An HTTPCheck is one request that both images must answer alike.
type HTTPCheck struct {
	Method  string // empty: GET
	Path    string // "/healthz?full=1"
	Port    int    // 0: every listening TCP port
	Headers map[string]string
	Body    string
	Status  int // that the old image must answer with; 0: any
}

// A Command is one run of the image with its own arguments, in a fresh container.
type Command struct {
	Name  string   // as it is called in the report; empty: its arguments
	Args  []string // after the ENTRYPOINT, as with `docker run IMAGE ARGS`
	Run   []string // the whole command line, in place of ENTRYPOINT and Args
	Env   []string
	Stdin string
}

func (c Command) name() string { return cmp.Or(c.Name, quoteArgs(c.Run), quoteArgs(c.Args)) }

// A Test is a command of the project's own that passes on the old image.
type Test struct {
	Name  string
	Args  []string
	Env   []string
	Dir   string
	Limit time.Duration // 0: 10 min
	Tools bool          // run with the old image's files as root, beside the container under test
}

func (t Test) name() string { return cmp.Or(t.Name, quoteArgs(t.Args)) }

const defaultTimeout = 20 * time.Second

func (o Options) withDefaults() Options {
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the documented zero value
	}
	return o
}
