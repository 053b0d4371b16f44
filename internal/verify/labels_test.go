package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/careenhq/careen/diag"
)

// A mishap is one entry of the catalogue of what goes wrong when an image is made
// smaller, as a pair of images.
type mishap struct {
	before func(*testing.T, *world) // what the original has on top of the service; nil: nothing
	after  func(*testing.T, *world) // what goes wrong
	label  string                   // that is reported, where another cause of the same loss is the better word
}

// python is an interpreter with a packaged module and a source of the project's.
func python(source string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		const site = "/usr/lib/python3/dist-packages/"
		maps.Copy(w.own, files{
			"/usr/bin/python3": program(), site + "yaml/__init__.py": {body: "from .loader import Loader\n"}, site + "yaml/loader.py": {body: "import re\n"},
			"/app/report.py": {body: source, mode: 0o755}, "/var/lib/dpkg/info/python3-yaml.list": {body: site + "yaml/__init__.py\n" + site + "yaml/loader.py\n"},
		})
		w.edit(t, "/var/lib/dpkg/status", func(f *file) {
			f.body += "Package: python3-yaml\nStatus: install ok installed\nArchitecture: amd64\nVersion: 6\n\n"
		})
	}
}

func without(paths ...string) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { w.remove(paths...) }
}

func with(name string, f file) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { w.own[name] = f }
}

func configured(change func(*v1.Config)) func(*testing.T, *world) {
	return func(_ *testing.T, w *world) { change(&w.config) }
}

// catalogue has a fixture for every label of a stage that was split off or slimmed
// (B1 to B22, C1 to C9).
var catalogue = map[string]mishap{
	"B1": {after: func(_ *testing.T, w *world) { w.remove(libs + "libssl.so.3"); forget(w, "libssl3") }},
	"B2": {after: without("/app/web/node_modules/express")},
	"B3": {after: func(t *testing.T, w *world) {
		w.edit(t, "/app/ping", func(f *file) { f.body = elfOf("/lib/ld-musl-x86_64.so.1", "", "libc.so") })
	}},
	"B4": {after: func(t *testing.T, w *world) {
		w.edit(t, "/app/server", func(f *file) { f.body = program("libssl.so.1.1").body })
		w.own[libs+"libssl.so.1.1"] = library("libssl.so.1.1")
	}},
	"B5": {before: with("/app/venv/bin/tool", file{body: "#!/app/venv/bin/python\n", mode: 0o755}),
		after: without("/bin/bash")},
	"B6": {after: configured(func(c *v1.Config) {
		c.Env = slices.DeleteFunc(c.Env, func(e string) bool { return strings.HasPrefix(e, "APP_MODE=") })
	})},
	"B7":  {after: configured(func(c *v1.Config) { c.WorkingDir = "" })},
	"B8":  {after: configured(func(c *v1.Config) { c.Cmd = []string{"/bin/sh", "-c", "/app/server --port $PORT"} })},
	"B9":  {after: func(t *testing.T, w *world) { w.edit(t, "/app/ping", func(f *file) { f.xattr = "" }) }},
	"B10": {after: without("/app/releases/7")},
	"B11": {after: func(_ *testing.T, w *world) { w.remove("/app/data"); w.own["/app/data"] = file{link: "/app/releases"} }, label: "B17"},
	"B12": {after: without("/usr/bin/envsubst")},
	"B13": {after: without("/usr/bin/curl")},
	"B14": {after: without("/etc/ssl/certs")},
	"B15": {before: with("/app/compile.sh", file{body: "#!/bin/sh\ngcc-12 -o /tmp/x /app/main.c && exec /tmp/x\n", mode: 0o755}),
		after: func(_ *testing.T, w *world) { w.remove("/usr/bin/gcc-12", "/usr/lib/gcc"); forget(w, "gcc-12") }, label: "B12"},
	"B16": {before: with("/app/web/run.js", file{body: "require('mocha');\n"}), after: without("/app/web/node_modules/mocha")},
	"B17": {after: without("/app/data/words.txt")},
	"B18": {before: func(_ *testing.T, w *world) {
		w.own["/usr/bin/dpkg-query"] = program()
		w.own["/app/versions.sh"] = file{body: "#!/bin/sh\ndpkg-query -W\n", mode: 0o755}
	}, after: without("/var/lib/dpkg")},
	"B19": {before: with("/root/.cache/models/big.bin", file{body: "weights"}), after: without("/root/.cache"), label: "B17"},
	"B20": {after: func(_ *testing.T, w *world) { w.arch = "arm64" }},
	"B21": {after: func(_ *testing.T, w *world) {
		w.own[libs+"libssl.so.1.1"] = library("libssl.so.1.1", "libc.so.6")
		w.remove(libs + "libssl.so.3")
		forget(w, "libssl3")
	}, label: "B1"},
	"B22": {after: func(t *testing.T, w *world) {
		w.edit(t, "/app/web/node_modules/qs/package.json", func(f *file) { f.body = `{"name":"qs","version":"2"}` })
	}},

	"C1": {before: with("/app/data/error-page.html", file{body: "sorry"}), after: without("/app/data/error-page.html"), label: "B17"},
	"C2": {before: with("/app/plugins/b.so", library("b.so")), after: without("/app/plugins/b.so"), label: "B17"},
	"C3": {before: with("/usr/local/lib/python3.11/site-packages/flask-2.dist-info/METADATA", file{body: "Name: flask\n"}),
		after: without("/usr/local/lib/python3.11/site-packages/flask-2.dist-info"), label: "B17"},
	"C4": {before: with("/app/data/goodbye.txt", file{body: "bye"}), after: without("/app/data/goodbye.txt"), label: "B17"},
	"C5": {after: without("/app/uploads")},
	"C6": {before: with("/app/data/enabled", file{}), after: without("/app/data/enabled"), label: "B17"},
	"C7": {before: python("import sys\n\ndef late():\n    import yaml\n"), after: func(_ *testing.T, w *world) {
		w.remove("/usr/lib/python3/dist-packages/yaml")
		forget(w, "python3-yaml")
	}, label: "B2"},
	"C8": {after: without("/usr/bin/dot")},
	"C9": {before: with("/app/admin", program()), after: without("/app/admin"), label: "B17"},
}

func TestCatalogue(t *testing.T) {
	for _, series := range []struct {
		letter string
		last   int
	}{{"B", 22}, {"C", 9}} {
		for i := range series.last {
			label := series.letter + decimal(i+1)
			t.Run(label, func(t *testing.T) { catalogue[label].check(t, label) })
		}
	}
}

func (m mishap) check(t *testing.T, label string) {
	older := service()
	if m.before != nil {
		m.before(t, &older)
	}
	newer := older.clone()
	if m.after == nil {
		t.Fatal("no fixture")
	}
	if self := compareStatic(t, older, older, Options{}); len(self.Differences) > 0 {
		t.Fatalf("differs from itself: %q", found(self))
	}
	m.after(t, &newer)
	p := compareStatic(t, older, newer, Options{})
	if m.label != "" {
		label = m.label
	}
	if p.Verdict != diag.Different || !slices.ContainsFunc(p.Differences, func(d diag.Difference) bool { return d.Label == label }) {
		t.Errorf("%s: %q, want a difference labelled %s", p.Verdict, found(p), label)
	}
}
