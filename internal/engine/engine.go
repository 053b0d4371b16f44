// Package engine is careen's contract with whatever builds and runs images.
//
// It holds the interfaces, the plain values that cross them, and an in-memory
// fake for tests of everything above. It uses the standard library only; the
// real engines are engine/buildkit (any BuildKit by address) and engine/embedded
// (BuildKit in this process). A capability that not every engine has is a small
// optional interface here, found by type assertion, never a bool method.
package engine

import (
	"context"
	"io"
	"time"
)

// A Builder builds Dockerfiles.
type Builder interface {
	// Build builds once. A failing step is returned as a *StepError.
	Build(ctx context.Context, req Request) (*Result, error)
	// Resolve asks what an image reference means now, through the engine's mirrors
	// and credentials, without pulling layers. An unknown reference is an error.
	Resolve(ctx context.Context, ref, platform string) (*Base, error)
	// Info describes the engine for the record that goes with every measurement.
	Info(ctx context.Context) (Info, error)
	// Close ends everything the engine started. It is safe to call twice.
	Close() error
}

// A Runner runs containers of built images.
type Runner interface {
	// Start starts one container. The caller closes it.
	Start(ctx context.Context, spec RunSpec) (Container, error)
}

// An Engine both builds and runs.
type Engine interface {
	Builder
	Runner
}

// A MemoryLimiter is a Runner that honours RunSpec.Memory.
type MemoryLimiter interface{ LimitsMemory() }

// A ReadOnlyRunner is a Runner that honours RunSpec.ReadOnly.
type ReadOnlyRunner interface{ RunsReadOnly() }

// A ProcessorLimiter can hide processors: what it starts from then on, steps of
// builds included, sees that many; 0: all.
type ProcessorLimiter interface{ LimitProcessors(n int) }

// A Pruner can drop cached state. Pulled base images stay when keepBases is set.
type Pruner interface {
	Prune(ctx context.Context, keepBases bool) error
}

// Info describes an engine.
type Info struct {
	Name     string // "embedded BuildKit" or "BuildKit"
	Address  string // where it is, empty when embedded
	Version  string // BuildKit's version
	Platform string // default platform, e.g. "linux/amd64"
	Detail   string // worker facts: "runc, overlayfs, rootless"
}

// A Request says what to build. The zero values of optional fields mean what
// `docker build` does without the flag.
type Request struct {
	Context    string            // directory sent as build context
	Dockerfile []byte            // the Dockerfile's contents; it need not exist on disk
	Name       string            // how messages call the Dockerfile, e.g. "Dockerfile"
	Ignore     *string           // contents that stand in for .dockerignore; nil: the context's own file
	Target     string            // stage to build
	BuildArgs  map[string]string // --build-arg
	Secrets    []Secret          // --secret
	Platform   string            // --platform; empty: the engine's own
	NoCache    bool              // run every step again; also empties the steps' cache mounts

	CacheFrom []string // references whose cache may be used; one that is missing or broken only costs time
	CacheTo   *CacheTo // where the build's cache goes; nil: nowhere

	Output      string      // directory that becomes an OCI image layout; empty: export no layout
	Push        string      // reference that the image is pushed to as well; empty: none
	Compression Compression // of exported layers; empty: Gzip
	Epoch       *time.Time  // SOURCE_DATE_EPOCH, with timestamps rewritten; nil: wall clock
	Attestation bool        // keep the provenance attestation in Output; the layers are attributed either way
	Events      func(Event) // progress, called from one goroutine; nil: none
}

// Secret is a file or variable that a RUN may mount. Its value is never logged.
type Secret struct {
	ID   string
	File string // path on this machine
	Env  string // variable of this process
}

// Compression of exported layers.
type Compression string

// Compressions. Layers that come from a base keep the form they were pulled in.
const (
	Gzip         Compression = "gzip"
	Zstd         Compression = "zstd"
	Uncompressed Compression = "uncompressed"
)

// CacheTo says where the results of a build's steps go, for other builders to take
// by CacheFrom.
type CacheTo struct {
	Ref         string      // in a registry; ignored when inline
	Mode        CacheMode   // empty: CacheMin
	Compression Compression // empty: Gzip; ignored when inline
}

// CacheMode is how much of a build is exported.
type CacheMode string

// Modes of the cache.
const (
	CacheInline CacheMode = "inline" // what CacheMin has, inside the image that is pushed
	CacheMin    CacheMode = "min"    // layers of the image
	CacheMax    CacheMode = "max"    // those of every stage
)

// A Result is what one build gave.
type Result struct {
	Image        Image         // the exported image; zero when nothing was exported
	Steps        []Step        // in order of start
	Bases        []Base        // images named by FROM and COPY --from, as resolved
	ContextBytes int64         // bytes sent from the context in this build
	Duration     time.Duration // the whole build, export included
	Export       time.Duration // of that, compressing and writing or pushing the image
	CacheImport  time.Duration // of that, asking registries for their caches and fetching from them
	CacheExport  time.Duration // of that, compressing and pushing the cache
}

// An Image is an OCI image layout directory on this machine and the digest of
// one image manifest in it. It can be read with no daemon.
type Image struct {
	Layout string // directory
	Digest string // "sha256:…" of the image manifest (of one platform)
}

// A Base is an image that the build started from.
type Base struct {
	Ref      string // as the Dockerfile names it
	Digest   string // manifest or index it resolved to
	Platform string
	Config   []byte // OCI image configuration (JSON), when known
}

// StepKind tells instructions from the engine's own work.
type StepKind string

// Kinds of steps.
const (
	Instruction StepKind = "instruction" // of the Dockerfile
	Pull        StepKind = "pull"        // resolving or fetching a base
	Transfer    StepKind = "transfer"    // reading the Dockerfile and the context
	Export      StepKind = "export"      // compressing and writing the image
	CacheTravel StepKind = "cache"       // importing or exporting a cache
	Internal    StepKind = "internal"    // anything else
)

// A Step is one vertex of the build graph.
type Step struct {
	ID       string // vertex digest
	Name     string // BuildKit's own name, "[build 3/7] RUN npm ci"
	Kind     StepKind
	Stage    string  // stage name or number, when known
	Lines    []Lines // of the Dockerfile; empty for steps that come from no line
	Start    time.Time
	End      time.Time
	Cached   bool
	Layer    int    // index into the image's layers, -1 when it wrote none
	Pulled   int64  // compressed bytes of that layer
	Unpacked int64  // bytes of the layer's tar
	Log      string // tail of its output, at most 64 KiB
	Error    string // empty unless it failed
}

// Duration is how long the step ran; zero for a cached one.
func (s Step) Duration() time.Duration {
	if s.Cached || s.End.Before(s.Start) {
		return 0
	}
	return s.End.Sub(s.Start)
}

// Lines is a range of lines, from 1, both included.
type Lines struct{ First, Last int }

// A StepError is a build that failed in a step of the Dockerfile.
type StepError struct {
	Name string // of the Dockerfile
	Step Step   // Log holds the last lines of its output
	Exit int    // exit code of a RUN; -1 when it was no command that failed
	Err  error
}

// An Event is one piece of progress.
type Event struct {
	Step *Step  // a step that started or ended; nil for output alone
	Log  string // output of the step named by ID
	ID   string
	Raw  any // the engine's own status message, for its own display
}

// HelperPath is where a container finds careen's helper, outside the image's
// tree. `HelperPath probe …` is how package probe is called inside.
const HelperPath = "/.careen/careen"

// A RunSpec says what to run. The zero value of an optional field leaves what
// the image says.
type RunSpec struct {
	Image    Image
	Args     []string      // the whole command line; nil: the image's ENTRYPOINT and CMD
	Command  []string      // stands in for CMD, after the image's ENTRYPOINT; ignored with Args
	Env      []string      // KEY=value, added to the image's
	User     string        // stands in for USER
	Dir      string        // stands in for WORKDIR
	ReadOnly bool          // read-only root; only engines that are ReadOnlyRunners
	Tmpfs    []string      // directories that are writable memory
	Network  bool          // the engine's default network; false: loopback only
	Memory   int64         // bytes; only engines that are MemoryLimiters
	Mounts   []Mount       // read-only trees beside the image's
	Stdin    io.Reader     // nil: empty
	Stdout   io.Writer     // nil: dropped
	Stderr   io.Writer     // nil: dropped
	Timeout  time.Duration // killed after it; 0: none
	Events   func(Event)   // progress of getting the image into the engine
}

// A Mount is a tree inside the container: another image's root or a directory of
// this machine (copied to the engine first). What the container writes into it is
// dropped with the container.
type Mount struct {
	Target   string
	Image    *Image
	Dir      string
	Writable bool // only with Image; false: read-only
}

// A Container is a started container. The helper is always mounted at HelperPath.
type Container interface {
	// Exec runs another process in the same namespaces and root.
	Exec(ctx context.Context, spec ExecSpec) (Exit, error)
	// Signal sends a signal to the container's first process.
	Signal(ctx context.Context, signal int) error
	// Wait waits for the first process to end.
	Wait(ctx context.Context) (Exit, error)
	// Close kills what still runs and frees the container.
	Close() error
}

// An ExecSpec is a further process in a container.
type ExecSpec struct {
	Args   []string
	Env    []string // added to the image's
	User   string
	Dir    string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// Exit tells how a process ended.
type Exit struct {
	Code     int           // 128+signal when a signal ended it, as a shell would say
	TimedOut bool          // killed because its time was up
	Duration time.Duration // from start to end
}
