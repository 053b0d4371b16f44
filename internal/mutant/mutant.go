// Package mutant derives variants of an image that are broken on purpose, one change
// each, to measure how much a comparison of images sees.
//
// It knows what images are made of, not what package verify looks for: it finds what
// an image needs by means of its own, cruder ones, so that the judge is not asked what
// it was told. Nothing is built or run, and the image stays as it is. Whether a variant
// behaves like the original is not decided here: some do.
package mutant

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/careenhq/careen/internal/image"
)

// A Mutant is one variant.
type Mutant struct {
	Kind  string // "library removed", "ENV dropped"
	What  string // the path, package, variable or field that was changed
	Label string // of the failure catalogue: how such an image fails in the field
	Edit  image.Edit
}

// String names the mutant in one line.
func (m Mutant) String() string { return m.Kind + " " + m.What }

// All derives the mutants of an image, at most perKind of each kind, the same for the
// same image. The error is that of reading the image.
func All(ctx context.Context, im *image.Image, tree *image.Tree, perKind int) ([]Mutant, error) {
	b := &breeder{ctx: ctx, config: im.Config.Config, env: im.Env(), tree: tree, db: tree.Database(), most: perKind, byName: map[string][]*image.Node{}}
	tree.Walk(func(n *image.Node) bool {
		b.byName[n.Name()] = append(b.byName[n.Name()], n)
		return true
	})
	if err := b.readOwn(); err != nil {
		return nil, fmt.Errorf("mutants: %w", err)
	}
	b.configuration()
	b.programs()
	b.libraries()
	b.modules()
	b.data()
	b.places()
	b.attributes()
	if b.err != nil {
		return nil, fmt.Errorf("mutants: %w", b.err)
	}
	return b.made, nil
}

// breeder makes the mutants of one image.
type breeder struct {
	ctx    context.Context
	config v1.Config
	env    map[string]string
	tree   *image.Tree
	db     *image.Database
	byName map[string][]*image.Node
	most   int
	made   []Mutant
	err    error
	own    []*image.Node          // files that no package owns, outside the system's own places
	text   map[*image.Node]string // of the small texts among them
}

func (b *breeder) add(kind, what, label string, e image.Edit) {
	same := func(m Mutant) bool { return m.Kind == kind && m.What == what }
	if !slices.ContainsFunc(b.made, same) {
		b.made = append(b.made, Mutant{kind, what, label, e})
	}
}

// configured adds a mutant of the configuration.
func (b *breeder) configured(kind, what, label string, change func(*v1.Config)) {
	b.add(kind, what, label, image.Edit{Config: change})
}

// fail keeps the first error.
func (b *breeder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// spread picks at most the wanted number of a list, from its beginning to its end.
func spread[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	if most == 1 {
		return list[:1]
	}
	picked := make([]T, 0, most)
	for i := range most {
		picked = append(picked, list[i*(len(list)-1)/(most-1)])
	}
	return picked
}
