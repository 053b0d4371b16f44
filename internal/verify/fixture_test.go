package verify

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// A file is one path of a made-up image. Its zero value is an empty file of root
// with mode 0644.
type file struct {
	body  string
	mode  int64
	uid   int
	dir   bool
	link  string
	xattr string // value of security.capability
}

type files map[string]file

// A world is an image of one base layer and one layer of the project.
type world struct {
	base, own files
	config    v1.Config
	installs  string // what the project's layer was made by
	arch      string
}

func (w world) clone() world {
	w.base, w.own = maps.Clone(w.base), maps.Clone(w.own)
	w.config = *w.config.DeepCopy()
	return w
}

// remove takes paths away, with everything below them.
func (w *world) remove(paths ...string) {
	for _, p := range paths {
		for _, layer := range []files{w.base, w.own} {
			maps.DeleteFunc(layer, func(name string, _ file) bool { return within(p, name) })
		}
	}
}

// edit changes a file in whichever layer has it.
func (w *world) edit(t *testing.T, name string, change func(*file)) {
	t.Helper()
	for _, layer := range []files{w.own, w.base} {
		if f, ok := layer[name]; ok {
			change(&f)
			layer[name] = f
			return
		}
	}
	t.Fatalf("the image has no %s", name)
}

func (f files) layer(t *testing.T) v1.Layer {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if err := w.WriteHeader(f[name].header(name)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[name].body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (f file) header(name string) *tar.Header {
	h := &tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: f.mode, Uid: f.uid, Gid: f.uid, Size: int64(len(f.body)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	switch {
	case f.dir:
		h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
	case f.link != "":
		h.Typeflag, h.Linkname = tar.TypeSymlink, f.link
	}
	if h.Mode == 0 {
		h.Mode = 0o644
		if f.dir {
			h.Mode = 0o755
		}
	}
	if f.xattr != "" {
		h.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": f.xattr}
	}
	return h
}

// subject writes the image to a layout.
func (w world) subject(t *testing.T) Subject {
	t.Helper()
	base := appended(t, empty.Image, "base", w.base.layer(t))
	config, err := base.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	img := appended(t, base, w.installs, w.own.layer(t))
	whole, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	whole = whole.DeepCopy()
	whole.Config, whole.OS, whole.Architecture = w.config, "linux", w.arch
	if img, err = mutate.ConfigFile(img, whole); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := to.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return Subject{Image: engine.Image{Layout: dir, Digest: digest.String()}, Base: withEnv(t, config)}
}

func appended(t *testing.T, img v1.Image, by string, l v1.Layer) v1.Image {
	t.Helper()
	img, err := mutate.Append(img, mutate.Addendum{Layer: l, History: v1.History{CreatedBy: by}})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// baseEnv is what the base sets.
var baseEnv = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "BASE_RELEASE=12", "LANG=C.UTF-8"}

func withEnv(t *testing.T, raw []byte) []byte {
	t.Helper()
	var c v1.ConfigFile
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	c.Config.Env = baseEnv
	out, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compareStatic compares two images without running anything.
func compareStatic(t *testing.T, older, newer world, o Options) diag.Parity {
	t.Helper()
	p, err := Run(t.Context(), nil, older.subject(t), newer.subject(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// elfOf writes an ELF file with nothing in it but what a dynamic linker reads.
func elfOf(interp, soname string, needed ...string) string {
	const headers = 64 + 3*56
	names := []byte{0}
	name := func(s string) uint64 {
		at := len(names)
		names = append(append(names, s...), 0)
		return uint64(at)
	}
	var dyn []elf.Dyn64
	for _, n := range needed {
		dyn = append(dyn, elf.Dyn64{Tag: int64(elf.DT_NEEDED), Val: name(n)})
	}
	if soname != "" {
		dyn = append(dyn, elf.Dyn64{Tag: int64(elf.DT_SONAME), Val: name(soname)})
	}
	size := uint64(len(dyn)+3) * 16
	dyn = append(dyn, elf.Dyn64{Tag: int64(elf.DT_STRTAB), Val: headers + size}, elf.Dyn64{Tag: int64(elf.DT_STRSZ), Val: uint64(len(names))}, elf.Dyn64{})
	end := headers + size + uint64(len(names))
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 3, Shentsize: 64}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	segments := []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Filesz: end + uint64(len(interp)+1), Memsz: end + uint64(len(interp)+1)},
		{Type: uint32(elf.PT_DYNAMIC), Off: headers, Vaddr: headers, Filesz: size, Memsz: size},
		{Type: uint32(elf.PT_NULL)},
	}
	if interp != "" {
		segments[2] = elf.Prog64{Type: uint32(elf.PT_INTERP), Off: end, Vaddr: end, Filesz: uint64(len(interp) + 1), Memsz: uint64(len(interp) + 1)}
	}
	var out bytes.Buffer
	for _, part := range []any{h, segments, dyn, names, append([]byte(interp), 0)} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			panic(err) // a bytes.Buffer takes everything
		}
	}
	return out.String()
}

const (
	linker = "/lib64/ld-linux-x86-64.so.2"
	libs   = "/usr/lib/x86_64-linux-gnu/"
)

func program(needed ...string) file {
	return file{body: elfOf(linker, "", append(needed, "libc.so.6")...), mode: 0o755}
}

func library(name string, needed ...string) file { return file{body: elfOf("", name, needed...)} }

func root(name string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("certificate of " + name)}))
}

// dpkg is the database of packages that are installed, with the files of each.
func dpkg(packages map[string][]string) files {
	out := files{}
	var status strings.Builder
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		status.WriteString("Package: " + name + "\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n")
		out["/var/lib/dpkg/info/"+name+".list"] = file{body: strings.Join(packages[name], "\n") + "\n"}
	}
	out["/var/lib/dpkg/status"] = file{body: status.String()}
	return out
}

// service is a small Debian image with a program, a script and a Node part.
func service() world {
	w := world{arch: "amd64", installs: "RUN apt-get install -y gcc-12 libssl3 && make"}
	w.base = files{
		"/bin/sh": program(), "/usr/bin/env": program(), "/usr/bin/envsubst": program(), "/usr/bin/dot": program(), "/usr/bin/curl": program(), "/bin/bash": program(),
		"/usr/bin/node": program(),
		linker:          {link: libs + "ld-linux-x86-64.so.2"}, libs + "ld-linux-x86-64.so.2": library("ld-linux-x86-64.so.2"),
		libs + "gconv/ISO8859-1.so": library("ISO8859-1.so", "libc.so.6"), libs + "gconv/ISO8859-2.so": library("ISO8859-2.so", "libc.so.6"),
		libs + "libgcc_s.so.1": library("libgcc_s.so.1", "libc.so.6"), libs + "libnss_ldap.so.2": library("libnss_ldap.so.2", "libc.so.6"),
		libs + "libnss_dns.so.2":             library("libnss_dns.so.2", "libc.so.6"),
		libs + "libc.so.6":                   library("libc.so.6"),
		"/etc/ssl/certs/ca-certificates.crt": {body: root("one") + root("two")},
		"/etc/nsswitch.conf":                 {body: "hosts: files dns\npasswd: files\nnetgroup: ldap\n"},
		"/usr/share/zoneinfo/Europe/Berlin":  {body: "TZif2 of Berlin"}, "/usr/share/zoneinfo/UTC": {body: "TZif2 of UTC"},
		"/tmp": {dir: true, mode: 0o1777}, "/var/tmp": {dir: true, mode: 0o1777},
		"/etc/passwd": {body: "root:x:0:0::/root:/bin/sh\n"}, "/etc/group": {body: "root:x:0:\n"}, "/etc/shadow": {body: "root:*:1::::::\n", mode: 0o640},
		"/usr/share/keyboards/layout.txt": {body: "qwerty"},
	}
	w.own = dpkg(map[string][]string{"libc6": {linker, libs + "ld-linux-x86-64.so.2", libs + "libc.so.6"}, "gcc-12": {"/usr/bin/gcc-12", "/usr/lib/gcc/cc1"}, "libssl3": {libs + "libssl.so.3"}, "media": {"/usr/share/media/pattern"}})
	maps.Copy(w.own, files{
		"/usr/bin/gcc-12": program(), "/usr/lib/gcc/cc1": program(), libs + "libssl.so.3": library("libssl.so.3", "libc.so.6"), "/usr/share/media/pattern": {body: "***"},
		"/etc/passwd": {body: "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n"}, "/etc/group": {body: "root:x:0:\napp:x:1000:\n"},
		"/etc/shadow":           {body: "root:*:1::::::\napp:!:1::::::\n", mode: 0o640},
		"/app/server":           program("libssl.so.3"),
		"/app/entrypoint.sh":    {body: "#!/bin/sh\nset -e\nenvsubst < /app/data/words.txt\nexec \"$@\"\n", mode: 0o755},
		"/app/tool":             {body: "#!/bin/bash\necho tool\n", mode: 0o755},
		"/app/data/words.txt":   {body: "a b c"},
		"/app/data/table.csv":   {body: "1,2,3\n", uid: 1000},
		"/app/current":          {link: "/app/releases/7"},
		"/app/releases/7":       {body: "seven"},
		"/app/uploads":          {dir: true, uid: 1000},
		"/app/README.md":        {body: "# how to build\n"},
		"/app/main.c":           {body: "int main(void) { return 0; }\n"},
		"/app/ping":             {body: elfOf(linker, "", "libc.so.6"), mode: 0o755, xattr: "net_raw"},
		"/app/web/index.js":     {body: "const e = require('express');\nrequire('child_process').execFile('dot', ['-V']);\n"},
		"/app/web/history.js":   {body: "require('child_process').execFile('git', ['log']);\n"},
		"/app/.git/HEAD":        {body: "ref: refs/heads/main\n"},
		"/app/web/node_modules": {dir: true},
		"/app/web/node_modules/express/package.json": {body: `{"name":"express","dependencies":{"qs":"1"}}`},
		"/app/web/node_modules/express/index.js":     {body: "module.exports = 1;\n"},
		"/app/web/node_modules/qs/package.json":      {body: `{"name":"qs"}`},
		"/app/web/node_modules/mocha/package.json":   {body: `{"name":"mocha"}`},
		"/app/web/package-lock.json":                 {body: `{"packages":{"node_modules/express":{},"node_modules/qs":{},"node_modules/mocha":{"dev":true}}}`},
	})
	for _, layer := range []files{w.base, w.own} { // what the layers of real images have
		for name := range maps.Clone(layer) {
			for dir := path.Dir(name); dir != "/"; dir = path.Dir(dir) {
				if _, known := layer[dir]; !known {
					layer[dir] = file{dir: true}
				}
			}
		}
	}
	w.config = v1.Config{
		Env: append(slices.Clone(baseEnv), "APP_MODE=production"), User: "app", WorkingDir: "/app",
		Entrypoint: []string{"/app/entrypoint.sh"}, Cmd: []string{"/app/server", "--port", "8080"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}}, Volumes: map[string]struct{}{"/app/uploads": {}},
		Labels: map[string]string{"org.opencontainers.image.title": "service"}, StopSignal: "SIGINT",
		Healthcheck: &v1.HealthConfig{Test: []string{"CMD", "curl", "-f", "http://127.0.0.1:8080/"}},
	}
	return w
}
