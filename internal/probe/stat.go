package probe

import (
	"io/fs"
	"os"
)

// stat describes what is at path. A path that cannot be looked at counts as one
// where nothing is: that is what the process under test would see too.
func stat(path string) File {
	info, err := os.Lstat(path)
	if err != nil {
		return File{Path: path, Type: "none"}
	}
	return describe(path, info)
}

func describe(path string, info fs.FileInfo) File {
	f := File{Path: path, Type: typeName(info.Mode()), Mode: unixMode(info.Mode())}
	if f.Type == "file" || f.Type == "link" {
		f.Size = info.Size()
	}
	f.UID, f.GID = ownerOf(info)
	if f.Type == "link" {
		f.Link, _ = os.Readlink(path)
	}
	return f
}

func typeName(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "file"
	case mode.IsDir():
		return "dir"
	case mode&fs.ModeSymlink != 0:
		return "link"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// unixMode turns Go's mode into the twelve bits that chmod knows.
func unixMode(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for _, b := range []struct {
		has fs.FileMode
		bit uint32
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if mode&b.has != 0 {
			bits |= b.bit
		}
	}
	return bits
}
