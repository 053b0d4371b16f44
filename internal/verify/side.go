package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
)

// side is one of the two images, opened.
type side struct {
	image       engine.Image
	config      *v1.ConfigFile
	base        *v1.ConfigFile // of what its last stage started from; nil when not known
	tree        *image.Tree
	db          *image.Database
	env         map[string]string
	annotations map[string]string        // of the manifest
	baseLayers  int                      // how many of the layers come from the base
	loaded      *image.Closure           // of everything that can be loaded, once asked for
	byName      map[string][]*image.Node // once asked for
	dev         map[string]bool          // development modules, once asked for
	pyPath      []string                 // where Python finds modules, once asked for
	named       map[string]string        // word that was looked for, and a file of the project that holds it
}

// open reads a subject's image.
func open(ctx context.Context, s Subject) (*side, error) {
	read := s.Read
	if read == nil {
		read = readImage
	}
	im, tree, err := read(ctx, s.Image)
	if err != nil {
		return nil, err
	}
	opened := &side{image: s.Image, config: &im.Config, tree: tree, db: tree.Database(), env: im.Env(), annotations: im.Annotations, named: map[string]string{}}
	if s.Base != nil {
		opened.base = &v1.ConfigFile{}
		if err := json.Unmarshal(s.Base, opened.base); err != nil {
			return nil, fmt.Errorf("configuration of the base: %w", err)
		}
		opened.baseLayers = image.SharedLayers(opened.base.RootFS.DiffIDs, im.Config.RootFS.DiffIDs)
	}
	return opened, nil
}

func readImage(ctx context.Context, i engine.Image) (*image.Image, *image.Tree, error) {
	im, err := image.OpenLayout(i.Layout, i.Digest)
	if err != nil {
		return nil, nil, err
	}
	tree, err := im.Tree(ctx)
	return im, tree, err
}

// fromBase tells whether a node came with the base and was not touched since.
func (s *side) fromBase(n *image.Node) bool { return n.Layer < s.baseLayers }

// own tells whether the project made or brought the file: neither the base nor a
// package did.
func (s *side) own(n *image.Node) bool { return !s.fromBase(n) && s.db.Owner(n.Path) == "" }

func (s *side) text(file string) string {
	text, err := s.tree.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text)
}

func (s *side) has(file string) bool { return file != "" && s.tree.Resolve(file) != nil }

// command is the path of the program that a name means when the container runs it.
func (s *side) command(name string) string {
	return s.tree.Command(name, s.config.Config.WorkingDir, s.env)
}

func (s *side) hasCommand(name string) bool { return s.command(name) != "" }

// needs is what everything in the image that can be loaded needs.
func (s *side) needs() *image.Closure {
	if s.loaded == nil {
		closure := s.tree.Closure(s.loadable(), s.env)
		s.loaded = &closure
	}
	return s.loaded
}

// called lists what has a name in any directory, directories left out.
func (s *side) called(name string) []*image.Node {
	if s.byName == nil {
		s.byName = map[string][]*image.Node{}
		s.tree.Walk(func(n *image.Node) bool {
			if !n.IsDir() {
				s.byName[n.Name()] = append(s.byName[n.Name()], n)
			}
			return true
		})
	}
	return s.byName[name]
}

// mentions is a file of the project that holds the word, "" when none does or the
// word was not looked for.
func (s *side) mentions(word string) string { return s.named[word] }

// setByProject tells whether a variable or label is the project's own: the base
// does not have it, or has another value. It is false when the base is not known.
func (s *side) setByProject(kind, name, value string) bool {
	if s.base == nil {
		return false
	}
	if kind == "LABEL" {
		base, had := s.base.Config.Labels[name]
		return !had || base != value
	}
	base, had := s.baseEnv()[name]
	return !had || base != value
}

func (s *side) baseEnv() map[string]string {
	if s.base == nil {
		return nil
	}
	return environment(s.base.Config.Env)
}

// firstIn names a program in a directory of PATH, "" when there is none.
func (s *side) firstIn(dir string) string {
	names := s.programs(dir)
	if len(names) == 0 {
		return ""
	}
	return path.Join(dir, names[0])
}

func (s *side) programs(dir string) []string {
	node := s.tree.Resolve(dir)
	if node == nil || !node.IsDir() {
		return nil
	}
	var names []string
	for _, n := range s.tree.Children(node) {
		if target := s.tree.Resolve(path.Join(dir, n.Name())); target != nil && target.Executable() {
			names = append(names, n.Name())
		}
	}
	return names
}

// reordered finds a program that the new PATH finds in another place than the old
// one would have.
func (s *side) reordered(before, after []string) (name, first, then string) {
	found := func(dirs []string, name string) string {
		for _, dir := range dirs {
			if slices.Contains(s.programs(dir), name) {
				return dir
			}
		}
		return ""
	}
	for _, dir := range after {
		for _, name := range s.programs(dir) {
			was, is := found(before, name), found(after, name)
			if was != "" && was != is && s.tree.Resolve(path.Join(was, name)) != s.tree.Resolve(path.Join(is, name)) {
				return name, was, is
			}
		}
	}
	return "", "", ""
}

// createdBy is what the history says of the step that wrote a layer.
func (s *side) createdBy(layer int) string {
	at := -1
	for _, h := range s.config.History {
		if h.EmptyLayer {
			continue
		}
		if at++; at == layer {
			return h.CreatedBy
		}
	}
	return ""
}

// packageManagers are the commands whose steps write files that no package lists.
var packageManagers = []string{"apt-get ", "apt ", "aptitude ", "dpkg ", "apk ", "dnf ", "microdnf ", "yum ", "zypper ", "rpm "}

// installsPackages tells whether a layer was written by a step that ran a package
// manager.
func (s *side) installsPackages(layer int) bool {
	by := s.createdBy(layer)
	return slices.ContainsFunc(packageManagers, func(m string) bool { return strings.Contains(by, m) })
}
