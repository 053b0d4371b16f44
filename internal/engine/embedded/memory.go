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
	if _, err := os.Stat(filepath.Join(root, "memory", "memory.limit_in_bytes")); err == nil {
		return makesGroup(filepath.Join(root, "memory"), "memory.limit_in_bytes")
	}
	controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil || !strings.Contains(string(controllers), "memory") {
		return false
	}
	return makesGroup(root, "memory.max")
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
