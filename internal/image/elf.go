package image

import (
	"bytes"
	"debug/elf"
	"regexp"
	"strings"
)

// ELF is what the kernel and the dynamic linker read of an ELF file.
type ELF struct {
	Machine elf.Machine
	Class   elf.Class
	Type    elf.Type
	Interp  string   // dynamic linker, "" for libraries and static programs
	Needed  []string // libraries by soname
	RPath   []string
	RunPath []string
	Soname  string
	Needs   map[string][]string // symbol versions wanted, by library; weak ones left out
	Defines []string            // symbol versions defined
	Go      bool                // built by Go
	Dynamic bool                // has a dynamic section
	PIE     bool                // a program although its type says library
	Search  []string            // of a dynamic linker: the directories it was built to search
	Broken  string              // why facts are missing: the file is damaged or laid out as nothing known; "" when all were read
}

// Program tells whether the file can be started: it has an entry that the kernel
// accepts without a linker, or it names its linker.
func (e *ELF) Program() bool {
	return e.Interp != "" || e.PIE || e.Type == elf.ET_EXEC || e.Type == elf.ET_DYN && !e.Dynamic
}

// Static tells whether the file is a program that needs no dynamic linker.
func (e *ELF) Static() bool { return e.Program() && e.Interp == "" && len(e.Needed) == 0 }

// Bounds on what one file's dynamic section may say.
const (
	maxDynamic  = 256 << 10 // bytes of the section
	maxStrings  = 1024      // libraries, paths or versions
	maxELFName  = 4096
	maxSections = 4096
	maxProgs    = 1024 // Linux takes 64 KiB of them
)

// readELF reads the facts, or what of them can be read. It goes by the program
// headers, as the linker does: section headers may be stripped or lie. Go's mark
// alone stands in a section.
func readELF(v *window) *ELF {
	e := &ELF{}
	h, err := readELFHeader(v)
	if err != nil {
		e.Broken = err.Error()
		return e
	}
	e.Machine, e.Class, e.Type = h.machine, h.class, h.kind
	for _, p := range h.progs {
		var err error
		switch p.Type {
		case elf.PT_INTERP:
			e.Interp, err = h.text(p.Off)
		case elf.PT_DYNAMIC:
			e.Dynamic = true
			err = e.readDynamic(h, p)
		}
		if err != nil && e.Broken == "" {
			e.Broken = err.Error()
		}
	}
	if e.Interp == "" && strings.HasPrefix(e.Soname, "ld") {
		e.Search = builtIn(v)
	}
	e.Go = h.hasSection(".go.buildinfo", ".gopclntab")
	return e
}

func (e *ELF) readDynamic(h *elfHeader, p elf.ProgHeader) error {
	d, err := h.dynamic(p)
	if err != nil {
		return err
	}
	e.PIE = d.first(elf.DT_FLAGS_1)&uint64(elf.DF_1_PIE) != 0
	if e.Needed, err = d.texts(elf.DT_NEEDED); err != nil {
		return err
	}
	if e.RPath, err = d.paths(elf.DT_RPATH); err != nil {
		return err
	}
	if e.RunPath, err = d.paths(elf.DT_RUNPATH); err != nil {
		return err
	}
	sonames, err := d.texts(elf.DT_SONAME)
	if err != nil {
		return err
	}
	if len(sonames) > 0 {
		e.Soname = sonames[0]
	}
	if e.Needs, err = d.versionNeeds(); err != nil {
		return err
	}
	e.Defines, err = d.versionsDefined()
	return err
}

// systemDirs is how glibc's linker holds its system_dirs (elf/dl-load.c): strings
// with a slash at both ends, one after the other.
var systemDirs = regexp.MustCompile(`(?:/[\w.+/-]{1,80}/\x00){2,}`)

// builtIn reads the directories that a dynamic linker searches by default.
func builtIn(v *window) []string {
	for _, run := range systemDirs.FindAll(v.head, -1) {
		if bytes.Contains(run, []byte("/usr/lib")) {
			return strings.Split(strings.TrimRight(string(run), "\x00"), "\x00")
		}
	}
	return nil
}

func splitPath(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == ';' })
}
