package probe

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

func ownerOf(info fs.FileInfo) (uid, gid int) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid), int(st.Gid)
	}
	return -1, -1
}

func deviceOf(path string) (uint64, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return 0, &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	return uint64(st.Dev), nil // 32 bits wide on some architectures
}

// changedAfter looks at the change time of the inode: a file moved or unpacked
// into place keeps an old modification time.
func changedAfter(info fs.FileInfo, since time.Time) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.ModTime().After(since)
	}
	return time.Unix(st.Ctim.Unix()).After(since)
}

// enterRoot makes root the root of this process. /proc is mounted there when it
// is missing and the kernel allows it; a container without that right goes without.
func enterRoot(root, dir string) error {
	if _, err := os.Lstat(filepath.Join(root, "proc/self")); err != nil {
		_ = syscall.Mount("proc", filepath.Join(root, "proc"), "proc", 0, "")
	}
	if err := syscall.Chroot(root); err != nil {
		return &os.PathError{Op: "chroot", Path: root, Err: err}
	}
	return os.Chdir(dir)
}

func replaceProcess(path string, args, env []string) error { return syscall.Exec(path, args, env) }

// setGroup gives a command a process group of its own and ends it with this process.
func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// exitCode is 128 and the signal when a signal ended the process.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
