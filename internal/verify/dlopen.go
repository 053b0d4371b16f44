package verify

import (
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// opened checks what the C library opens by name while programs run: NSS modules,
// and, where a file of the project names the function that needs them, character
// set converters and the unwinder. A function that only a package's library calls
// is not seen.
func (c *comparison) opened(s *sheet) {
	s.checked("dlopen")
	said := map[string]bool{}
	for _, p := range c.unopened {
		d := diag.Difference{Check: "dlopen", Path: p, Label: "B1", Reason: "the C library opens it while programs run, and the new image lacks it"}
		if functions := openedFor(p); functions != nil {
			function, user := c.caller(functions)
			if user == "" || said[function] {
				continue
			}
			said[function] = true // one of many converters is enough
			d.Reason = user + " names " + function + ", for which the C library opens it, and the new image lacks it"
		}
		s.differs(d)
	}
}

// caller is the first of several functions that a file of the project names.
func (c *comparison) caller(functions []string) (function, user string) {
	for _, f := range functions {
		if user := c.new.mentions(f); user != "" {
			return f, user
		}
	}
	return "", ""
}

// openedFor are the functions for which the C library opens a file; nil for an NSS
// module, which every look-up of a name may need.
func openedFor(file string) []string {
	switch {
	case path.Base(path.Dir(file)) == "gconv":
		return []string{"iconv_open"}
	case strings.HasPrefix(path.Base(file), "libgcc_s."):
		return []string{"pthread_cancel", "pthread_exit"}
	}
	return nil
}

// noLongerOpened lists what the old image's C library finds and the new one's does
// not. Nothing is opened where no C library is left.
func (c *comparison) noLongerOpened() []string {
	libc := c.new.libc()
	if libc == nil {
		return nil
	}
	var gone []string
	for _, p := range c.old.tree.Closure(c.old.programFiles(), c.old.env).Dlopened {
		n := c.old.tree.Lookup(p)
		if n != nil && !n.IsLink() && !c.new.has(p) && !c.new.hasLibrary(path.Base(p)) && !c.optionalModule(p, libc) {
			gone = append(gone, p)
		}
	}
	return gone
}

// programFiles lists the programs. Libraries are not among them: one that nothing is
// linked to is what a running program may open.
func (s *side) programFiles() []string {
	return slices.DeleteFunc(s.loadable(), func(p string) bool {
		n := s.tree.Resolve(p)
		return n == nil || n.ELF != nil && (n.ELF.Interp == "" || isLibrary(path.Base(p)))
	})
}

// libc is the C library that the image's programs load, nil without glibc.
func (s *side) libc() *image.Node {
	for _, p := range s.needs().Paths {
		if path.Base(p) == "libc.so.6" {
			return s.tree.Resolve(p)
		}
	}
	return nil
}

// optionalModule tells whether a module serves an NSS service that the new image's
// nsswitch.conf does not name for hosts or accounts, or that glibc has had built in since 2.34.
func (c *comparison) optionalModule(p string, libc *image.Node) bool {
	service, ok := strings.CutPrefix(path.Base(p), "libnss_")
	if !ok {
		return false
	}
	service, _, _ = strings.Cut(service, ".so")
	if (service == "files" || service == "dns") && libc.ELF != nil && slices.Contains(libc.ELF.Defines, "GLIBC_2.34") {
		return true
	}
	named := services(c.new.text("/etc/nsswitch.conf"))
	return !slices.ContainsFunc(databases, func(d string) bool { return slices.Contains(strings.Fields(named[d]), service) })
}
