package careen

import (
	"context"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/image"
)

// opened keeps the first image that was read: the original, which every candidate
// is compared with. Candidates are read once each and let go.
type opened struct {
	digest string
	image  *image.Image
	tree   *image.Tree
}

func (o *opened) read(ctx context.Context, i engine.Image) (*image.Image, *image.Tree, error) {
	if o.tree != nil && o.digest == i.Digest {
		return o.image, o.tree, nil
	}
	im, err := image.OpenLayout(i.Layout, i.Digest)
	if err != nil {
		return nil, nil, err
	}
	tree, err := im.Tree(ctx)
	if err != nil {
		return nil, nil, err
	}
	if o.tree == nil {
		o.digest, o.image, o.tree = i.Digest, im, tree
	}
	return im, tree, nil
}
