package buildkit

import (
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/careenhq/careen/internal/engine"
)

// attachImage opens the exported layout and tells which step wrote which layer.
func (e *Engine) attachImage(result *engine.Result, dir, dgst string, rec *recorder) error {
	img, digest, err := openImage(dir, dgst)
	if err != nil {
		return err
	}
	result.Image = engine.Image{Layout: dir, Digest: digest}
	layers, err := img.Layers()
	if err != nil {
		return fmt.Errorf("exported image: %w", err)
	}
	if rec.graph == nil {
		return nil
	}
	wrote := rec.graph.layers()
	if len(wrote) > len(layers) {
		return nil // the exporter left layers out; say nothing rather than guess
	}
	index := map[string]int{}
	for i, dgst := range wrote {
		index[dgst.String()] = len(layers) - len(wrote) + i
	}
	for i := range result.Steps {
		at, ok := index[result.Steps[i].ID]
		if !ok {
			continue
		}
		if err := e.measure(&result.Steps[i], layers[at], at); err != nil {
			return fmt.Errorf("exported layer: %w", err)
		}
	}
	return nil
}

func (e *Engine) measure(s *engine.Step, layer v1.Layer, at int) (err error) {
	s.Layer = at
	if s.Pulled, err = layer.Size(); err != nil {
		return err
	}
	s.Unpacked, err = e.tarBytes(layer)
	return err
}

// tarBytes counts the bytes of the layer's tar, once per layer.
func (e *Engine) tarBytes(layer v1.Layer) (int64, error) {
	dgst, err := layer.Digest()
	if err != nil {
		return 0, err
	}
	e.mu.Lock()
	n, known := e.unpacked[dgst.String()]
	e.mu.Unlock()
	if known {
		return n, nil
	}
	rc, err := layer.Uncompressed()
	if err != nil {
		return 0, err
	}
	defer rc.Close()
	if n, err = io.Copy(io.Discard, rc); err != nil {
		return 0, err
	}
	e.mu.Lock()
	e.unpacked[dgst.String()] = n
	e.mu.Unlock()
	return n, nil
}

// openImage finds the image manifest behind a digest that may be an index with
// attestations beside the image.
func openImage(dir, dgst string) (v1.Image, string, error) {
	hash, err := v1.NewHash(dgst)
	if err != nil {
		return nil, "", fmt.Errorf("exported image: %w", err)
	}
	path, err := layout.FromPath(dir)
	if err != nil {
		return nil, "", fmt.Errorf("exported image: %w", err)
	}
	raw, err := path.Bytes(hash)
	if err != nil {
		return nil, "", fmt.Errorf("exported image: %w", err)
	}
	var ix v1.IndexManifest
	if json.Unmarshal(raw, &ix) == nil && ix.MediaType.IsIndex() {
		for _, m := range ix.Manifests {
			if m.Annotations["vnd.docker.reference.type"] == "" {
				hash = m.Digest
				break
			}
		}
	}
	img, err := path.Image(hash)
	if err != nil {
		return nil, "", fmt.Errorf("exported image: %w", err)
	}
	return img, hash.String(), nil
}
