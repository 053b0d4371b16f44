package image

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// file is one record of a test layer. A name ending in "/" is a directory; a body
// starting with "->" makes a symbolic link, with "=>" a hard link.
type file struct {
	name, body string
	mode       int64
	uid        int
	time       int64
	kind       byte // of a device
	major      int64
	xattrs     map[string]string
}

func (f file) header() *tar.Header {
	h := &tar.Header{
		Name: f.name, Mode: f.mode, Size: int64(len(f.body)), Typeflag: tar.TypeReg, Uid: f.uid, ModTime: time.Unix(f.time, 0),
		Devmajor: f.major, Format: tar.FormatPAX,
	}
	if h.Mode == 0 {
		h.Mode = 0o644
	}
	for k, v := range f.xattrs {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords[xattrPrefix+k] = v
	}
	switch {
	case f.kind != 0:
		h.Typeflag, h.Size = f.kind, 0
	case strings.HasSuffix(f.name, "/"):
		h.Typeflag, h.Size = tar.TypeDir, 0
	case strings.HasPrefix(f.body, "->"):
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.body[2:], 0
	case strings.HasPrefix(f.body, "=>"):
		h.Typeflag, h.Linkname, h.Size = tar.TypeLink, f.body[2:], 0
	}
	return h
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := f.header()
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, f.body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func layerOf(t testing.TB, files ...file) v1.Layer {
	t.Helper()
	return layerOfTar(t, tarOf(t, files...))
}

func layerOfTar(t testing.TB, data []byte, opts ...tarball.LayerOption) v1.Layer {
	t.Helper()
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func imageOf(t testing.TB, layers ...v1.Layer) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func opened(t testing.TB, img v1.Image) *Image {
	t.Helper()
	im, err := New(img)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func treeOf(t testing.TB, layers ...v1.Layer) *Tree {
	t.Helper()
	tree, err := opened(t, imageOf(t, layers...)).Tree(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// flat is a tree of one layer.
func oneLayer(t testing.TB, files ...file) *Tree {
	t.Helper()
	return treeOf(t, layerOf(t, files...))
}

// names lists a tree's paths.
func names(t *Tree) string {
	var all []string
	t.Walk(func(n *Node) bool {
		all = append(all, n.Path)
		return true
	})
	return strings.Join(all, " ")
}

// An elfSpec says what a made-up ELF file holds.
type elfSpec struct {
	machine         uint16 // 0: x86-64
	kind            uint16 // 0: ET_DYN
	interp          string
	needed          []string
	rpath, runpath  string
	soname          string
	needs           map[string]string // one version by library
	defines         []string
	pad             int  // bytes between the headers and the dynamic section
	stringsAtTheEnd bool // the string table behind the padding, as patchelf puts it
}

// elfOf writes a little-endian 64-bit ELF file with one segment at address 0 and
// nothing in it but what a dynamic linker reads.
func elfOf(s elfSpec) string {
	le := binary.LittleEndian
	const head = 64 + 3*56
	var body []byte // what follows the headers
	text := []byte{0}
	str := func(v string) uint32 {
		at := len(text)
		text = append(append(text, v...), 0)
		return uint32(at)
	}
	var dyn []uint64
	tag := func(t, v uint64) { dyn = append(dyn, t, v) }
	for _, n := range s.needed {
		tag(1, uint64(str(n)))
	}
	for t, v := range map[uint64]string{14: s.soname, 15: s.rpath, 29: s.runpath} {
		if v != "" {
			tag(t, uint64(str(v)))
		}
	}
	place := func(b []byte) uint64 {
		at := head + len(body)
		body = append(body, b...)
		return uint64(at)
	}
	interpAt := place(append([]byte(s.interp), 0))
	if len(s.needs) > 0 {
		var b []byte
		i := 0
		for lib, version := range s.needs {
			i++
			next := uint32(32)
			if i == len(s.needs) {
				next = 0
			}
			b = le.AppendUint16(b, 1)
			b = le.AppendUint16(b, 1)
			for _, v := range []uint32{str(lib), 16, next, 0} {
				b = le.AppendUint32(b, v)
			}
			b = le.AppendUint16(b, 0) // flags
			b = le.AppendUint16(b, 2)
			b = le.AppendUint32(b, str(version))
			b = le.AppendUint32(b, 0)
		}
		tag(0x6ffffffe, place(b))
		tag(0x6fffffff, uint64(len(s.needs)))
	}
	if len(s.defines) > 0 {
		var b []byte
		for i, version := range s.defines {
			next := uint32(28)
			if i == len(s.defines)-1 {
				next = 0
			}
			for _, v := range []uint16{1, 0, uint16(i + 2), 1} {
				b = le.AppendUint16(b, v)
			}
			for _, v := range []uint32{0, 20, next, str(version), 0} {
				b = le.AppendUint32(b, v)
			}
		}
		tag(0x6ffffffc, place(b))
		tag(0x6ffffffd, uint64(len(s.defines)))
	}
	if !s.stringsAtTheEnd {
		tag(5, place(text))
	}
	place(make([]byte, s.pad))
	if s.stringsAtTheEnd {
		tag(5, place(text))
	}
	tag(10, uint64(len(text)))
	tag(0, 0)
	var d []byte
	for _, v := range dyn {
		d = le.AppendUint64(d, v)
	}
	dynAt := place(d)
	return string(append(elfHead(s, interpAt, dynAt, uint64(len(d)), uint64(head+len(body))), body...))
}

func elfHead(s elfSpec, interpAt, dynAt, dynLen, size uint64) []byte {
	le := binary.LittleEndian
	machine, kind := s.machine, s.kind
	if machine == 0 {
		machine = 62
	}
	if kind == 0 {
		kind = 3
	}
	h := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	h = le.AppendUint16(h, kind)
	h = le.AppendUint16(h, machine)
	h = le.AppendUint32(h, 1)
	for _, v := range []uint64{0, 64, 0} { // entry, program headers, sections
		h = le.AppendUint64(h, v)
	}
	h = le.AppendUint32(h, 0)
	for _, v := range []uint16{64, 56, 3, 64, 0, 0} {
		h = le.AppendUint16(h, v)
	}
	prog := func(kind, flags uint32, at, n uint64) {
		h = le.AppendUint32(h, kind)
		h = le.AppendUint32(h, flags)
		for _, v := range []uint64{at, at, at, n, n, 8} {
			h = le.AppendUint64(h, v)
		}
	}
	prog(1, 4, 0, size)
	prog(2, 4, dynAt, dynLen)
	if s.interp != "" {
		prog(3, 4, interpAt, uint64(len(s.interp)+1))
	} else {
		prog(0, 0, 0, 0)
	}
	return h
}
