// Package image reads OCI images: their layers, the merged file tree, what each
// ELF file needs, and which package owns which path.
//
// Layers are keyed by their position, never by digest: one image may hold the same
// layer twice. Everything in an image is untrusted: names cannot leave the tree,
// links are followed inside it, digests are verified as the bytes stream by, and
// nothing is extracted to disk. Comparing two images is package verify's work.
package image

import (
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// An Image is one image of one platform.
type Image struct {
	Config      v1.ConfigFile
	Annotations map[string]string // of the manifest
	Digest      string
	Layers      []Layer // lowest first

	image v1.Image
}

// A Layer is one layer, by position.
type Layer struct {
	Digest    string // of the blob
	DiffID    string // of the tar
	Pulled    int64  // bytes of the blob
	MediaType string
	History   *v1.History // the entry that made it, nil when the history does not say

	layer v1.Layer
}

// OpenLayout opens an image in an OCI layout directory. An empty digest means the
// layout's only image.
func OpenLayout(dir, digest string) (*Image, error) {
	path, err := layout.FromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("image layout %s: %w", dir, err)
	}
	hash, err := layoutDigest(path, digest)
	if err != nil {
		return nil, fmt.Errorf("image layout %s: %w", dir, err)
	}
	img, err := path.Image(hash)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", hash, err)
	}
	return New(img)
}

// layoutDigest finds the image manifest behind an index, past attestations.
func layoutDigest(path layout.Path, digest string) (v1.Hash, error) {
	if digest != "" {
		hash, err := v1.NewHash(digest)
		if err != nil {
			return hash, err
		}
		return imageBehind(path, hash)
	}
	ix, err := path.ImageIndex()
	if err != nil {
		return v1.Hash{}, err
	}
	manifest, err := ix.IndexManifest()
	if err != nil {
		return v1.Hash{}, err
	}
	hash, err := pickManifest(manifest)
	if err != nil {
		return hash, err
	}
	return imageBehind(path, hash)
}

func imageBehind(path layout.Path, hash v1.Hash) (v1.Hash, error) {
	raw, err := path.Bytes(hash)
	if err != nil {
		return hash, err
	}
	var ix v1.IndexManifest
	if json.Unmarshal(raw, &ix) != nil || !ix.MediaType.IsIndex() {
		return hash, nil
	}
	return pickManifest(&ix)
}

// attestation marks manifests that describe another one (BuildKit's attestation
// storage specification).
const attestation = "vnd.docker.reference.type"

func pickManifest(ix *v1.IndexManifest) (v1.Hash, error) {
	for _, m := range ix.Manifests {
		if m.Annotations[attestation] == "" {
			return m.Digest, nil
		}
	}
	return v1.Hash{}, errors.New("the index holds no image")
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
	im := &Image{Config: *config, Annotations: manifest.Annotations, Digest: digest.String(), image: img}
	history := layerHistory(config, len(layers))
	for i, l := range layers {
		d := manifest.Layers[i]
		im.Layers = append(im.Layers, Layer{
			Digest: d.Digest.String(), DiffID: config.RootFS.DiffIDs[i].String(), Pulled: d.Size,
			MediaType: string(d.MediaType), History: history[i], layer: l,
		})
	}
	return im, nil
}

// layerHistory pairs history entries with layers. They pair in order when as many
// entries are not empty as there are layers; else nothing is said.
func layerHistory(config *v1.ConfigFile, n int) []*v1.History {
	paired := make([]*v1.History, n)
	at := 0
	for i := range config.History {
		if config.History[i].EmptyLayer {
			continue
		}
		if at >= n {
			return make([]*v1.History, n)
		}
		paired[at] = &config.History[i]
		at++
	}
	if at != n {
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
		key, value, _ := cut(kv)
		env[key] = value
	}
	return env
}

func cut(kv string) (key, value string, found bool) {
	for i := range kv {
		if kv[i] == '=' {
			return kv[:i], kv[i+1:], true
		}
	}
	return kv, "", false
}
