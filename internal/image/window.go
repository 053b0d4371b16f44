package image

import (
	"debug/elf"
	"errors"
	"io"
	"slices"
)

// maxHead bounds what is held of the beginning of an ELF file, and maxTail of its
// end, in bytes. What the dynamic linker reads stands in the first segment, or at
// the end where patchelf put it.
const (
	maxHead  = 32 << 20
	wholeELF = 4 << 20 // files up to this size are held whole
	maxTail  = 1 << 20
)

// A window holds the parts of an ELF file that its facts are read from, while the
// file itself streams by. The zero value is ready; it may be used again and again.
type window struct {
	size  int64
	head  []byte   // from offset 0
	tail  []byte   // up to the end
	spans []extent // in between
}

type extent struct {
	at   int64
	data []byte
}

// errOutside is a part of the file that the window does not hold.
var errOutside = errors.New("outside of what is held")

// read streams a file of the given size into w and keeps the parts.
func (v *window) read(r io.Reader, size int64, w io.Writer, buf []byte) error {
	v.size, v.head, v.tail, v.spans = size, v.head[:0], v.tail[:0], nil
	r = io.TeeReader(r, w)
	if err := v.grow(r, min(size, wholeELF)); err != nil {
		return err
	}
	if size <= wholeELF {
		return nil
	}
	h, err := readELFHeader(v)
	if err == nil {
		if err := v.grow(r, min(size, h.headEnd())); err != nil {
			return err
		}
		v.plan(h)
	}
	return v.stream(r, buf)
}

// grow reads on until the head holds n bytes.
func (v *window) grow(r io.Reader, n int64) error {
	have := len(v.head)
	if n <= int64(have) {
		return nil
	}
	v.head = slices.Grow(v.head, int(n)-have)[:n]
	_, err := io.ReadFull(r, v.head[have:])
	return err
}

// plan makes room for the dynamic sections behind the head.
func (v *window) plan(h *elfHeader) {
	for _, p := range h.progs {
		if p.Type == elf.PT_DYNAMIC && p.Off >= uint64(len(v.head)) && p.Filesz <= maxDynamic && len(v.spans) < 2 {
			v.spans = append(v.spans, extent{int64(p.Off), make([]byte, 0, p.Filesz)})
		}
	}
}

// stream reads what follows the head.
func (v *window) stream(r io.Reader, buf []byte) error {
	at := int64(len(v.head))
	for {
		n, err := r.Read(buf)
		v.keep(at, buf[:n])
		at += int64(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (v *window) keep(at int64, p []byte) {
	for i := range v.spans {
		s := &v.spans[i]
		from := s.at + int64(len(s.data)) - at // the next byte wanted, within p
		if from >= 0 && from < int64(len(p)) {
			s.data = append(s.data, p[from:min(int64(len(p)), from+int64(cap(s.data)-len(s.data)))]...)
		}
	}
	if skip := v.size - maxTail - at; skip < int64(len(p)) {
		v.tail = append(v.tail, p[max(skip, 0):]...)
	}
}

// bytes is the part [off, off+n) of the file. It is only good until the next read.
func (v *window) bytes(off, n uint64) ([]byte, error) {
	if b := v.from(off, n); uint64(len(b)) == n {
		return b, nil
	}
	return nil, errOutside
}

// from is what is held of [off, off+n), which may be less or nothing.
func (v *window) from(off, n uint64) []byte {
	if b := part(v.head, 0, off, n); len(b) > 0 {
		return b
	}
	for _, s := range v.spans {
		if b := part(s.data, uint64(s.at), off, n); len(b) > 0 {
			return b
		}
	}
	return part(v.tail, uint64(v.size)-uint64(len(v.tail)), off, n)
}

// part cuts [off, off+n) out of data, which begins at the offset at.
func part(data []byte, at, off, n uint64) []byte {
	if off < at || off-at >= uint64(len(data)) {
		return nil
	}
	from := off - at
	return data[from:min(from+min(n, maxHead), uint64(len(data)))]
}
