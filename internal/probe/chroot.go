package probe

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

var errChrootUsage = errors.New("want: chroot [-C DIR] ROOT -- CMD…")

// chroot replaces this process with a command in another root. It is how tests
// that need the tools of one image run against another: same network, own files.
func chroot(args []string) error {
	root, dir, command, err := parseChroot(args)
	if err != nil {
		return err
	}
	if err := enterRoot(root, dir); err != nil {
		return fmt.Errorf("enter %s: %w", root, err)
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return fmt.Errorf("look up command: %w", err)
	}
	if err := replaceProcess(path, command, os.Environ()); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	return nil
}

func parseChroot(args []string) (root, dir string, command []string, err error) {
	dir = "/"
	if len(args) >= 2 && args[0] == "-C" {
		dir, args = args[1], args[2:]
	}
	if len(args) < 3 || args[1] != "--" {
		return "", "", nil, errChrootUsage
	}
	return args[0], dir, args[2:], nil
}
