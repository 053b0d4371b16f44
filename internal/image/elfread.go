package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"slices"
)

var elfMagic = []byte(elf.ELFMAG)

// An elfHeader is the file header and the program headers, over what a window
// holds of the file. Every offset in it is the file's own claim.
type elfHeader struct {
	v       *window
	order   binary.ByteOrder
	wide    bool // 64-bit
	class   elf.Class
	machine elf.Machine
	kind    elf.Type
	progs   []elf.ProgHeader

	sections   uint64 // offset
	section    uint64 // size of one
	count      uint64
	namesIndex uint64
}

var errELF = errors.New("not a well-formed ELF file")

func readELFHeader(v *window) (*elfHeader, error) {
	ident, err := v.bytes(0, elf.EI_NIDENT)
	if err != nil || !bytes.HasPrefix(ident, elfMagic) {
		return nil, errELF
	}
	h := &elfHeader{v: v, class: elf.Class(ident[elf.EI_CLASS]), wide: ident[elf.EI_CLASS] == byte(elf.ELFCLASS64), order: binary.LittleEndian}
	if ident[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		h.order = binary.BigEndian
	}
	r := h.reader(elf.EI_NIDENT)
	h.kind, h.machine = elf.Type(r.half()), elf.Machine(r.half())
	r.word()
	r.address() // entry
	progs := r.address()
	h.sections = r.address()
	r.word()
	r.half()
	size, n := r.half(), r.half()
	h.section, h.count, h.namesIndex = r.half(), r.half(), r.half()
	if r.err != nil || n > maxProgs {
		return nil, errELF
	}
	return h, h.readProgs(progs, size, n)
}

func (h *elfHeader) readProgs(at, size, n uint64) error {
	for i := range n {
		r := h.reader(at + i*size)
		p := elf.ProgHeader{Type: elf.ProgType(r.word())}
		if h.wide {
			p.Flags = elf.ProgFlag(r.word())
		}
		p.Off, p.Vaddr, p.Paddr, p.Filesz, p.Memsz = r.address(), r.address(), r.address(), r.address(), r.address()
		if !h.wide {
			p.Flags = elf.ProgFlag(r.word())
		}
		if r.err != nil {
			return r.err
		}
		h.progs = append(h.progs, p)
	}
	return nil
}

// headEnd is how much of a large file's beginning is worth holding: its first
// segment when that is separate from the code.
func (h *elfHeader) headEnd() int64 {
	for _, p := range h.progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X == 0 && p.Off == 0 {
			return int64(min(p.Filesz, maxHead))
		}
	}
	return maxHead / 2
}

// offset is where the file has what the program sees at an address.
func (h *elfHeader) offset(address uint64) (uint64, error) {
	for _, p := range h.progs {
		if p.Type == elf.PT_LOAD && address >= p.Vaddr && address-p.Vaddr < p.Filesz {
			return address - p.Vaddr + p.Off, nil
		}
	}
	return 0, errELF
}

// text is the string at an offset, which may end where the window does.
func (h *elfHeader) text(off uint64) (string, error) {
	b := h.v.from(off, maxELFName)
	if end := bytes.IndexByte(b, 0); end >= 0 {
		return string(b[:end]), nil
	}
	if uint64(len(b)) < maxELFName && off < uint64(h.v.size) {
		return "", errOutside
	}
	return "", errELF
}

// hasSection looks for any of the names in the section headers.
func (h *elfHeader) hasSection(names ...string) bool {
	if h.count > maxSections || h.namesIndex >= h.count {
		return false
	}
	table, ok := h.sectionOffset(h.namesIndex)
	for i := uint64(0); ok && i < h.count; i++ {
		r := h.reader(h.sections + i*h.section)
		name := r.word()
		if r.err != nil {
			return false
		}
		if text, err := h.text(table + name); err == nil && slices.Contains(names, text) {
			return true
		}
	}
	return false
}

func (h *elfHeader) sectionOffset(i uint64) (off uint64, ok bool) {
	r := h.reader(h.sections + i*h.section)
	r.word()
	r.word()
	r.address()
	r.address()
	off = r.address()
	return off, r.err == nil
}

// numbers reads one number after the other; the first failure stays.
type numbers struct {
	h   *elfHeader
	at  uint64
	err error
}

func (h *elfHeader) reader(at uint64) *numbers { return &numbers{h: h, at: at} }

func (r *numbers) take(n uint64) []byte {
	b, err := r.h.v.bytes(r.at, n)
	if err != nil {
		r.err = err
		return make([]byte, n)
	}
	r.at += n
	return b
}

func (r *numbers) half() uint64 { return uint64(r.h.order.Uint16(r.take(2))) }
func (r *numbers) word() uint64 { return uint64(r.h.order.Uint32(r.take(4))) }

// address is a number as wide as the class says.
func (r *numbers) address() uint64 {
	if r.h.wide {
		return r.h.order.Uint64(r.take(8))
	}
	return r.word()
}
