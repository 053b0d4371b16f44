//go:build !linux

package probe

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"time"
)

// The helper runs in Linux containers only; elsewhere careen merely carries it.
var errNotLinux = errors.New("only on Linux")

func ownerOf(fs.FileInfo) (uid, gid int) { return -1, -1 }

func deviceOf(string) (uint64, error) { return 0, errNotLinux }

func changedAfter(info fs.FileInfo, since time.Time) bool { return info.ModTime().After(since) }

func enterRoot(string, string) error { return errNotLinux }

func replaceProcess(string, []string, []string) error { return errNotLinux }

func setGroup(*exec.Cmd) {}

func killGroup(int) {}

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
