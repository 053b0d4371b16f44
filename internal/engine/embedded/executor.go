//go:build linux

package embedded

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"

	"github.com/moby/buildkit/executor"
	resourcestypes "github.com/moby/buildkit/executor/resources/types"
	"github.com/moby/buildkit/solver/pb"

	"github.com/careenhq/careen/internal/engine/buildkit"
)

// wishing executes containers under what BuildKit's gateway cannot ask for: a
// read-only root and a limit of memory. The wish is a variable of the first
// process that never reaches it.
type wishing struct {
	executor.Executor
	variable string
}

// wishVariable is a name that no image can know.
func wishVariable() string { return "CAREEN_" + rand.Text() }

// Run runs the container's first process.
func (w wishing) Run(ctx context.Context, id string, root executor.Mount, mounts []executor.Mount, process executor.ProcessInfo, started chan<- struct{}) (resourcestypes.Recorder, error) {
	var env []string
	for _, kv := range process.Meta.Env {
		text, ok := strings.CutPrefix(kv, w.variable+"=")
		if !ok {
			env = append(env, kv)
			continue
		}
		var wish buildkit.Wish
		if err := json.Unmarshal([]byte(text), &wish); err != nil {
			return nil, err
		}
		process.Meta.ReadonlyRootFS = process.Meta.ReadonlyRootFS || wish.ReadOnly
		if wish.Memory > 0 {
			// Swap counts in: otherwise the limit would only make it slow.
			process.Meta.LinuxResources = &pb.LinuxResources{Memory: wish.Memory, MemorySwap: wish.Memory}
		}
	}
	process.Meta.Env = env
	return w.Executor.Run(ctx, id, root, mounts, process, started)
}
