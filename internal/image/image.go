// Package image reads OCI images: their layers, the merged file tree, what each
// ELF file needs, which package owns which path, and how two trees differ.
//
// Layers are keyed by their position, never by digest: one image may hold the same
// layer twice. Everything in an image is untrusted: names cannot leave the tree,
// links are followed inside it, digests are verified as the bytes stream by, and
// nothing is extracted to disk. Which difference matters is package verify's
// judgement; which instruction wrote a file is package provenance's.
package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// An Image is one image of one platform.
type Image struct {
	Config      v1.ConfigFile
	Manifest    *v1.Manifest      // nil for a docker archive, which has none
	Annotations map[string]string // of the manifest
	Digest      string            // of the manifest; of the configuration for a docker archive
	Layers      []Layer           // lowest first
}

// A Layer is one layer, by position.
type Layer struct {
	Digest    string // of the blob; "" when the source does not say
	DiffID    string // of the tar
	Pulled    int64  // bytes of the blob as it is stored: what a pull transfers, but the whole tar in a docker archive
	MediaType string
	History   *v1.History // the entry that made it, nil when the history does not say

	open func(context.Context) (io.ReadCloser, error) // the blob
}

// Compressed reads the blob as it is stored. Nothing is verified.
func (l Layer) Compressed(ctx context.Context) (io.ReadCloser, error) { return l.open(ctx) }

// Uncompressed reads the layer's tar. The last Read fails when the bytes are not
// those that the manifest and the configuration name.
func (l Layer) Uncompressed(ctx context.Context, limits Limits) (io.ReadCloser, error) {
	s, err := l.unpack(ctx, limits.bytes())
	if err != nil {
		return nil, err
	}
	return &verified{s, l.DiffID}, nil
}

// verified checks the diffID at the end.
type verified struct {
	*stream
	diffID string
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.stream.Read(p)
	if errors.Is(err, io.EOF) {
		if bad := v.verify(v.diffID); bad != nil {
			err = bad
		}
	}
	return n, err
}

// New makes an Image of any go-containerregistry image: from a layout, an archive,
// a registry, or memory.
func New(img v1.Image) (*Image, error) {
	manifest, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("image manifest: %w", err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("image configuration: %w", err)
	}
	if err := checkConfig(img, manifest); err != nil {
		return nil, err
	}
	digest, err := img.Digest()
	if err != nil {
		return nil, fmt.Errorf("image digest: %w", err)
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, fmt.Errorf("image layers: %w", err)
	}
	if len(layers) != len(config.RootFS.DiffIDs) || len(layers) != len(manifest.Layers) {
		return nil, fmt.Errorf("image: %d layers, but its configuration names %d", len(layers), len(config.RootFS.DiffIDs))
	}
	im := &Image{Config: *config, Manifest: manifest, Annotations: manifest.Annotations, Digest: digest.String()}
	history := layerHistory(config, len(layers))
	for i, l := range layers {
		d := manifest.Layers[i]
		im.Layers = append(im.Layers, Layer{
			Digest: d.Digest.String(), DiffID: config.RootFS.DiffIDs[i].String(), Pulled: d.Size,
			MediaType: string(d.MediaType), History: history[i],
			open: func(context.Context) (io.ReadCloser, error) { return l.Compressed() },
		})
	}
	return im, nil
}

// checkConfig compares the configuration's bytes with the digest in the manifest.
func checkConfig(img v1.Image, manifest *v1.Manifest) error {
	raw, err := img.RawConfigFile()
	if err != nil {
		return fmt.Errorf("image configuration: %w", err)
	}
	got, _, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("image configuration: %w", err)
	}
	if got != manifest.Config.Digest {
		return fmt.Errorf("image configuration is %s, the manifest says %s", got, manifest.Config.Digest)
	}
	return nil
}

// layerHistory pairs history entries with layers. They pair in order when as many
// entries are not empty as there are layers; else nothing is said.
func layerHistory(config *v1.ConfigFile, n int) []*v1.History {
	paired := make([]*v1.History, 0, n)
	for i := range config.History {
		if !config.History[i].EmptyLayer {
			paired = append(paired, &config.History[i])
		}
	}
	if len(paired) != n {
		return make([]*v1.History, n)
	}
	return paired
}

// Pulled is the compressed size of all layers: what a pull transfers.
func (im *Image) Pulled() int64 {
	var n int64
	for _, l := range im.Layers {
		n += l.Pulled
	}
	return n
}

// Env is the image's environment as a map; of a repeated name the last counts.
func (im *Image) Env() map[string]string {
	env := map[string]string{}
	for _, kv := range im.Config.Config.Env {
		key, value, _ := strings.Cut(kv, "=")
		env[key] = value
	}
	return env
}

// SharedLayers counts the layers of a base that an image begins with: all of them,
// or none.
func SharedLayers(base, own []v1.Hash) int {
	if len(base) > len(own) || !slices.Equal(base, own[:len(base)]) {
		return 0
	}
	return len(base)
}
