package probe

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// pids lists the processes of the PID namespace, lowest first.
func (p procDir) pids() []int {
	entries, _ := os.ReadDir(string(p))
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	sort.Ints(pids)
	return pids
}

// processes lists all processes but the one with PID self. A process that ends
// while it is read is left out.
func (p procDir) processes(self int) ([]Process, error) {
	pids := p.pids()
	if len(pids) == 0 {
		return nil, fmt.Errorf("no processes in %s", p)
	}
	var list []Process
	for _, pid := range pids {
		if pid == self {
			continue
		}
		if process, ok := p.process(pid); ok {
			list = append(list, process)
		}
	}
	return list, nil
}

func (p procDir) process(pid int) (Process, bool) {
	dir := filepath.Join(string(p), strconv.Itoa(pid))
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return Process{}, false
	}
	st, ok := parseStat(text)
	if !ok {
		return Process{}, false
	}
	process := Process{PID: pid, PPID: st.ppid, Name: st.name, State: st.state, UID: -1}
	process.Exe, _ = os.Readlink(filepath.Join(dir, "exe"))
	if cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil {
		process.Args = splitArgs(cmdline)
	}
	if status, err := os.ReadFile(filepath.Join(dir, "status")); err == nil {
		process.UID = effectiveUID(status)
	}
	return process, true
}

// ticks gives the CPU time of every process but one, and whether a thread of theirs
// runs, or would if it were given a processor or its disk answered. Two equal answers
// with nothing busy mean that nothing ran in between, or only for less than a tick.
func (p procDir) ticks(self int) (used map[int]uint64, busy bool) {
	used = map[int]uint64{}
	for _, pid := range p.pids() {
		if pid == self {
			continue
		}
		dir := filepath.Join(string(p), strconv.Itoa(pid))
		if st, ok := readStat(dir); ok {
			used[pid] = st.used
		}
		busy = busy || anyBusy(filepath.Join(dir, "task"))
	}
	return used, busy
}

// anyBusy tells whether one of the threads is runnable or waits for a disk.
func anyBusy(tasks string) bool {
	threads, _ := os.ReadDir(tasks)
	return slices.ContainsFunc(threads, func(thread os.DirEntry) bool {
		st, ok := readStat(filepath.Join(tasks, thread.Name()))
		return ok && (st.state == "R" || st.state == "D")
	})
}

func readStat(dir string) (procStat, bool) {
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return procStat{}, false
	}
	return parseStat(text)
}

func (p procDir) name(pid int) string {
	name, _ := os.ReadFile(filepath.Join(string(p), strconv.Itoa(pid), "comm"))
	return strings.TrimSuffix(string(name), "\n")
}

// stat is what is used of /proc/PID/stat.
type procStat struct {
	name  string
	state string
	ppid  int
	used  uint64 // clock ticks on the CPU, user and system
	start uint64 // clock ticks after boot
}

// parseStat reads "PID (NAME) STATE PPID …". The name may itself hold spaces and
// parentheses, so it ends at the last one.
func parseStat(text []byte) (procStat, bool) {
	open, shut := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || shut < open {
		return procStat{}, false
	}
	fields := strings.Fields(string(text[shut+1:]))
	if len(fields) < 20 {
		return procStat{}, false
	}
	ppid, err := strconv.Atoi(fields[1])
	if err != nil {
		return procStat{}, false
	}
	user, userErr := strconv.ParseUint(fields[11], 10, 64)
	system, systemErr := strconv.ParseUint(fields[12], 10, 64)
	start, err := strconv.ParseUint(fields[19], 10, 64)
	st := procStat{string(text[open+1 : shut]), fields[0], ppid, user + system, start}
	return st, err == nil && userErr == nil && systemErr == nil
}

// splitArgs reads /proc/PID/cmdline: arguments that each end with a zero byte.
func splitArgs(cmdline []byte) []string {
	text := strings.TrimSuffix(string(cmdline), "\x00")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}

// effectiveUID reads the second number of the Uid line of /proc/PID/status; -1
// when there is none.
func effectiveUID(status []byte) int {
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) >= 3 && fields[0] == "Uid:" {
			if uid, err := strconv.Atoi(fields[2]); err == nil {
				return uid
			}
		}
	}
	return -1
}

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for everything it shows.
const ticksPerSecond = 100

// started is when a process began, from the time since boot, so that it does not
// depend on the asker's clock.
func (p procDir) started(pid int, now func() time.Time) (time.Time, error) {
	text, err := os.ReadFile(filepath.Join(string(p), strconv.Itoa(pid), "stat"))
	if err != nil {
		return time.Time{}, err
	}
	st, ok := parseStat(text)
	if !ok {
		return time.Time{}, fmt.Errorf("process %d: unreadable stat", pid)
	}
	at, uptime, err := p.uptime(now)
	if err != nil {
		return time.Time{}, err
	}
	age := uptime - float64(st.start)/ticksPerSecond
	return at.Add(-time.Duration(age * float64(time.Second))), nil
}

// uptime reads both clocks at one moment. On a busy machine much time may pass between
// two readings; those are made again.
func (p procDir) uptime(now func() time.Time) (at time.Time, seconds float64, err error) {
	const tries, near = 100, 2 * time.Millisecond
	for range tries {
		at = now()
		up, err := os.ReadFile(filepath.Join(string(p), "uptime"))
		if err != nil {
			return at, 0, err
		}
		if _, err := fmt.Sscan(string(up), &seconds); err != nil {
			return at, 0, fmt.Errorf("uptime: %w", err)
		}
		if now().Sub(at) <= near {
			break
		}
	}
	return at, seconds, nil
}
