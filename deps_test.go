package careen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/careenhq/careen"

// layers is the layer of every package; ARCHITECTURE.md draws it. Imports go down
// only, and packages of one layer do not know each other.
var layers = map[string]int{
	"cmd/careen":        6,
	"hack/inspectfloor": 6,
	"hack/bases":        6, // commands of the workshop
	"hack/sizes":        6, "hack/mutants": 6, "hack/examples": 6,
	"": 5,

	"internal/optimize": 4,

	"internal/rule/checks": 3, "internal/bench": 3, "internal/verify": 3, "internal/mutant": 3, "internal/trace": 3, "internal/restage": 3,
	"internal/order": 3, "internal/repro": 3, "internal/explain": 3, "internal/ci": 3, "internal/report": 3,
	"internal/mounts":          3,
	"internal/engine/buildkit": 3, "internal/engine/embedded": 3, "internal/engine/enginetest": 3,

	"internal/project": 2, "internal/rule": 2, "internal/image": 2, "internal/provenance": 2, "internal/engine": 2,

	"dockerfile": 1, "internal/shell": 1, "internal/buildctx": 1, "internal/ecosystem": 1, "internal/history": 1, "internal/probe": 1,
	"internal/link": 1, "internal/parcel": 1,

	"span": 0, "diag": 0,
}

// siblings are the only imports within a layer, each with its reason.
var siblings = map[[2]string]string{
	{"diag", "span"}:                                         "a finding has a place",
	{"internal/rule", "internal/project"}:                    "a rule reads one value: the project with all its facts",
	{"internal/provenance", "internal/image"}:                "it says where every file of one tree comes from",
	{"internal/engine/embedded", "internal/engine/buildkit"}: "the embedded engine is the client, talking to a server in this process",
}

// A ban forbids packages to reach others, directly or through any import.
type ban struct {
	from   []string // packages of this module and all below them; "!" in front excepts
	to     []string // import paths and all below them; "$" at the end means that one alone
	direct bool     // only what the package itself imports
	reason string
}

var bans = []ban{
	{
		from:   []string{"span", "diag", "dockerfile", "internal", "!internal/engine/buildkit", "!internal/engine/embedded"},
		to:     []string{"github.com/moby/buildkit", "github.com/containerd/containerd", "google.golang.org/grpc"},
		reason: "they bring a thousand packages; the façade alone may pay for them",
	},
	{
		from:   []string{"internal/rule"},
		to:     []string{"net$", "net/http", "os/exec", module + "/internal/engine"},
		direct: true,
		reason: "a rule never builds, runs or asks the network; facts reach it as evidence",
	},
	{
		from:   []string{"internal/report", "internal/ci"},
		to:     []string{"os", "net$", "net/http"},
		direct: true,
		reason: "a renderer is a pure function of the document",
	},
	{
		from:   []string{"internal/optimize", "internal/bench", "internal/verify", "internal/trace", "internal/repro", "internal/explain"},
		to:     []string{module + "/internal/engine/buildkit", module + "/internal/engine/embedded"},
		reason: "they are handed an engine and never dial one",
	},
}

// stdOnly are packages that import the standard library and, of this module, only
// what is named; the reason says who relies on it.
var stdOnly = []struct {
	path, reason string
	except       []string
}{
	{"span", "other tools import it", nil},
	{"diag", "other tools read its documents", []string{module + "/span"}},
	{"dockerfile", "other tools import it", []string{module + "/span"}},
	{"internal/engine", "the contract must not lean on one engine", nil},
	{"internal/probe", "it runs inside any image", []string{"golang.org/x/sys"}},
	{"internal/parcel", "it runs inside builds", nil},
}

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func packages(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	all := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// ours is a path within this module; ok is false for other modules.
func ours(path string) (name string, ok bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

// under tells whether path is one of the prefixes or lies below one, and below
// none that is excepted.
func under(path string, prefixes []string) bool {
	found := false
	for _, p := range prefixes {
		p, except := strings.CutPrefix(p, "!")
		p, alone := strings.CutSuffix(p, "$")
		if path != p && (alone || !strings.HasPrefix(path, p+"/")) {
			continue
		}
		if except {
			return false
		}
		found = true
	}
	return found
}

// TestLayers holds the direction of imports.
func TestLayers(t *testing.T) {
	for path, p := range packages(t) {
		from, ok := ours(path)
		if !ok {
			continue
		}
		level, ok := layerOf(from)
		if !ok {
			t.Errorf("%s has no layer: enter it into the table of deps_test.go and into ARCHITECTURE.md", path)
			continue
		}
		for _, imported := range p.Imports {
			to, ok := ours(imported)
			if !ok || siblings[[2]string{from, to}] != "" || inside(from, to) {
				continue
			}
			if below, known := layerOf(to); known && below >= level {
				t.Errorf("%s (layer %d) imports %s (layer %d); imports go down only", path, level, imported, below)
			}
		}
	}
}

// layerOf is the layer of a package, or of the nearest one above it that has one:
// a package may have private packages below it.
func layerOf(name string) (int, bool) {
	for {
		if level, ok := layers[name]; ok {
			return level, true
		}
		slash := strings.LastIndexByte(name, '/')
		if slash < 0 {
			return 0, false
		}
		name = name[:slash]
	}
}

// inside tells whether one of two packages is a private part of the other, or
// both of a third.
func inside(a, b string) bool { return owner(a) == owner(b) }

func owner(name string) string {
	for {
		if _, ok := layers[name]; ok || !strings.Contains(name, "/") {
			return name
		}
		name = name[:strings.LastIndexByte(name, '/')]
	}
}

// TestBans holds what must not be reached, and prints the way it was.
func TestBans(t *testing.T) {
	all := packages(t)
	for _, b := range bans {
		for path := range all {
			name, ok := ours(path)
			if !ok || !under(name, b.from) {
				continue
			}
			if chain := reach(all, path, b); chain != nil {
				t.Errorf("%s\n\t%s", strings.Join(chain, "\n\timports "), b.reason)
			}
		}
	}
}

// reach is the shortest chain of imports from a package to one that is banned,
// nil when there is none.
func reach(all map[string]listed, from string, b ban) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, next := range all[at].Imports {
			if _, seen := came[next]; seen {
				continue
			}
			came[next] = at
			if under(next, b.to) {
				return chainTo(came, next)
			}
			if !b.direct && !all[next].Standard {
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func chainTo(came map[string]string, end string) []string {
	var chain []string
	for at := end; at != ""; at = came[at] {
		chain = append(chain, at)
	}
	slices.Reverse(chain)
	return chain
}

// TestStandardLibraryOnly holds the packages that promise to need nothing else.
func TestStandardLibraryOnly(t *testing.T) {
	all := packages(t)
	for _, s := range stdOnly {
		p, ok := all[module+"/"+s.path]
		if !ok {
			t.Errorf("%s does not exist", s.path)
		}
		for _, imported := range p.Imports {
			if !all[imported].Standard && !under(imported, s.except) {
				t.Errorf("%s imports %s; it promises the standard library only: %s", s.path, imported, s.reason)
			}
		}
	}
}

// TestReach holds the search itself: it goes through other modules, prints the
// way, and looks no further than asked.
func TestReach(t *testing.T) {
	all := map[string]listed{
		module + "/a": {Imports: []string{"x/y", "net/url"}},
		"x/y":         {Imports: []string{"heavy/part"}},
	}
	far := ban{to: []string{"heavy", "net$"}}
	if got, want := reach(all, module+"/a", far), []string{module + "/a", "x/y", "heavy/part"}; !slices.Equal(got, want) {
		t.Errorf("chain %q, want %q", got, want)
	}
	far.direct = true
	if got := reach(all, module+"/a", far); got != nil {
		t.Errorf("direct imports alone: %q", got)
	}
	if under("internal/engine/buildkit", bans[0].from) || !under("internal/engine", bans[0].from) {
		t.Error("an exception must except, and nothing else")
	}
}
