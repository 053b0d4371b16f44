// Package restage derives the smallest runtime stage that a built image's
// evidence supports, and writes it as edits of the user's Dockerfile.
//
// It works in two halves. Derive reads the built original (its file tree, package
// database, ELF needs and entrypoint) and gives a Spec: base, packages, copies,
// and a reason for every path left behind. Render turns a Spec into edits that
// name the user's last stage and append the runtime stage after it. Nothing here
// builds, runs or measures; whether a Spec holds is for package verify to say.
package restage

import "github.com/careenhq/careen/diag"

// A Spec is a derived runtime stage.
type Spec struct {
	Kind     string    // "binary", "node" or "interpreted"
	Base     string    // image reference, or "scratch"
	Title    string    // of the change
	Why      string    // first comment above the stage
	Shell    bool      // the base has a shell and a package manager
	Exec     []string  // exec form that stands in for a shell form; nil keeps the user's text
	Prepare  []Prepare // instructions added to the end of the user's stage
	Packages []Package // installed by the distribution's manager
	Manuals  bool      // they need directories of manual pages, which slim bases lack
	Workdir  string    // working directory, "" when the base's is right
	Path     string    // PATH to set, empty to leave the base's
	Accounts bool      // users or groups of the build are needed
	// Configure repeats the commands that switch parts of packages on and off.
	Configure bool
	// Recommends installs what the packages recommend as well.
	Recommends bool
	dirs       []directory  // to be made before anything is copied
	handover   *handover    // chown that the copies do instead
	links      []link       // symbolic links to be made after everything is copied
	ldconfig   bool         // the linker's cache is to be made again, then
	Copies     []Copy       // in order
	Removed    []diag.Leave // what is left behind, with reasons
}

// Prepare is an instruction for the end of the user's stage, with its comment.
type Prepare struct{ Comment, Text string }

// A Package is a runtime package and the evidence for it.
type Package struct{ Name, Why string }

// A Copy is one COPY --from of the user's stage. Paths are absolute; each is
// copied to its own place.
type Copy struct {
	Paths []string
	Dir   bool   // the one path is a directory
	Owner string // for --chown; empty: as the build stage has it
	To    string // destination when it is not the paths' own place
	Why   string // comment; empty when the line speaks for itself
}

// A link is a symbolic link that COPY would turn into a copy of its target.
type link struct{ path, target string }
