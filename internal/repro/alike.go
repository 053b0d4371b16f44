package repro

import (
	"context"

	"github.com/careenhq/careen/internal/image"
)

// Alike tells of a file that two builds of the original did not have alike whether
// the fixed image's differs from it in the same harmless way alone: an archive's
// metadata or order, a gzip header. It reads both images once per call.
func (r *Result) Alike(ctx context.Context, path string) (bool, error) {
	harmless := false
	for _, d := range r.Before.Differences {
		harmless = harmless || d.Path == path && (d.Cause == ArchiveTime || d.Cause == ArchiveOrder || d.Cause == GzipHeader)
	}
	if !harmless || r.After == nil {
		return false, nil
	}
	old, err := content(ctx, r.Before, path)
	if err != nil {
		return false, err
	}
	now, err := content(ctx, *r.After, path)
	if err != nil || int64(max(len(old), len(now))) > maxFile {
		return false, err
	}
	cause, _ := ofArchive(&sample{old: old, new: now})
	return cause != "", nil
}

func content(ctx context.Context, t Trial, path string) ([]byte, error) {
	im, err := image.OpenLayout(t.Image.Layout, t.Image.Digest)
	if err != nil {
		return nil, err
	}
	tree, err := im.Tree(ctx)
	if err != nil {
		return nil, err
	}
	return tree.Read(ctx, path, maxFile+1)
}
