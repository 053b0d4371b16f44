package restage

import (
	"path"
	"strings"
)

// cached tells whether a library that stays is found through the linker's cache alone:
// it lies in a directory that /etc/ld.so.conf names beside those that are always
// searched. The runtime stage then has to make the cache again.
func (n *needs) cached(f *Facts, t *tree) bool {
	if t.at("/etc/ld.so.cache") == nil {
		return false // musl has none
	}
	dirs := linkerDirs(f, t)
	for p := range n.keep {
		if file := t.at(p); file.ELF && strings.Contains(path.Base(p), ".so") && dirs[path.Dir(p)] {
			return true
		}
	}
	return false
}

// linkerDirs are the directories that the settings of the dynamic linker name.
func linkerDirs(f *Facts, t *tree) map[string]bool {
	dirs := map[string]bool{}
	files := []string{"/etc/ld.so.conf"}
	for _, i := range t.children["/etc/ld.so.conf.d"] {
		files = append(files, t.files[i].Path)
	}
	for _, file := range files {
		for line := range strings.Lines(f.Read(file)) {
			if dir := strings.TrimSpace(line); path.IsAbs(dir) && !alwaysSearched(dir) {
				dirs[path.Clean(dir)] = true
			}
		}
	}
	return dirs
}

// alwaysSearched tells whether the dynamic linker looks into a directory without being
// told: the system's, with and without the name of an architecture.
func alwaysSearched(dir string) bool {
	for _, root := range []string{"/lib", "/usr/lib", "/lib64", "/usr/lib64"} {
		if rest, ok := strings.CutPrefix(path.Clean(dir), root); ok && (rest == "" || strings.Contains(rest, "-linux-gnu") && strings.Count(rest, "/") == 1) {
			return true
		}
	}
	return false
}
