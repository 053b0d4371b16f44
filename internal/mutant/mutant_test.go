package mutant

import (
	"archive/tar"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/careenhq/careen/internal/image"
)

// tool is an image with a script, a module, a package, a bundle and settings.
func tool(t *testing.T) (*image.Image, *image.Tree) {
	t.Helper()
	im, err := image.New(empty.Image)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := im.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, body string, mode uint32) image.Write {
		return image.Write{Node: image.Node{Path: name, Type: tar.TypeReg, Mode: mode}, Body: []byte(body)}
	}
	const root = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	im, tree, err = tree.Edited(t.Context(), image.Edit{
		Config: func(c *v1.Config) {
			c.Env, c.Entrypoint, c.Cmd = []string{"PATH=/usr/bin", "MODE=x"}, []string{"/app/run.sh"}, []string{"a", "b"}
			c.Healthcheck = &v1.HealthConfig{Test: []string{"CMD", "curl", "-f"}}
		},
		Put: []image.Write{
			put("/usr/bin/bash", "bash", 0o755), put("/usr/bin/jq", "jq", 0o755), put("/usr/bin/curl", "curl", 0o755), put("/usr/bin/python3", "python", 0o755),
			put("/usr/bin/sudo", "sudo", 0o4755), put(bundle, root+root, 0o644),
			put("/usr/lib/python3/dist-packages/yaml/__init__.py", "", 0o644),
			put("/app/run.sh", "#!/usr/bin/bash\n# never curl\nif true; then jq . /app/a.json; fi\n", 0o755),
			put("/app/late.py", "#!/usr/bin/python3\ndef f():\n    import yaml\n", 0o755),
			put("/app/a.json", `{"debug": false}`, 0o644),
			put("/var/lib/dpkg/status", "Package: jq\nStatus: install ok installed\nVersion: 1\n\nPackage: other\nStatus: install ok installed\nVersion: 1\n\n", 0o644),
			put("/var/lib/dpkg/info/jq.list", "/usr/bin/jq\n", 0o644), put("/var/lib/dpkg/info/other.list", "/usr/bin/bash\n", 0o644),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return im, tree
}

func TestAll(t *testing.T) {
	im, tree := tool(t)
	made, err := All(t.Context(), im, tree, 3)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range made {
		names = append(names, m.String())
		if m.Label == "" {
			t.Errorf("%s has no label", m)
		}
	}
	for _, want := range []string{
		"ENV dropped MODE", "ENTRYPOINT dropped /app/run.sh", "CMD lost its last word b", "CMD given to a shell a b",
		"entry removed /app/run.sh", "entry no longer executable /app/run.sh", "health check tool removed /usr/bin/curl",
		"interpreter removed /usr/bin/bash", "script's tool removed /usr/bin/jq", "script's tool's package dropped jq",
		"Python module removed /usr/lib/python3/dist-packages/yaml/__init__.py", "settings removed /app/a.json", "value swapped in settings /app/a.json",
		"one certificate removed " + bundle, "setuid or setgid lost /usr/bin/sudo",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("no mutant %q among\n%s", want, strings.Join(names, "\n"))
		}
	}
	if slices.Contains(names, "script's tool removed /usr/bin/curl") {
		t.Error("a comment was taken for a command")
	}
}

// TestEveryMutantDiffers holds that no mutant is the image that it was made of.
func TestEveryMutantDiffers(t *testing.T) {
	im, tree := tool(t)
	made, err := All(t.Context(), im, tree, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		edited, after, err := tree.Edited(t.Context(), m.Edit)
		if err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		changes := slices.DeleteFunc(image.Diff(tree, after), func(c image.Change) bool {
			return c.Kind == image.Changed && len(c.What) == 1 && c.What[0] == image.Time
		})
		if len(changes) == 0 && m.Edit.Config == nil {
			t.Errorf("%s changes nothing", m)
		}
		if m.Edit.Config != nil && len(edited.Layers) != len(im.Layers) {
			t.Errorf("%s changes files", m)
		}
	}
}

func TestDroppedPackageLeavesNoRecord(t *testing.T) {
	im, tree := tool(t)
	made, err := All(t.Context(), im, tree, 3)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(made, func(m Mutant) bool { return m.String() == "script's tool's package dropped jq" })
	if at < 0 {
		t.Fatal("no such mutant")
	}
	_, after, err := tree.Edited(t.Context(), made[at].Edit)
	if err != nil {
		t.Fatal(err)
	}
	if db := after.Database(); db.Package("jq") != nil || db.Package("other") == nil || after.Lookup("/usr/bin/jq") != nil {
		t.Errorf("jq %v, other %v", db.Package("jq"), db.Package("other"))
	}
}
