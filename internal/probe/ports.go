package probe

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// procDir is a proc file system; the zero value is of no use.
type procDir string

const hostProc procDir = "/proc"

// Socket states of the kernel (include/net/tcp_states.h) that mean "others may
// send to this": listening for TCP, unconnected for UDP.
const (
	tcpListen = "0A"
	udpOpen   = "07"
)

// ports lists the listening sockets. A table that the kernel lacks (no IPv6) is
// skipped; a tree without any of them is an error.
func (p procDir) ports() ([]Port, error) {
	var list []Port
	var read int
	var last error
	for _, table := range []struct {
		file  string
		parse func(io.Reader) []Port
	}{
		{"tcp", func(r io.Reader) []Port { return parseInet(r, "tcp", tcpListen) }},
		{"tcp6", func(r io.Reader) []Port { return parseInet(r, "tcp", tcpListen) }},
		{"udp", func(r io.Reader) []Port { return parseInet(r, "udp", udpOpen) }},
		{"udp6", func(r io.Reader) []Port { return parseInet(r, "udp", udpOpen) }},
		{"unix", parseUnix},
	} {
		f, err := os.Open(filepath.Join(string(p), "net", table.file))
		if err != nil {
			last = err
			continue
		}
		list = append(list, table.parse(f)...)
		f.Close()
		read++
	}
	if read == 0 {
		return nil, last
	}
	p.ownSockets(list)
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.Network != b.Network {
			return a.Network < b.Network
		}
		if a.Port != b.Port {
			return a.Port < b.Port
		}
		return a.Address < b.Address
	})
	return list, nil
}

// parseInet reads one of /proc/net/{tcp,udp}[6]. Lines that it does not
// understand are skipped.
func parseInet(r io.Reader, network, state string) []Port {
	var list []Port
	for lines := bufio.NewScanner(r); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[3] != state {
			continue
		}
		at, ok := parseAddress(fields[1])
		if !ok {
			continue
		}
		inode, _ := strconv.ParseUint(fields[9], 10, 64)
		list = append(list, Port{Network: network, Address: at.Addr().String(), Port: int(at.Port()), Inode: inode})
	}
	return list
}

// parseAddress reads "0100007F:1F90": the address as 32-bit words in the
// machine's own byte order, the port in plain hexadecimal.
func parseAddress(s string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(s, ":")
	if !ok {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), true
}

// acceptsConnections is the flag of a listening unix socket (__SO_ACCEPTCON).
const acceptsConnections = 0x10000

// parseUnix reads /proc/net/unix for listening sockets that have a path.
func parseUnix(r io.Reader) []Port {
	var list []Port
	for lines := bufio.NewScanner(r); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 {
			continue
		}
		flags, err := strconv.ParseUint(fields[3], 16, 64)
		if err != nil || flags&acceptsConnections == 0 {
			continue
		}
		inode, _ := strconv.ParseUint(fields[6], 10, 64)
		list = append(list, Port{Network: "unix", Address: strings.Join(fields[7:], " "), Inode: inode})
	}
	return list
}

// ownSockets fills in who holds each socket, as far as /proc may be read.
func (p procDir) ownSockets(list []Port) {
	if len(list) == 0 {
		return
	}
	owners := p.socketOwners()
	for i := range list {
		if pid, ok := owners[list[i].Inode]; ok {
			list[i].PID = pid
			list[i].Process = p.name(pid)
		}
	}
}

// socketOwners maps a socket's inode to the lowest process that has it open: the
// parent, where workers inherited it.
func (p procDir) socketOwners() map[uint64]int {
	owners := map[uint64]int{}
	for _, pid := range p.pids() {
		dir := filepath.Join(string(p), strconv.Itoa(pid), "fd")
		fds, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		for _, fd := range fds {
			target, err := os.Readlink(filepath.Join(dir, fd.Name()))
			if err != nil {
				continue
			}
			inode, ok := socketInode(target)
			if _, known := owners[inode]; ok && !known {
				owners[inode] = pid
			}
		}
	}
	return owners
}

// socketInode reads "socket:[4711]".
func socketInode(target string) (uint64, bool) {
	digits, ok := strings.CutPrefix(target, "socket:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(digits, "]"), 10, 64)
	return inode, err == nil
}
