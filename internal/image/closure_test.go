package image

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	loader = "/lib64/ld-linux-x86-64.so.2"
	musl   = "/lib/ld-musl-x86_64.so.1"
)

func library(name string, s elfSpec) file {
	return file{name: name, body: elfOf(s), mode: 0o755}
}

// needs is a program for glibc that needs libraries.
func needs(libs ...string) elfSpec { return elfSpec{interp: loader, needed: libs} }

func TestClosure(t *testing.T) {
	ld := library("lib64/ld-linux-x86-64.so.2", elfSpec{soname: "ld-linux-x86-64.so.2"})
	for _, c := range []struct {
		name    string
		root    elfSpec
		files   []file
		env     string
		found   string // a path that has to be in the closure
		missing string // "what kind"
	}{
		{name: "default directory", root: needs("liba.so"), files: []file{ld, library("usr/lib/liba.so", elfSpec{})}, found: "/usr/lib/liba.so"},
		{name: "linked directory", root: needs("liba.so"), files: []file{ld, {name: "lib", body: "->usr/lib"}, library("usr/lib/liba.so", elfSpec{})}, found: "/lib"},
		{name: "linked library", root: needs("liba.so"), files: []file{ld, {name: "lib/liba.so", body: "->liba.so.1.2"}, library("lib/liba.so.1.2", elfSpec{})}, found: "/lib/liba.so.1.2"},
		{name: "no linker", root: needs(), missing: loader + " interpreter"},
		{name: "no library", root: needs("liba.so"), files: []file{ld}, missing: "liba.so library"},
		{name: "library of a library", root: needs("liba.so"), files: []file{ld, library("lib/liba.so", elfSpec{needed: []string{"libb.so"}})}, missing: "libb.so library"},
		{name: "library for another machine", root: needs("liba.so"), files: []file{ld, library("lib/liba.so", elfSpec{machine: 183})}, missing: "liba.so architecture"},
		{name: "the right one behind the wrong one", root: needs("liba.so"), files: []file{ld, library("lib64/liba.so", elfSpec{machine: 3}), library("lib/liba.so", elfSpec{})}, found: "/lib/liba.so"},
		{name: "a directory that ldconfig was not told of", root: needs("liba.so"), files: []file{ld, {name: "etc/ld.so.conf", body: "/opt/lib\n"}, library("opt/lib/liba.so", elfSpec{})}, missing: "liba.so library"},
		{name: "ld.so.cache", root: needs("liba.so"), files: []file{ld, cacheFile("liba.so", "/opt/lib/liba.so"), library("opt/lib/liba.so", elfSpec{})}, found: "/opt/lib/liba.so"},
		{name: "/usr/local/lib is no default of glibc", root: needs("liba.so"), files: []file{ld, library("usr/local/lib/liba.so", elfSpec{})}, missing: "liba.so library"},
		{name: "LD_LIBRARY_PATH", root: needs("liba.so"), files: []file{ld, library("opt/liba.so", elfSpec{})}, env: "/nosuch:/opt", found: "/opt/liba.so"},
		{name: "RUNPATH with $ORIGIN", root: elfSpec{interp: loader, needed: []string{"liba.so"}, runpath: "$ORIGIN/../lib2"}, files: []file{ld, library("lib2/liba.so", elfSpec{})}, found: "/lib2/liba.so"},
		{name: "RUNPATH serves its own object alone", root: elfSpec{interp: loader, needed: []string{"liba.so"}, runpath: "/o"}, files: []file{ld, library("o/liba.so", elfSpec{needed: []string{"libb.so"}}), library("o/libb.so", elfSpec{})}, missing: "libb.so library"},
		{name: "RPATH serves what it loads", root: elfSpec{interp: loader, needed: []string{"liba.so"}, rpath: "/o"}, files: []file{ld, library("o/liba.so", elfSpec{needed: []string{"libb.so"}}), library("o/libb.so", elfSpec{})}, found: "/o/libb.so"},
		{name: "RUNPATH voids RPATH", root: elfSpec{interp: loader, needed: []string{"liba.so"}, rpath: "/o", runpath: "/p"}, files: []file{ld, library("o/liba.so", elfSpec{})}, missing: "liba.so library"},
		{name: "$LIB", root: elfSpec{interp: loader, needed: []string{"liba.so"}, rpath: "/o/${LIB}"}, files: []file{ld, library("o/lib64/liba.so", elfSpec{})}, found: "/o/lib64/liba.so"},
		{name: "a library already loaded by its soname", root: elfSpec{interp: loader, needed: []string{"/o/x", "liba.so"}}, files: []file{ld, library("o/x", elfSpec{soname: "liba.so"})}, found: "/o/x"},
		{name: "version defined", root: elfSpec{interp: loader, needed: []string{"liba.so"}, needs: map[string]string{"liba.so": "A_2"}}, files: []file{ld, library("lib/liba.so", elfSpec{defines: []string{"A_1", "A_2"}})}, found: "/lib/liba.so"},
		{name: "version missing", root: elfSpec{interp: loader, needed: []string{"liba.so"}, needs: map[string]string{"liba.so": "A_2"}}, files: []file{ld, library("lib/liba.so", elfSpec{defines: []string{"A_1"}})}, missing: "liba.so: A_2 version"},
		{name: "library without versions", root: elfSpec{interp: loader, needed: []string{"liba.so"}, needs: map[string]string{"liba.so": "A_2"}}, files: []file{ld, library("lib/liba.so", elfSpec{})}, found: "/lib/liba.so"},
		{name: "damaged library", root: needs("liba.so"), files: []file{ld, {name: "lib/liba.so", body: elfOf(elfSpec{needed: []string{"x"}})[:250]}}, missing: errOutside.Error() + " unreadable"},
		{name: "musl", root: elfSpec{interp: musl, needed: []string{"liba.so", "libc.musl-x86_64.so.1"}}, files: []file{library("lib/ld-musl-x86_64.so.1", elfSpec{}), library("usr/local/lib/liba.so", elfSpec{})}, found: "/usr/local/lib/liba.so"},
		{name: "musl's path file", root: elfSpec{interp: musl, needed: []string{"liba.so"}}, files: []file{library("lib/ld-musl-x86_64.so.1", elfSpec{}), {name: "etc/ld-musl-x86_64.path", body: "/opt\n"}, library("lib/liba.so", elfSpec{})}, missing: "liba.so library"},
		{name: "glibc program on musl", root: needs("libc.so.6"), files: []file{library("lib/ld-musl-x86_64.so.1", elfSpec{})}, missing: loader + " interpreter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := oneLayer(t, append(c.files, library("bin/root", c.root))...)
			got := tree.Closure([]string{"/bin/root"}, map[string]string{"LD_LIBRARY_PATH": c.env})
			if c.found != "" && !slices.Contains(got.Paths, c.found) {
				t.Errorf("%s is not among %q", c.found, got.Paths)
			}
			if first := firstMissing(got); first != c.missing {
				t.Errorf("missing %q, want %q", first, c.missing)
			}
		})
	}
}

func firstMissing(c Closure) string {
	if len(c.Missing) == 0 {
		return ""
	}
	return c.Missing[0].What + " " + c.Missing[0].Kind
}

func TestPrivilegedProgramsIgnoreTheEnvironment(t *testing.T) {
	for name, root := range map[string]file{
		"setuid":       {name: "bin/root", body: elfOf(needs("liba.so")), mode: 0o4755},
		"capabilities": {name: "bin/root", body: elfOf(needs("liba.so")), mode: 0o755, xattrs: map[string]string{"security.capability": "x"}},
	} {
		tree := oneLayer(t, root, library("lib64/ld-linux-x86-64.so.2", elfSpec{}), library("opt/liba.so", elfSpec{}))
		if got := firstMissing(tree.Closure([]string{"/bin/root"}, map[string]string{"LD_LIBRARY_PATH": "/opt"})); got != "liba.so library" {
			t.Errorf("%s: missing %q", name, got)
		}
	}
}

// The linker says itself where it searches.
func TestBuiltInDirectories(t *testing.T) {
	ld := elfOf(elfSpec{soname: "ld-linux-x86-64.so.2"}) + "\x00/lib/x86_64-linux-gnu/\x00/usr/lib/x86_64-linux-gnu/\x00/lib/\x00/usr/lib/\x00\x00"
	tree := oneLayer(t, file{name: "lib64/ld-linux-x86-64.so.2", body: ld}, library("bin/root", needs("liba.so")),
		library("usr/lib/x86_64-linux-gnu/liba.so", elfSpec{}))
	if got := tree.Closure([]string{"/bin/root"}, nil); len(got.Missing) > 0 {
		t.Errorf("missing %v", got.Missing)
	}
}

func TestScripts(t *testing.T) {
	tree := oneLayer(t, library("lib64/ld-linux-x86-64.so.2", elfSpec{}), library("opt/bin/tool", needs()), library("bin/env", needs()),
		file{name: "plain", body: "#! /opt/bin/tool -x\n", mode: 0o755}, file{name: "byenv", body: "#!/bin/env -S X=1 tool -y\n", mode: 0o755},
		file{name: "chain", body: "#!/plain\n", mode: 0o755}, file{name: "self", body: "#!/self\n", mode: 0o755},
		file{name: "gone", body: "#!/usr/bin/nosuch -x\n", mode: 0o755}, file{name: "goneenv", body: "#!/bin/env nosuch\n", mode: 0o755})
	for root, want := range map[string]string{
		"/plain": "", "/byenv": "", "/chain": "", "/self": "", "/gone": "/usr/bin/nosuch interpreter", "/goneenv": "nosuch interpreter", "/nofile": "/nofile file",
	} {
		got := tree.Closure([]string{root}, map[string]string{"PATH": "/bin:/opt/bin"})
		if first := firstMissing(got); first != want {
			t.Errorf("%s: missing %q, want %q", root, first, want)
		}
		if tool := slices.Contains(got.Paths, "/opt/bin/tool"); tool != strings.Contains("/plain /byenv /chain", root) {
			t.Errorf("%s: tool found %v in %q", root, tool, got.Paths)
		}
	}
}

func TestDlopened(t *testing.T) {
	tree := oneLayer(t, library("lib64/ld-linux-x86-64.so.2", elfSpec{}), library("bin/root", needs("libc.so.6")), library("lib/libc.so.6", elfSpec{soname: "libc.so.6"}),
		file{name: "etc/nsswitch.conf", body: "passwd: files sss # comment\nhosts: files [NOTFOUND=return] dns\n"},
		library("lib/libnss_sss.so.2", elfSpec{needed: []string{"libsss.so"}}), library("lib/libsss.so", elfSpec{}), library("lib/libnss_nis.so.2", elfSpec{}),
		library("lib/libgcc_s.so.1", elfSpec{}), library("lib/gconv/UTF-7.so", elfSpec{}))
	want := "/lib/gconv/UTF-7.so /lib/libgcc_s.so.1 /lib/libnss_sss.so.2 /lib/libsss.so"
	if got := strings.Join(tree.Closure([]string{"/bin/root"}, nil).Dlopened, " "); got != want {
		t.Errorf("opened %q, want %q", got, want)
	}
}

// cacheFile is an ld.so.cache of one library.
func cacheFile(name, path string) file {
	le := binary.LittleEndian
	const head, entry = cacheHeader, cacheEntry
	b := []byte(cacheMagic)
	b = le.AppendUint32(b, 1)
	b = append(b, make([]byte, head-len(b))...)
	b[28] = 2
	b = le.AppendUint32(b, 0x303)
	b = le.AppendUint32(b, head+entry)
	b = le.AppendUint32(b, uint32(head+entry+len(name)+1))
	b = append(b, make([]byte, 12)...)
	return file{name: "etc/ld.so.cache", body: string(b) + name + "\x00" + path + "\x00"}
}

func FuzzCache(f *testing.F) {
	f.Add([]byte(cacheFile("liba.so", "/lib/liba.so").body))
	f.Add(append([]byte("ld.so-1.7.0\x00\x00\x00\x00\x00"), cacheFile("a", "/b").body...))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, paths := range parseCache(data) {
			if name == "" || len(paths) == 0 || !strings.HasPrefix(paths[0], "/") {
				t.Errorf("%q: %q", name, paths)
			}
		}
	})
}

// TestCacheOfThisMachine reads what ldconfig wrote here.
func TestCacheOfThisMachine(t *testing.T) {
	data, err := os.ReadFile("/etc/ld.so.cache")
	if err != nil || !bytes.Contains(data, []byte(cacheMagic)) {
		t.Skip("no glibc cache on this machine")
	}
	if paths := parseCache(data); len(paths["libc.so.6"]) == 0 {
		t.Errorf("libc.so.6 is not among %d libraries", len(paths))
	}
}

func TestThisProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	tree := oneLayer(t, file{name: "bin/self", body: string(data), mode: 0o755})
	n := tree.Lookup("/bin/self")
	if n.ELF == nil || !n.ELF.Go || !n.ELF.Program() {
		t.Fatalf("a Go program is not recognised: %+v", n.ELF)
	}
	if got := tree.Machine(); got != n.ELF.Machine {
		t.Errorf("machine %v", got)
	}
}
