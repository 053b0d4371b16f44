package image

import (
	"bytes"
	"debug/elf"
	"strings"
)

// ELF is what the dynamic linker reads of an ELF file.
type ELF struct {
	Machine elf.Machine
	Class   elf.Class
	Type    elf.Type
	Interp  string   // dynamic linker, "" for libraries and static programs
	Needed  []string // libraries by soname
	RPath   []string
	RunPath []string
	Soname  string
	Needs   map[string][]string // symbol versions wanted, by library
	Defines []string            // symbol versions defined
	Go      bool                // built by Go
	Dynamic bool                // has a dynamic section
}

// Program tells whether the file can be started: it has an entry that the kernel
// accepts without a linker, or it names its linker.
func (e *ELF) Program() bool {
	return e.Interp != "" || e.Type == elf.ET_EXEC || e.Type == elf.ET_DYN && !e.Dynamic
}

// readELF reads the facts, or what of them can be read: hostile files make
// debug/elf fail or panic, and are then facts without needs.
func readELF(data []byte) (e *ELF) {
	e = &ELF{}
	defer func() {
		if recover() != nil {
			e = &ELF{Machine: e.Machine, Class: e.Class, Type: e.Type}
		}
	}()
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return e
	}
	e.Machine, e.Class, e.Type = f.Machine, f.Class, f.Type
	for _, p := range f.Progs {
		switch p.Type {
		case elf.PT_INTERP:
			if p.Filesz < 4096 {
				b := make([]byte, p.Filesz)
				if _, err := p.ReadAt(b, 0); err == nil {
					e.Interp = strings.TrimRight(string(b), "\x00")
				}
			}
		case elf.PT_DYNAMIC:
			e.Dynamic = true
		}
	}
	e.Go = f.Section(".go.buildinfo") != nil || f.Section(".gopclntab") != nil
	if e.Dynamic {
		e.readDynamic(f)
	}
	return e
}

func (e *ELF) readDynamic(f *elf.File) {
	e.Needed, _ = f.DynString(elf.DT_NEEDED)
	e.RPath = paths(f, elf.DT_RPATH)
	e.RunPath = paths(f, elf.DT_RUNPATH)
	if names, _ := f.DynString(elf.DT_SONAME); len(names) > 0 {
		e.Soname = names[0]
	}
	if needs, err := f.DynamicVersionNeeds(); err == nil {
		e.Needs = map[string][]string{}
		for _, n := range needs {
			for _, dep := range n.Needs {
				if dep.Flags&elf.VER_FLG_WEAK == 0 {
					e.Needs[n.Name] = append(e.Needs[n.Name], dep.Dep)
				}
			}
		}
	}
	if defs, err := f.DynamicVersions(); err == nil {
		for _, d := range defs {
			if d.Flags&elf.VER_FLG_BASE == 0 {
				e.Defines = append(e.Defines, d.Name)
			}
		}
	}
}

func paths(f *elf.File, tag elf.DynTag) []string {
	var all []string
	values, _ := f.DynString(tag)
	for _, v := range values {
		for _, p := range strings.Split(v, ":") {
			if p != "" {
				all = append(all, p)
			}
		}
	}
	return all
}
