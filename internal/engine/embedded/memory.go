//go:build linux

package embedded

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// canLimitMemory tries it: a control group of its own must get the file that holds
// the limit. Containers without a delegated hierarchy and rootless users fail here.
func canLimitMemory(root string) bool {
	return canLimit(root, "memory", "memory.limit_in_bytes", "memory.max")
}

// canLimitProcessors tries the same for the set of processors.
func canLimitProcessors(root string) bool {
	return canLimit(root, "cpuset", "cpuset.cpus", "cpuset.cpus")
}

// canLimit knows both versions of control groups and the file that each calls the
// limit.
func canLimit(root, controller, first, second string) bool {
	if _, err := os.Stat(filepath.Join(root, controller, first)); err == nil {
		return makesGroup(filepath.Join(root, controller), first)
	}
	controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil || !strings.Contains(string(controllers), controller) {
		return false
	}
	return makesGroup(root, second)
}

func makesGroup(parent, file string) bool {
	dir := filepath.Join(parent, "careen-check-"+strconv.Itoa(os.Getpid()))
	if os.Mkdir(dir, 0o755) != nil {
		return false
	}
	defer os.Remove(dir)
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
