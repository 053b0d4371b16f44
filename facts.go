package careen

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/restage"
)

// gatherFacts answers what restaging asks of the built original.
func gatherFacts(ctx context.Context, p *project.Project, built *engine.Result, im *image.Image, tree *image.Tree) *restage.Facts {
	db := tree.Database()
	release := tree.Release()
	config, env := im.Config.Config, im.Env()
	sources := newMentions(p)
	sources.config = append(sources.config, strings.Join(slices.Concat(config.Env, config.Entrypoint, config.Cmd), "\n"))
	f := &restage.Facts{
		Packages: owners(db), Manager: db.Manager,
		Release: restage.Release{ID: release.ID, Version: release.Version, Codename: release.Codename},
		Args:    append(slices.Clone(config.Entrypoint), config.Cmd...),
		Workdir: config.WorkingDir, User: config.User,
		Path:        strings.Split(searchPath(env), ":"),
		Instruction: instructionOf(p.Dockerfile, built),
		Named:       namedPackages(p),
		BuildOnly:   buildOnly,
		Roots:       db.Roots,
		Needed:      neededBy(tree, env),
		Read:        readText(tree),
		Bytes:       readBytes(ctx, tree),
		Env:         func(name string) string { return env[name] },
		Environ:     config.Env,
		Mentions:    sources.of,
		Starts:      sources.starts,
		Sources:     sources.text,
	}
	f.Shell = len(f.Args) >= 3 && path.Base(f.Args[0]) == "sh" && f.Args[1] == "-c"
	for volume := range config.Volumes {
		f.Volumes = append(f.Volumes, volume)
	}
	if config.Healthcheck != nil {
		f.Health = config.Healthcheck.Test
	}
	base := baseLayers(im, built)
	written := origins(tree, base)
	step, runs := stepOf(p.Dockerfile, built), runText(p.Dockerfile)
	tree.Walk(func(n *image.Node) bool {
		file := restageFile(n, db, base, written)
		if file.Dir { // a later step may have written it again with another owner
			file.Set = !file.Base && restage.SetBy("RUN", runs, &file)
		} else {
			file.Set = !file.Base && restage.SetBy(f.Instruction(file.Layer), step(file.Layer), &file)
		}
		f.Files = append(f.Files, file)
		return true
	})
	return f
}

// origins tells which layer first had a file's content, where later ones carry it
// again: after chown or chmod the layer that wrote it last says nothing. Below the
// first of the project's own layers nothing is its steps' doing.
func origins(tree *image.Tree, base int) func(path string, layer int) int {
	type copied struct {
		path  string
		layer int
	}
	from := map[copied]int{}
	for _, h := range tree.Hidden {
		if h.Cause == image.Copied && h.Layer < h.By {
			from[copied{h.Path, h.By}] = h.Layer
		}
	}
	return func(path string, layer int) int {
		for {
			earlier, ok := from[copied{path, layer}]
			if !ok || earlier < base && layer >= base {
				return layer
			}
			layer = earlier
		}
	}
}

func restageFile(n *image.Node, db *image.Database, base int, written func(string, int) int) restage.File {
	layer := written(n.Path, n.Layer)
	if layer < base { // a step wrote again what the base has
		layer = n.Layer
	}
	return restage.File{
		Path: n.Path, Dir: n.IsDir(), Link: n.Link, Exec: n.Executable(), ELF: n.ELF != nil,
		Dynamic: n.ELF != nil && (n.ELF.Interp != "" || len(n.ELF.Needed) > 0),
		Base:    n.Layer < base, Layer: layer, Package: db.Owner(n.Path), Size: n.Size, Mode: n.Mode, UID: n.UID, GID: n.GID,
	}
}

// owners lists the packages. Required ones are on every system of the distribution:
// the essential ones and what those need, the C library among them. Carried ones are
// what the package manager needs for itself.
func owners(db *image.Database) map[string]restage.Owner {
	var essential []string
	for _, p := range db.Packages {
		if p.Essential {
			essential = append(essential, p.Name)
		}
	}
	required, carried := db.Needs(essential...), db.Needs("apt", "apk-tools")
	all := map[string]restage.Owner{}
	for _, p := range db.Packages {
		all[p.Name] = restage.Owner{Name: p.Name, Required: required[p.Name], Carried: carried[p.Name]}
	}
	return all
}

func searchPath(env map[string]string) string {
	if env["PATH"] != "" {
		return env["PATH"]
	}
	return image.DefaultPath
}

// baseLayers counts the layers that come from the image that the built stage
// starts from: the longest base whose layers the image begins with.
func baseLayers(im *image.Image, built *engine.Result) int {
	best := 0
	for _, b := range built.Bases {
		var config v1.ConfigFile
		if json.Unmarshal(b.Config, &config) == nil {
			best = max(best, image.SharedLayers(config.RootFS.DiffIDs, im.Config.RootFS.DiffIDs))
		}
	}
	return best
}

// baseConfig is the configuration of the image that the built stage starts from,
// nil when it starts from nothing or is not known.
func baseConfig(file *dockerfile.File, s settings, built *engine.Result) []byte {
	ref := finalBase(file, s)
	for _, b := range built.Bases {
		if sameReference(b.Ref, ref) {
			return b.Config
		}
	}
	return nil
}

// finalBase is the image reference at the bottom of the stage that is built.
func finalBase(file *dockerfile.File, s settings) string {
	stage := file.Final(s.Target)
	for stage != nil {
		parent := file.Parent(stage, s.BuildArgs)
		if parent == nil {
			name, err := file.BaseName(stage, s.BuildArgs)
			if err != nil {
				return ""
			}
			return name
		}
		stage = parent
	}
	return ""
}

// settings are the build's choices that resolve a Dockerfile.
type settings struct {
	Target    string
	BuildArgs map[string]string
}

// sameReference compares a reference as written with one that BuildKit completed.
func sameReference(full, written string) bool {
	if full == written {
		return true
	}
	written, _, pinned := strings.Cut(written, "@")
	full, _, _ = strings.Cut(full, "@")
	if slash := strings.LastIndex(written, "/"); !strings.Contains(written[slash+1:], ":") && !pinned {
		written += ":latest"
	}
	return full == written || strings.HasSuffix(full, "/"+written)
}

// instructionOf tells which instruction wrote a layer.
func instructionOf(file *dockerfile.File, built *engine.Result) func(int) string {
	return ofLayer(file, built, func(in *dockerfile.Instruction) string { return in.Name })
}

// stepOf is the text of the instruction that wrote a layer.
func stepOf(file *dockerfile.File, built *engine.Result) func(int) string {
	return ofLayer(file, built, (*dockerfile.Instruction).Text)
}

// runText is the text of all RUN instructions.
func runText(file *dockerfile.File) string {
	var text strings.Builder
	for _, in := range file.Instructions {
		if in.Name == "RUN" {
			text.WriteString(in.Text() + "\n")
		}
	}
	return text.String()
}

// ofLayer tells something of the instruction that wrote a layer; "" for others.
func ofLayer(file *dockerfile.File, built *engine.Result, tell func(*dockerfile.Instruction) string) func(int) string {
	byLine := map[int]string{}
	for _, in := range file.Instructions {
		first, last := in.LineRange()
		for l := first; l <= last; l++ {
			byLine[l] = tell(in)
		}
	}
	byLayer := map[int]string{}
	for _, s := range built.Steps {
		if s.Layer >= 0 && len(s.Lines) > 0 {
			byLayer[s.Layer] = byLine[s.Lines[0].First]
		}
	}
	return func(layer int) string { return byLayer[layer] }
}

func neededBy(tree *image.Tree, env map[string]string) func([]string) ([]string, []string) {
	return func(programs []string) ([]string, []string) {
		c := tree.Closure(programs, env)
		var missing []string
		for _, m := range c.Missing {
			missing = append(missing, fmt.Sprintf("%s %s of %s", m.Kind, m.What, m.From))
		}
		return c.Paths, missing
	}
}

func readText(tree *image.Tree) func(string) string {
	return func(p string) string {
		text, err := tree.ReadFile(p)
		if err != nil {
			return ""
		}
		return string(text)
	}
}

// maxArchive bounds what is read of one file: a larger one is not looked into.
const maxArchive = 256 << 20

func readBytes(ctx context.Context, tree *image.Tree) func(string) []byte {
	return func(p string) []byte {
		content, err := tree.Read(ctx, p, maxArchive)
		if err != nil {
			return nil
		}
		return content
	}
}
