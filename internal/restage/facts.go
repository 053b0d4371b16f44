package restage

import "path"

// Facts is what is known of the built original, as plain values and look-ups.
// Whoever has the image open fills it in; Derive only reads it.
type Facts struct {
	Files    []File           // the merged tree, sorted by path
	Packages map[string]Owner // by package name
	Manager  string           // "dpkg", "apk" or "" when there is none
	Release  Release

	Args    []string // ENTRYPOINT and CMD joined: what the container executes
	Shell   bool     // Args is a shell form: /bin/sh -c TEXT
	Health  []string // the health check's command; nil when there is none
	Workdir string
	User    string
	Path    []string // PATH of the original image, in order
	Volumes []string
	Environ []string // the original's environment, NAME=VALUE

	// Instruction names the instruction that wrote a layer: "RUN", "COPY", …; ""
	// for layers of the base.
	Instruction func(layer int) string
	// Named lists packages that the Dockerfile asks the package manager for by name.
	Named []string
	// Roots leaves out of package names what another of them brings along.
	Roots func(names []string) []string
	// BuildOnly tells whether a package by its nature serves building only.
	BuildOnly func(name string) bool
	// Needed is the closure of shared libraries of the given programs: paths of
	// files, and what could not be found.
	Needed func(programs []string) (paths, missing []string)
	// Read is a text file's contents, "" when it cannot be had.
	Read func(path string) string
	// Bytes is any file's content, nil when it cannot be had or is beyond bounds.
	Bytes func(path string) []byte
	// Env is a variable of the original's environment, "" when it is not set.
	Env func(name string) string
	// Mentions tells whether a source file of the project names the word as a
	// path or a command.
	Mentions func(word string) bool
	// Sources are the texts of the project's source files, tests left out; nil when
	// there were too many to read.
	Sources []string
	// Starts tells whether a source file of the project starts the command as a
	// program of its own.
	Starts func(command string) bool
}

// A File is one entry of the original's merged tree.
type File struct {
	Path    string
	Dir     bool
	Link    string // target of a symbolic link
	Exec    bool   // a regular file that somebody may execute
	ELF     bool
	Dynamic bool // ELF with an interpreter
	Base    bool // from a layer of the base
	Layer   int  // index of the layer that wrote its content
	Package string
	Set     bool // a step of the project wrote it by name, or changed what a package brought
	Size    int64
	Mode    uint32 // permission bits, with setuid, setgid and sticky
	UID     int
	GID     int
}

// Owner is a package of the original.
type Owner struct {
	Name     string
	Required bool // part of every system of its distribution
	Carried  bool // part of every base that has its package manager
	Depends  []string
}

// Release is what the original's os-release says.
type Release struct{ ID, Version, Codename string }

// tree indexes Facts.Files for the derivation.
type tree struct {
	byPath   map[string]int
	children map[string][]int
	named    map[string][]int // by the last element of the path
	files    []File
}

func index(files []File) *tree {
	t := &tree{byPath: make(map[string]int, len(files)), children: map[string][]int{}, named: map[string][]int{}, files: files}
	for i, f := range files {
		t.byPath[f.Path] = i
		t.named[path.Base(f.Path)] = append(t.named[path.Base(f.Path)], i)
		if f.Path != "/" {
			d := parent(f.Path)
			t.children[d] = append(t.children[d], i)
		}
	}
	return t
}

// at is the file at a path, nil when there is none.
func (t *tree) at(p string) *File {
	if i, ok := t.byPath[p]; ok {
		return &t.files[i]
	}
	return nil
}
