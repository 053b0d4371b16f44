package image

import (
	"archive/tar"
	"fmt"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// said writes changes as one line each.
func said(changes []Change) string {
	var all []string
	for _, c := range changes {
		s := string(c.Kind) + " " + c.Path
		for _, a := range c.What {
			s += " " + string(a)
		}
		if c.Noise != "" {
			s += " (" + string(c.Noise) + ")"
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new []file
		want     string
	}{
		{"nothing", []file{{name: "a", body: "x"}}, []file{{name: "a", body: "x"}}, ""},
		{"content of one length", []file{{name: "a", body: "x"}}, []file{{name: "a", body: "y"}}, "changed /a content"},
		{"setuid", []file{{name: "a", mode: 0o755}}, []file{{name: "a", mode: 0o4755}}, "changed /a mode"},
		{"owner", []file{{name: "a"}}, []file{{name: "a", uid: 1}}, "changed /a owner"},
		{"link target", []file{{name: "a", body: "->b"}}, []file{{name: "a", body: "->c"}}, "changed /a target"},
		{"capability", []file{{name: "a", xattrs: map[string]string{"security.capability": "1"}}}, []file{{name: "a"}}, "changed /a xattr"},
		{"device", []file{{name: "a", kind: tar.TypeChar, major: 1}}, []file{{name: "a", kind: tar.TypeChar, major: 2}}, "changed /a device"},
		{"type", []file{{name: "a", body: "->b"}}, []file{{name: "a", body: "b"}}, "changed /a type"},
		{"time alone", []file{{name: "a"}}, []file{{name: "a", time: 9}}, "changed /a time (timestamp)"},
		{"time and more", []file{{name: "a", body: "1"}}, []file{{name: "a", body: "2", time: 9}}, "changed /a content time"},
		{"added and removed", []file{{name: "d/a"}, {name: "d/b"}}, []file{{name: "d/b"}, {name: "d/c"}}, "removed /d/a; added /d/c"},
		{"whole directory", []file{{name: "d/e/f"}, {name: "g"}}, []file{{name: "g"}}, "removed /d; removed /d/e; removed /d/e/f"},
		{"directory became file", []file{{name: "d/e"}}, []file{{name: "d"}}, "changed /d type; removed /d/e"},
		{"hard link undone", []file{{name: "a", body: "1"}, {name: "b", body: "=>a"}}, []file{{name: "a", body: "1"}, {name: "b", body: "1"}}, "changed /b hard link"},
		{"first name gone", []file{{name: "a", body: "1"}, {name: "b", body: "=>a"}, {name: "c", body: "=>a"}}, []file{{name: "b", body: "1"}, {name: "c", body: "=>b"}}, "removed /a"},
		{"log", []file{{name: "var/log/x", body: "1"}}, []file{{name: "var/log/x", body: "2"}}, "changed /var/log/x content (log)"},
		{"log with another mode", []file{{name: "var/log/x"}}, []file{{name: "var/log/x", mode: 0o600}}, "changed /var/log/x mode"},
		{"log that is a link", []file{{name: "var/log/x", body: "->/dev/stdout"}, {name: "var/log/"}}, []file{{name: "var/log/"}}, "removed /var/log/x"},
		{"log directory", []file{{name: "var/log/"}, {name: "var/log/nginx/"}}, []file{{name: "var/log/"}}, "removed /var/log/nginx"},
		{"bytecode", []file{{name: "p/__pycache__/a.cpython-311.pyc", body: "1"}}, []file{{name: "p/__pycache__/a.cpython-311.pyc", body: "2"}}, "changed /p/__pycache__/a.cpython-311.pyc content (python bytecode)"},
		{"bytecode without source", []file{{name: "p/a.pyc", body: "1"}}, []file{{name: "p/a.pyc", body: "2"}}, "changed /p/a.pyc content"},
		{"machine id", []file{{name: "etc/machine-id", body: "1"}}, []file{{name: "etc/machine-id"}}, "changed /etc/machine-id content (machine id)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := said(Diff(oneLayer(t, c.old...), oneLayer(t, c.new...))); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// A flattened image equals its layers.
func TestFlattened(t *testing.T) {
	img := imageOf(t,
		layerOf(t, file{name: "usr/"}, file{name: "usr/bin/"}, file{name: "usr/bin/a", body: "1", mode: 0o4755}, file{name: "d/"}, file{name: "d/old"}, file{name: "lib", body: "->usr"}, file{name: "e", body: "5"}, file{name: "f", body: "=>e"}),
		layerOf(t, file{name: "d/"}, file{name: "d/.wh..wh..opq"}, file{name: "d/new", body: "2"}, file{name: ".wh.lib"}, file{name: "c", body: "3"}),
		layerOf(t, file{name: ".wh.c"}, file{name: "usr/bin/a", body: "1", mode: 0o755, uid: 5}))
	flat := imageOf(t, layerOfTar(t, extracted(t, img)))
	if got := said(Diff(treeOf(t, layersOf(t, img)...), treeOf(t, layersOf(t, flat)...))); got != "" {
		t.Errorf("they differ: %s", got)
	}
}

// extracted is the file tree as go-containerregistry merges it, an opinion other
// than ours.
func extracted(t testing.TB, img v1.Image) []byte {
	t.Helper()
	r := mutate.Extract(img)
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func layersOf(t testing.TB, img v1.Image) []v1.Layer {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

// TestManyChanges: as many as a chmod -R of a real image makes.
func TestManyChanges(t *testing.T) {
	var old, new []file
	for i := range 12_000 {
		name := fmt.Sprintf("d%d/f%d", i%100, i)
		old = append(old, file{name: name, body: "x", mode: 0o644})
		new = append(new, file{name: name, body: "x", mode: 0o755})
	}
	changes := Diff(oneLayer(t, old...), oneLayer(t, new...))
	if len(changes) != 12_000 || changes[0].What[0] != Mode {
		t.Errorf("%d changes", len(changes))
	}
}
