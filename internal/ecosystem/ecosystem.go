package ecosystem

import (
	"slices"
	"strings"
)

// A Manager is one package manager.
type Manager struct {
	Name      string   // "apt", "npm"
	Programs  []string // what it is called by
	System    bool     // it installs packages of the distribution
	Caches    []Cache  // what it keeps on disk that a later build can use again
	Manifests []string // files that say what to install, relative to the project
	Locks     []string // files that pin versions; "lockfile first" copies both kinds
	Clean     []string // a command that empties its caches; nil when there is none
	NoCache   []string // options of an install that keep it from filling caches
	CacheOff  string   // variable that does the same when set; "" when there is none

	// For dependencies that only building and testing need.
	Production    []string // options of an install that leave them out
	ProductionEnv []string // variables that do the same: "NAME=value", or "NAME" for any value

	read func(args []string) Call
}

// A Cache is a directory that a manager fills.
type Cache struct {
	Path    string // absolute, or relative to Home
	Home    string // variable that names the parent: "HOME", "GOPATH"; "" for an absolute Path
	Env     string // variable that names the directory itself; "" when there is none
	Sharing string // of a cache mount; "" where concurrent use is safe
	Builds  bool   // filled by compiling, not by downloading
}

// An Action is what a call does.
type Action int

// The actions. Other is anything that neither installs nor cleans up.
const (
	Other   Action = iota
	Update         // refreshes the index of available packages
	Install        // packages by name
	Restore        // what the project's manifest or lockfile says
	Upgrade        // everything installed
	Remove         // packages
	Clean          // caches
	Build          // compiles with what was restored
)

// A Call is one invocation of a manager.
type Call struct {
	Manager    *Manager
	Action     Action
	Verb       int   // index of the argument that says what to do; -1 without one
	Names      []int // indexes of the arguments that name packages
	NoCache    bool  // it leaves no cache behind
	Production bool  // it leaves development dependencies out
	Lean       bool  // apt: it leaves recommended packages out
	Global     bool  // npm -g and the like: not the project's dependencies
}

// Managers lists all that is known.
func Managers() []*Manager {
	return []*Manager{
		apt(), apk(), dnf(), pip(), npm(), yarn(), pnpm(), golang(), cargo(), maven(), gradle(), composer(), bundler(),
	}
}

// Table answers which manager a program belongs to. The zero value knows none;
// make one with NewTable.
type Table struct {
	byProgram map[string]*Manager
	byName    map[string]*Manager
}

// NewTable is a table of all managers.
func NewTable() *Table {
	t := &Table{map[string]*Manager{}, map[string]*Manager{}}
	for _, m := range Managers() {
		t.byName[m.Name] = m
		for _, p := range m.Programs {
			t.byProgram[p] = m
		}
	}
	return t
}

// Manager is the manager of that name; nil when it is not known.
func (t *Table) Manager(name string) *Manager { return t.byName[name] }

// Read recognises a call by the program's name (last path element) and arguments.
func (t *Table) Read(program string, args []string) (Call, bool) {
	shift := 0
	if isPython(program) {
		if len(args) < 2 || args[0] != "-m" || args[1] != "pip" {
			return Call{}, false
		}
		program, args, shift = "pip", args[2:], 2
	}
	m, ok := t.byProgram[program]
	if !ok {
		return Call{}, false
	}
	c := m.read(args)
	c.Manager = m
	if c.Verb >= 0 {
		c.Verb += shift
	}
	for k := range c.Names {
		c.Names[k] += shift
	}
	return c, true
}

func isPython(program string) bool {
	version, ok := strings.CutPrefix(program, "python")
	return ok && strings.Trim(version, "0123456789.") == ""
}

// Installs tells whether the call brings packages, by name or by manifest.
func (c Call) Installs() bool { return c.Action == Install || c.Action == Restore }

// Has tells whether one of the arguments is one of the options, alone or with a
// value behind '='.
func Has(args []string, options ...string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		name, _, _ := strings.Cut(a, "=")
		return slices.Contains(options, a) || slices.Contains(options, name)
	})
}

// verb is the index of the first argument that is no option; valued are the
// options whose value is an argument of its own.
func verb(args []string, valued ...string) int {
	for k := 0; k < len(args); k++ {
		if args[k] == "--" {
			return -1
		}
		if !strings.HasPrefix(args[k], "-") {
			return k
		}
		if slices.Contains(valued, args[k]) {
			k++
		}
	}
	return -1
}

// operands are the indexes of the arguments behind from that are no options.
func operands(args []string, from int, valued ...string) []int {
	var out []int
	for k := from + 1; k < len(args); k++ {
		switch {
		case args[k] == "--":
		case !strings.HasPrefix(args[k], "-"):
			out = append(out, k)
		case slices.Contains(valued, args[k]):
			k++
		}
	}
	return out
}

// Package is a package's name without the version, architecture or release that
// is asked for: "curl" of "curl=7.88*", "libc6:i386" and "curl/bookworm".
func Package(arg string) string {
	if at := strings.IndexAny(arg, "=:/<>~!@["); at > 0 {
		return arg[:at]
	}
	return arg
}
