package image

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// libcOpens lists what glibc opens by name while a program runs, of what is
// there: the NSS modules that nsswitch.conf names, the character set converters of
// its gconv directory, and libgcc_s for unwinding when a thread is cancelled. It
// is empty when no program loaded glibc.
func (c *closer) libcOpens() []string {
	if c.glibc == nil {
		return nil
	}
	own := &closer{t: c.t, env: c.env, cache: c.cache, found: map[string]bool{}, started: map[*Node]bool{}, said: map[Missing]bool{}}
	program := c.glibc.objects[0]
	l := &linker{c: own, env: c.glibc.env, system: c.glibc.system, byName: map[string]*object{}}
	for _, name := range append(c.t.nssModules(), "libgcc_s.so.1") {
		if o, _ := l.find(program, name); o != nil {
			own.start(o.node.Path)
		}
	}
	for _, dir := range l.system {
		converters := c.t.Resolve(path.Join(dir, "gconv"))
		if converters == nil {
			continue
		}
		for _, n := range converters.sorted() {
			own.start(n.Path)
		}
	}
	return slices.Sorted(maps.Keys(own.found))
}

// nssModules are the modules for the services of nsswitch.conf, or for glibc's
// built-in choice without that file (nsswitch.conf(5)).
func (t *Tree) nssModules() []string {
	text, err := t.ReadFile("/etc/nsswitch.conf")
	if err != nil {
		text = []byte("hosts: dns files\npasswd: files\n")
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		_, services, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		for _, word := range strings.Fields(services) {
			if !strings.ContainsAny(word, "[]=/") {
				seen["libnss_"+word+".so.2"] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
