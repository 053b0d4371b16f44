package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"path"
	"strings"
)

// triplets are Debian's multiarch directories.
var triplets = map[elf.Machine]string{
	elf.EM_X86_64: "x86_64-linux-gnu", elf.EM_AARCH64: "aarch64-linux-gnu", elf.EM_ARM: "arm-linux-gnueabihf", elf.EM_386: "i386-linux-gnu",
	elf.EM_S390: "s390x-linux-gnu", elf.EM_PPC64: "powerpc64le-linux-gnu", elf.EM_RISCV: "riscv64-linux-gnu",
}

// loaders are where glibc's linker is by convention.
var loaders = map[elf.Machine]string{
	elf.EM_X86_64: "/lib64/ld-linux-x86-64.so.2", elf.EM_AARCH64: "/lib/ld-linux-aarch64.so.1", elf.EM_ARM: "/lib/ld-linux-armhf.so.3",
	elf.EM_386: "/lib/ld-linux.so.2", elf.EM_S390: "/lib/ld64.so.1", elf.EM_PPC64: "/lib64/ld64.so.2", elf.EM_RISCV: "/lib/ld-linux-riscv64-lp64d.so.1",
}

const muslLoader = "ld-musl-"

// dynamicLinker is the linker that a program names, or the one that a library of
// its kind would meet; nil when it is not there.
func (t *Tree) dynamicLinker(e *ELF) *Node {
	if e.Interp != "" {
		return t.Resolve(e.Interp)
	}
	if n := t.Resolve(loaders[e.Machine]); n != nil && n.IsRegular() {
		return n
	}
	if lib := t.Resolve("/lib"); lib != nil {
		for _, n := range lib.sorted() {
			if strings.HasPrefix(n.Name(), muslLoader) {
				return t.Resolve(n.Path)
			}
		}
	}
	return nil
}

// isMusl goes by the program's own words first: Alpine may hold glibc's linker for
// a foreign program, and the other way round.
func isMusl(linker *Node, e *ELF) bool {
	if e.Interp != "" {
		return strings.HasPrefix(path.Base(e.Interp), muslLoader)
	}
	for _, name := range e.Needed {
		switch {
		case strings.HasPrefix(name, "libc.musl-"):
			return true
		case name == "libc.so.6":
			return false
		}
	}
	return linker != nil && (strings.HasPrefix(linker.Name(), muslLoader) || linker.ELF != nil && strings.HasPrefix(linker.ELF.Soname, "libc.musl-"))
}

// muslDirs reads /etc/ld-musl-ARCH.path, which stands in for the built-in ones.
func (t *Tree) muslDirs() []string {
	if etc := t.Resolve("/etc"); etc != nil {
		for _, n := range etc.sorted() {
			if !strings.HasPrefix(n.Name(), muslLoader) || path.Ext(n.Path) != ".path" {
				continue
			}
			if text, err := t.ReadFile(n.Path); err == nil {
				return strings.FieldsFunc(string(text), func(r rune) bool { return r == ':' || r == '\n' })
			}
		}
	}
	return []string{"/lib", "/usr/local/lib", "/usr/lib"}
}

// glibcDirs are the directories that glibc's linker was built to search: read from
// its file, else guessed from its place.
func (t *Tree) glibcDirs(linker *Node) []string {
	if linker != nil && linker.ELF != nil && len(linker.ELF.Search) > 0 {
		return linker.ELF.Search
	}
	dirs := []string{"/lib64", "/usr/lib64", "/lib", "/usr/lib"}
	if linker != nil {
		dir := strings.TrimPrefix(path.Dir(linker.Path), "/usr")
		dirs = append([]string{dir, "/usr" + dir}, dirs...)
	}
	return dirs
}

// cacheMagic begins the only part of ld.so.cache that glibc reads since 2.2
// (sysdeps/generic/dl-cache.h).
const (
	cacheMagic  = "glibc-ld.so.cache1.1"
	cacheHeader = 48
	cacheEntry  = 24
)

// linkerCache reads ld.so.cache: the paths of a library by name, in the linker's
// order, those for particular processors left out. What ldconfig was not told of is not in it, whatever ld.so.conf says.
func (t *Tree) linkerCache() map[string][]string {
	data, err := t.ReadFile("/etc/ld.so.cache")
	if err != nil {
		return nil
	}
	return parseCache(data)
}

func parseCache(data []byte) map[string][]string {
	start := bytes.Index(data, []byte(cacheMagic))
	if start < 0 || len(data)-start < cacheHeader {
		return nil
	}
	data = data[start:]
	var order binary.ByteOrder = binary.LittleEndian
	if data[28]&3 == 3 {
		order = binary.BigEndian
	}
	entries := data[cacheHeader:]
	paths := map[string][]string{}
	for i := 0; i < int(order.Uint32(data[len(cacheMagic):])) && len(entries) >= cacheEntry; i++ {
		name, file := cString(data, order.Uint32(entries[4:])), cString(data, order.Uint32(entries[8:]))
		if name != "" && strings.HasPrefix(file, "/") && !strings.Contains(file, "/glibc-hwcaps/") {
			paths[name] = append(paths[name], file)
		}
		entries = entries[cacheEntry:]
	}
	return paths
}

func cString(data []byte, at uint32) string {
	if uint64(at) >= uint64(len(data)) {
		return ""
	}
	text := data[at:min(uint64(at)+maxName, uint64(len(data)))]
	end := bytes.IndexByte(text, 0)
	if end < 0 {
		return ""
	}
	return string(text[:end])
}
