package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// Environment describes where numbers are taken: this machine and the engine.
// With a builder on another machine the hardware is the client's, which the
// builder's description says.
func Environment(ctx context.Context, b engine.Builder, platform string) (diag.Environment, error) {
	info, err := b.Info(ctx)
	if err != nil {
		return diag.Environment{}, fmt.Errorf("builder: %w", err)
	}
	e := diag.Environment{
		OS:       field("/etc/os-release", "PRETTY_NAME", "="),
		Kernel:   kernel(),
		CPU:      field("/proc/cpuinfo", "model name", ":"),
		Cores:    runtime.NumCPU(),
		Memory:   memory(),
		Builder:  describe(info),
		Platform: platform,
	}
	if e.OS == "" {
		e.OS = runtime.GOOS
	}
	if e.CPU == "" {
		e.CPU = runtime.GOARCH
	}
	if e.Platform == "" {
		e.Platform = info.Platform
	}
	return e, nil
}

func describe(info engine.Info) string {
	text := info.Name
	if info.Version != "" {
		text += " " + info.Version
	}
	if info.Detail != "" {
		text += " (" + info.Detail + ")"
	}
	if info.Address != "" {
		text += " at " + info.Address
	}
	if strings.HasPrefix(info.Address, "tcp://") {
		text += "; hardware below is the client's"
	}
	return text
}

// field is the value of the first line of a system file that begins with name.
func field(file, name, separator string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), separator)
		if ok && strings.TrimSpace(key) == name {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(release))
}

// memory is the machine's main memory in bytes; 0 when it cannot be told.
func memory() int64 {
	kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal", ":"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
