package restage

import (
	"path"
	"slices"
)

// maxNamed is how many paths of one directory are copied by name; with more, the
// directory is copied whole if that adds nothing that was to be left behind.
const maxNamed = 8

// cover turns the set of kept paths into few COPY lines: a directory whose whole
// content stays is copied as one, files of one directory share a line. It never
// covers a path that is not kept.
// Symbolic links outside of such directories come apart: COPY follows them.
func cover(t *tree, keep map[string]bool) ([]Copy, []link) {
	c := coverer{t: t, keep: keep}
	return c.cover()
}

func (c *coverer) cover() ([]Copy, []link) {
	c.whole = map[string]bool{}
	c.full("/", false)
	c.emit("/")
	return c.copies, c.links
}

// commonDirs are directories that every system has. A step that writes into one
// writes it anew in its layer, and it is not the project's for that.
var commonDirs = map[string]bool{
	"/": true, "/bin": true, "/etc": true, "/home": true, "/lib": true, "/lib64": true, "/media": true, "/mnt": true, "/opt": true, "/root": true,
	"/run": true, "/sbin": true, "/srv": true, "/tmp": true, "/usr": true, "/usr/bin": true, "/usr/include": true, "/usr/lib": true,
	"/usr/libexec": true, "/usr/sbin": true, "/usr/share": true, "/usr/src": true, "/usr/local": true, "/usr/local/bin": true, "/usr/local/etc": true,
	"/usr/local/lib": true, "/usr/local/libexec": true, "/usr/local/sbin": true, "/usr/local/share": true, "/usr/local/src": true, "/var": true,
	"/var/cache": true, "/var/lib": true, "/var/local": true, "/var/log": true, "/var/mail": true, "/var/opt": true, "/var/spool": true, "/var/tmp": true,
}

type coverer struct {
	t      *tree
	keep   map[string]bool
	shared []string          // directories that may be copied over what the base has there
	absent map[string]string // files that the build stage deletes before anything is copied
	whole  map[string]bool   // directories that can be copied as one
	copies []Copy
	links  []link
}

// full computes bottom-up which directories stay whole: made by the project's own
// steps or shared with the base, holding at least one kept file and nothing that goes.
func (c *coverer) full(dir string, shared bool) (some, gone bool) {
	shared = shared || slices.Contains(c.shared, dir)
	for _, i := range c.t.children[dir] {
		file := &c.t.files[i]
		switch {
		case file.Dir:
			s, g := c.full(file.Path, shared)
			some, gone = some || s, gone || g
		case c.keep[file.Path]:
			some = true
		case c.absent[file.Path] == "" && !(shared && file.Base):
			gone = true
		}
	}
	gone = gone || (!own(c.t.at(dir)) || commonDirs[dir]) && !shared
	if some && !gone {
		c.whole[dir] = true
	}
	return some, gone
}

func (c *coverer) emit(dir string) {
	var files []string
	for _, i := range c.t.children[dir] {
		file := &c.t.files[i]
		switch {
		case file.Dir && c.whole[file.Path]:
			c.copies = append(c.copies, Copy{Paths: []string{file.Path}, Dir: true})
		case file.Dir:
			c.emit(file.Path)
		case c.keep[file.Path] && file.Link != "":
			c.links = append(c.links, link{file.Path, file.Link})
		case c.keep[file.Path]:
			files = append(files, file.Path)
		}
	}
	slices.Sort(files)
	for part := range slices.Chunk(files, maxNamed) {
		c.copies = append(c.copies, Copy{Paths: part})
	}
}

// emptyDirs are directories that the project's steps made and that hold nothing,
// outside directories that are copied whole.
func emptyDirs(f *Facts, t *tree, copies []Copy) []string {
	var dirs []string
	for i := range t.files {
		file := &t.files[i]
		if !file.Dir || !own(file) || len(t.children[file.Path]) > 0 || file.Path == path.Clean("/"+f.Workdir) {
			continue
		}
		if !file.Set && (leave(file.Path) != "" || managed(f, file) != "") || covered(copies, file.Path) || inBuildTree(t, file.Path) {
			continue
		}
		dirs = append(dirs, file.Path)
	}
	return dirs
}

// inBuildTree tells whether a build system filled a directory above the path: one of
// its customary name beside a description of the build.
func inBuildTree(t *tree, p string) bool {
	for dir := parent(p); dir != "/"; dir = parent(dir) {
		if !buildTrees[path.Base(dir)] {
			continue
		}
		for name := range sourceMarkers {
			if own(t.at(path.Join(parent(dir), name))) {
				return true
			}
		}
	}
	return false
}

func covered(copies []Copy, p string) bool {
	for _, c := range copies {
		if c.Dir && rootOf(c.Paths, p) != "" {
			return true
		}
	}
	return false
}
