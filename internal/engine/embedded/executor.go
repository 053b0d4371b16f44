//go:build linux

package embedded

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/moby/buildkit/executor"
	resourcestypes "github.com/moby/buildkit/executor/resources/types"
	"github.com/moby/buildkit/solver/pb"
	"golang.org/x/sys/unix"

	"github.com/careenhq/careen/internal/engine/buildkit"
)

// wishing executes containers under what BuildKit's gateway cannot ask for: a
// read-only root and a limit of memory. The wish is a variable of the first
// process that never reaches it.
type wishing struct {
	executor.Executor
	variable string

	processors *atomic.Int32 // nil or 0: all
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
	if w.processors != nil && w.processors.Load() > 0 {
		process.Meta.LinuxResources = withProcessors(process.Meta.LinuxResources, w.processors.Load())
	}
	return w.Executor.Run(ctx, id, root, mounts, process, started)
}

// withProcessors lets a container see n of the processors that this process may use.
func withProcessors(r *pb.LinuxResources, n int32) *pb.LinuxResources {
	var mine unix.CPUSet
	if unix.SchedGetaffinity(0, &mine) != nil {
		return r
	}
	var chosen []string
	for cpu := 0; cpu < maxProcessors && len(chosen) < int(n); cpu++ {
		if mine.IsSet(cpu) {
			chosen = append(chosen, strconv.Itoa(cpu))
		}
	}
	if r == nil {
		r = &pb.LinuxResources{}
	}
	r.CpusetCpus = strings.Join(chosen, ",")
	return r
}

// maxProcessors is how many a unix.CPUSet holds.
const maxProcessors = 1024
