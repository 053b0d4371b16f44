package probe

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31415 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 31416 1 0000000000000000 100 0 0 10 0
   2: nonsense
`

const tcp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 27182 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 27183 1 0000000000000000 100 0 0 10 0
`

func littleEndianOnly(t *testing.T) {
	t.Helper()
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the tables below were taken on a little-endian machine")
	}
}

func TestParseInet(t *testing.T) {
	littleEndianOnly(t)
	got := append(parseInet(strings.NewReader(tcpTable), "tcp", tcpListen),
		parseInet(strings.NewReader(tcp6Table), "tcp", tcpListen)...)
	want := []Port{
		{Network: "tcp", Address: "127.0.0.1", Port: 8080, Inode: 31415},
		{Network: "tcp", Address: "::", Port: 80, Inode: 27182},
		{Network: "tcp", Address: "127.0.0.1", Port: 81, Inode: 27183},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseUnixKeepsNamedListeners(t *testing.T) {
	table := `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 501 /run/app.sock
0000000000000000: 00000003 00000000 00000000 0001 03 502 /run/app.sock
0000000000000000: 00000002 00000000 00010000 0001 01 503
`
	want := []Port{{Network: "unix", Address: "/run/app.sock", Inode: 501}}
	if got := parseUnix(strings.NewReader(table)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// statLine has a process name made to confuse: spaces, parentheses, a newline.
const statLine = "7 (a) S (b\n) R 3 7 7 0 -1 4194560 1 0 0 0 4 2 0 0 20 0 1 0 250 1 1"

func TestParseStat(t *testing.T) {
	got, ok := parseStat([]byte(statLine))
	if want := (procStat{"a) S (b\n", "R", 3, 6, 250}); !ok || got != want {
		t.Errorf("got %+v %v, want %+v", got, ok, want)
	}
}

// fakeProc is a proc file system of one process that holds one socket.
func fakeProc(t *testing.T) procDir {
	t.Helper()
	root := t.TempDir()
	for path, text := range map[string]string{
		"net/tcp":   tcpTable,
		"7/stat":    statLine,
		"7/comm":    "serve\n",
		"7/cmdline": "serve\x00--flag\x00\x00",
		"7/status":  "Name:\tserve\nUid:\t0\t1000\t0\t0\n",
		"uptime":    "12.50 20.00\n",
		"notes":     "",
	} {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fds := filepath.Join(root, "7/fd")
	if err := os.Mkdir(fds, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"0": "/dev/null", "3": "socket:[31415]"} {
		if err := os.Symlink(target, filepath.Join(fds, name)); err != nil {
			t.Fatal(err)
		}
	}
	return procDir(root)
}

func TestFakeProc(t *testing.T) {
	littleEndianOnly(t)
	proc := fakeProc(t)
	ports, err := proc.ports()
	if err != nil || len(ports) != 1 || ports[0].PID != 7 || ports[0].Process != "serve" {
		t.Errorf("ports %+v, %v", ports, err)
	}
	processes, err := proc.processes(0)
	want := []Process{{PID: 7, PPID: 3, UID: 1000, Name: "a) S (b\n", Args: []string{"serve", "--flag", ""}, State: "R"}}
	if err != nil || !reflect.DeepEqual(processes, want) {
		t.Errorf("processes %+v, %v; want %+v", processes, err, want)
	}
	if used, busy := proc.ticks(0); busy || !reflect.DeepEqual(used, map[int]uint64{7: 6}) {
		t.Errorf("CPU ticks %v, busy %v; want 6 of process 7, whose threads cannot be seen", used, busy)
	}
	now := time.Unix(1000, 0)
	if start, err := proc.started(7, func() time.Time { return now }); err != nil || !start.Equal(time.Unix(990, 0)) {
		t.Errorf("started %v, %v; want ten seconds before now", start, err)
	}
	readings := []time.Time{now.Add(-2 * time.Second), now.Add(-time.Second), now, now} // held up once, between both clocks
	clock := func() time.Time { r := readings[0]; readings = readings[1:]; return r }
	if start, err := proc.started(7, clock); err != nil || !start.Equal(time.Unix(990, 0)) {
		t.Errorf("started %v, %v on a busy machine; want ten seconds before now", start, err)
	}
}

// TestWaitStaysWhileSomethingWouldRun holds that a process which is given no processor
// is not taken for one that has nothing to do.
func TestWaitStaysWhileSomethingWouldRun(t *testing.T) {
	proc := fakeProc(t)
	thread := filepath.Join(string(proc), "7/task/8")
	if err := os.MkdirAll(thread, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(thread, "stat"), []byte(statLine), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, busy := proc.ticks(0); !busy {
		t.Error("a runnable thread is not seen")
	}
	wait := WaitRequest{Ports: []int{1}, Timeout: 10 * pollEvery, Idle: time.Nanosecond}
	if _, err := wait.run(t.Context(), proc); err == nil {
		t.Error("port 1 listens in a made-up tree")
	}
}

func TestWaitGivesUpWhenNothingRunsAnyMore(t *testing.T) {
	wait := WaitRequest{Ports: []int{1}, Timeout: time.Hour, Idle: time.Millisecond}
	if _, err := wait.run(t.Context(), fakeProc(t)); err == nil {
		t.Error("port 1 listens in a made-up tree")
	}
}

func TestAbsentProcIsAnError(t *testing.T) {
	proc := procDir(t.TempDir())
	if _, err := proc.ports(); err == nil {
		t.Error("ports of nothing gave no error")
	}
	if _, err := proc.processes(0); err == nil {
		t.Error("processes of nothing gave no error")
	}
	if _, err := proc.started(1, time.Now); err == nil {
		t.Error("start of nothing gave no error")
	}
}

func FuzzProcTables(f *testing.F) {
	for _, seed := range []string{tcpTable, tcp6Table, statLine, "Uid:\t0\t-5\n", "0:0 0:0 0A", "socket:[1]", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range parseInet(strings.NewReader(text), "tcp", tcpListen) {
			if p.Port < 0 || p.Port > 65535 || p.Address == "" {
				t.Errorf("impossible port %+v", p)
			}
		}
		parseUnix(strings.NewReader(text))
		if st, ok := parseStat([]byte(text)); ok && !strings.Contains(text, st.name) {
			t.Errorf("name %q is not in the text", st.name)
		}
		splitArgs([]byte(text))
		effectiveUID([]byte(text))
		socketInode(text)
		parseAddress(text)
	})
}
