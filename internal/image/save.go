package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Save writes the image into an OCI layout directory, which is made when missing,
// and gives the digest of its manifest there. Layers are stored unpacked, so that
// whoever reads them again need not unpack them; the digest is therefore another
// one than the source's. Blobs that the layout holds already are not written again,
// so images that share layers may share a layout.
func (im *Image) Save(ctx context.Context, dir string) (string, error) {
	l := layoutWriter{dir}
	if err := l.begin(); err != nil {
		return "", fmt.Errorf("image layout: %w", err)
	}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Annotations: im.Annotations}
	for i, layer := range im.Layers {
		d, err := l.layer(ctx, layer)
		if err != nil {
			return "", fmt.Errorf("image layout: layer %d: %w", i+1, err)
		}
		manifest.Layers = append(manifest.Layers, d)
	}
	var err error
	if manifest.Config, err = l.json(im.Config, types.OCIConfigJSON); err != nil {
		return "", fmt.Errorf("image layout: %w", err)
	}
	d, err := l.json(manifest, types.OCIManifestSchema1)
	if err == nil {
		err = l.index(d)
	}
	if err != nil {
		return "", fmt.Errorf("image layout: %w", err)
	}
	return d.Digest.String(), nil
}

// layoutWriter writes the files of an image layout.
type layoutWriter struct{ dir string }

func (l layoutWriter) begin() error {
	if err := os.MkdirAll(filepath.Join(l.dir, "blobs", "sha256"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
}

func (l layoutWriter) blob(h v1.Hash) string {
	return filepath.Join(l.dir, "blobs", h.Algorithm, h.Hex)
}

// layer stores a layer as its tar, verified.
func (l layoutWriter) layer(ctx context.Context, layer Layer) (v1.Descriptor, error) {
	h, err := v1.NewHash(layer.DiffID)
	if err != nil {
		return v1.Descriptor{}, err
	}
	d := v1.Descriptor{MediaType: types.OCIUncompressedLayer, Digest: h}
	if info, err := os.Stat(l.blob(h)); err == nil {
		d.Size = info.Size()
		return d, nil
	}
	r, err := layer.Uncompressed(ctx, Limits{})
	if err != nil {
		return d, err
	}
	defer r.Close()
	d.Size, err = l.write(h, r)
	return d, err
}

// write stores a blob whole or not at all.
func (l layoutWriter) write(h v1.Hash, r io.Reader) (int64, error) {
	f, err := os.CreateTemp(l.dir, "blob-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	n, err := io.Copy(f, r)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), l.blob(h))
	}
	return n, err
}

func (l layoutWriter) json(v any, kind types.MediaType) (v1.Descriptor, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return v1.Descriptor{}, err
	}
	sum := sha256.Sum256(raw)
	h := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
	_, err = l.write(h, bytes.NewReader(raw))
	return v1.Descriptor{MediaType: kind, Digest: h, Size: int64(len(raw))}, err
}

// index adds the image to those that the layout names.
func (l layoutWriter) index(d v1.Descriptor) error {
	file := filepath.Join(l.dir, "index.json")
	ix := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	if raw, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(raw, &ix); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(ix.Manifests, func(have v1.Descriptor) bool { return have.Digest == d.Digest }) {
		return nil
	}
	ix.Manifests = append(ix.Manifests, d)
	raw, err := json.Marshal(ix)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o644)
}
