// Package buildkit is the engine contract on BuildKit's client: any BuildKit that
// answers at an address, and the client half of the embedded one.
//
// The Dockerfile frontend runs on this side of the connection, so that every
// vertex of the build graph is known with the lines it came from and no frontend
// image is pulled. Containers are the gateway's, so that running works wherever
// building does. Starting a BuildKit is package embedded's work.
package buildkit

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"

	"github.com/careenhq/careen/internal/engine"
)

// Options say which BuildKit to use and what to bring along.
type Options struct {
	Address string // unix:///run/buildkit/buildkitd.sock, tcp://host:1234
	CA      string // file with the server's CA, for tcp:// with TLS
	Cert    string // client certificate, for mutual TLS
	Key     string // its key
	Name    string // server name in the certificate; empty: the address's host

	// Helper is a Linux binary that answers `probe`; empty: the running one.
	Helper string
}

// Wrap makes an engine of a connected client. info's Name, Address and Detail are
// kept; what the BuildKit says of itself is filled in.
func Wrap(c *client.Client, info engine.Info, helper string) *Engine {
	return &Engine{client: c, info: info, helper: helper, unpacked: map[string]int64{}}
}

// Engine builds and runs through one BuildKit.
type Engine struct {
	client *client.Client
	info   engine.Info
	helper string
	wish   string // see Honour

	mu        sync.Mutex
	unpacked  map[string]int64 // bytes of a layer's tar, by digest of its blob
	helperDir string           // directory that holds the helper alone
	closed    bool
}

var _ engine.Engine = (*Engine)(nil)

// Honour tells the engine that whoever executes its containers honours a Wish, as
// the value of a variable in the first process's environment. No one else may know
// the variable's name, lest an image set it.
func (e *Engine) Honour(variable string) { e.wish = variable }

// A Wish is what BuildKit's gateway has no words for.
type Wish struct {
	ReadOnly bool  `json:",omitempty"`
	Memory   int64 `json:",omitempty"` // bytes
}

func (e *Engine) wishes(spec engine.RunSpec) []string {
	wish := Wish{ReadOnly: spec.ReadOnly, Memory: spec.Memory}
	if e.wish == "" || wish == (Wish{}) {
		return nil
	}
	text, err := json.Marshal(wish)
	if err != nil {
		return nil // a struct of plain values
	}
	return []string{e.wish + "=" + string(text)}
}

// Info asks the BuildKit about itself.
func (e *Engine) Info(ctx context.Context) (engine.Info, error) {
	info := e.info
	if reply, err := e.client.Info(ctx); err == nil && info.Version == "" {
		info.Version = reply.BuildkitVersion.Version
	}
	workers, err := e.client.ListWorkers(ctx)
	if err != nil {
		return info, fmt.Errorf("builder: %w", err)
	}
	if len(workers) > 0 {
		w := workers[0]
		if info.Detail == "" {
			info.Detail = w.Labels["org.mobyproject.buildkit.worker.executor"] + ", " + w.Labels["org.mobyproject.buildkit.worker.snapshotter"]
		}
		if len(w.Platforms) > 0 {
			info.Platform = platforms.FormatAll(platforms.Normalize(w.Platforms[0]))
		}
	}
	return info, nil
}

// Prune drops cached state.
func (e *Engine) Prune(ctx context.Context, keepBases bool) error {
	opts := []client.PruneOption{client.PruneAll}
	if keepBases {
		// Filters have no negated match: anything that is not "pulled from …".
		opts = append(opts, client.WithFilter([]string{`description~="^([^p]|p[^u]|pu[^l])"`}))
	}
	if err := e.client.Prune(ctx, nil, opts...); err != nil {
		return fmt.Errorf("builder: prune: %w", err)
	}
	return nil
}

// Trim drops cached state beyond the policy's bounds, oldest first.
func (e *Engine) Trim(ctx context.Context, policy client.PruneInfo) error {
	keep := client.WithKeepOpt(0, policy.ReservedSpace, policy.MaxUsedSpace, policy.MinFreeSpace)
	if err := e.client.Prune(ctx, nil, client.PruneAll, keep); err != nil {
		return fmt.Errorf("builder: garbage: %w", plain(err))
	}
	return nil
}

// Close ends the connection.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	if e.helperDir != "" {
		os.RemoveAll(e.helperDir)
	}
	return e.client.Close()
}
