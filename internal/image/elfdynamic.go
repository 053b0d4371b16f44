package image

import (
	"debug/elf"
)

// A dynamicSection is the tags of a PT_DYNAMIC segment, in order.
type dynamicSection struct {
	h       *elfHeader
	tags    map[elf.DynTag][]uint64
	strings uint64 // offset of the string table; 0 when there is none
	length  uint64 // of it
}

func (h *elfHeader) dynamic(p elf.ProgHeader) (*dynamicSection, error) {
	d := &dynamicSection{h: h, tags: map[elf.DynTag][]uint64{}}
	r := h.reader(p.Off)
	for end := p.Off + min(p.Filesz, maxDynamic); r.at < end; {
		tag, value := elf.DynTag(r.address()), r.address()
		if r.err != nil {
			return nil, r.err
		}
		if tag == elf.DT_NULL {
			break
		}
		if len(d.tags[tag]) < maxStrings {
			d.tags[tag] = append(d.tags[tag], value)
		}
	}
	if at := d.first(elf.DT_STRTAB); at != 0 {
		off, err := h.offset(at)
		if err != nil {
			return nil, err
		}
		d.strings, d.length = off, d.first(elf.DT_STRSZ)
	}
	return d, nil
}

func (d *dynamicSection) first(tag elf.DynTag) uint64 {
	if values := d.tags[tag]; len(values) > 0 {
		return values[0]
	}
	return 0
}

func (d *dynamicSection) text(index uint64) (string, error) {
	if d.strings == 0 || index >= d.length {
		return "", errELF
	}
	return d.h.text(d.strings + index)
}

func (d *dynamicSection) texts(tag elf.DynTag) ([]string, error) {
	var all []string
	for _, index := range d.tags[tag] {
		s, err := d.text(index)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (d *dynamicSection) paths(tag elf.DynTag) ([]string, error) {
	values, err := d.texts(tag)
	var all []string
	for _, v := range values {
		all = append(all, splitPath(v)...)
	}
	return all, err
}

// versionNeeds reads DT_VERNEED: for each library the versions of symbols that
// have to be there. A weak one may be missing.
func (d *dynamicSection) versionNeeds() (map[string][]string, error) {
	at := d.first(elf.DT_VERNEED)
	if at == 0 {
		return nil, nil
	}
	off, err := d.h.offset(at)
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	for range min(d.first(elf.DT_VERNEEDNUM), maxStrings) {
		r := d.h.reader(off)
		r.half()
		count, file, aux, next := r.half(), r.word(), r.word(), r.word()
		if r.err != nil {
			return nil, r.err
		}
		library, err := d.text(file)
		if err != nil {
			return nil, err
		}
		if needs[library], err = d.auxNeeds(off+aux, count); err != nil {
			return nil, err
		}
		if next == 0 {
			break
		}
		off += next
	}
	return needs, nil
}

func (d *dynamicSection) auxNeeds(off, count uint64) ([]string, error) {
	var versions []string
	for range min(count, maxStrings) {
		r := d.h.reader(off)
		r.word()
		flags := r.half()
		r.half()
		name, next := r.word(), r.word()
		if r.err != nil {
			return nil, r.err
		}
		if elf.DynamicVersionFlag(flags)&elf.VER_FLG_WEAK == 0 {
			version, err := d.text(name)
			if err != nil {
				return nil, err
			}
			versions = append(versions, version)
		}
		if next == 0 {
			break
		}
		off += next
	}
	return versions, nil
}

// versionsDefined reads DT_VERDEF, the file's own name left out.
func (d *dynamicSection) versionsDefined() ([]string, error) {
	at := d.first(elf.DT_VERDEF)
	if at == 0 {
		return nil, nil
	}
	off, err := d.h.offset(at)
	if err != nil {
		return nil, err
	}
	var versions []string
	for range min(d.first(elf.DT_VERDEFNUM), maxStrings) {
		r := d.h.reader(off)
		r.half()
		flags := r.half()
		r.half()
		r.half()
		r.word()
		aux, next := r.word(), r.word()
		name := d.h.reader(off + aux).word()
		if r.err != nil {
			return nil, r.err
		}
		if elf.DynamicVersionFlag(flags)&elf.VER_FLG_BASE == 0 {
			version, err := d.text(name)
			if err != nil {
				return nil, err
			}
			versions = append(versions, version)
		}
		if next == 0 {
			break
		}
		off += next
	}
	return versions, nil
}
