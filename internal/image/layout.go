package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// OpenLayout opens an image in an OCI layout directory. An empty digest means the
// layout's only image; of several platforms, the first.
func OpenLayout(dir, digest string) (*Image, error) { return openLayout(dir, digest, "") }

func openLayout(dir, digest, platform string) (*Image, error) {
	im, err := openOCI(func(name string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	}, digest, platform)
	if err != nil {
		return nil, fmt.Errorf("image layout %s: %w", dir, err)
	}
	return im, nil
}

// An opener opens a file of an image layout, wherever that is (OCI image
// specification, image-layout.md). Names are slash-separated and never leave it.
type opener func(name string) (io.ReadCloser, error)

// maxJSON bounds manifests and configurations, in bytes.
const maxJSON = 32 << 20

func (open opener) bytes(name string) ([]byte, error) {
	r, err := open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	if err == nil && len(data) > maxJSON {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxJSON)
	}
	return data, err
}

func blobName(h v1.Hash) string { return path.Join("blobs", h.Algorithm, h.Hex) }

// blob is a manifest or configuration, compared with its digest.
func (open opener) blob(h v1.Hash) ([]byte, error) {
	raw, err := open.bytes(blobName(h))
	if err != nil {
		return nil, err
	}
	got, _, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if got != h {
		return nil, fmt.Errorf("blob is %s, it is named %s", got, h)
	}
	return raw, nil
}

// openOCI opens an image of a layout.
func openOCI(open opener, digest, platform string) (*Image, error) {
	hash, raw, err := open.choose(digest, platform)
	if err != nil {
		return nil, err
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", hash, err)
	}
	if raw, err = open.blob(manifest.Config.Digest); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	im, err := assemble(raw, len(manifest.Layers), func(i int, _ string) Layer {
		d := manifest.Layers[i]
		return Layer{Digest: d.Digest.String(), Pulled: d.Size, MediaType: string(d.MediaType), open: func(context.Context) (io.ReadCloser, error) {
			return open(blobName(d.Digest))
		}}
	})
	if err != nil {
		return nil, err
	}
	im.Manifest, im.Annotations, im.Digest = manifest, manifest.Annotations, hash.String()
	return im, nil
}

// assemble puts an Image together of its configuration and a description of each
// layer.
func assemble(rawConfig []byte, layers int, describe func(i int, diffID string) Layer) (*Image, error) {
	config, err := v1.ParseConfigFile(bytes.NewReader(rawConfig))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if layers != len(config.RootFS.DiffIDs) {
		return nil, fmt.Errorf("%d layers, but the configuration names %d", layers, len(config.RootFS.DiffIDs))
	}
	im := &Image{Config: *config}
	history := layerHistory(config, layers)
	for i, id := range config.RootFS.DiffIDs {
		l := describe(i, id.String())
		l.DiffID, l.History = id.String(), history[i]
		im.Layers = append(im.Layers, l)
	}
	return im, nil
}

// maxNesting is how many indexes may lead to an image.
const maxNesting = 8

// choose finds the image manifest behind an index, of the platform that is asked
// for, past attestations.
func (open opener) choose(digest, platform string) (hash v1.Hash, raw []byte, err error) {
	if digest == "" {
		raw, err = open.bytes("index.json")
	} else if hash, err = v1.NewHash(digest); err == nil {
		raw, err = open.blob(hash)
	}
	for range maxNesting {
		if err != nil {
			return hash, nil, err
		}
		var ix v1.IndexManifest
		if err := json.Unmarshal(raw, &ix); err != nil {
			return hash, nil, fmt.Errorf("manifest: %w", err)
		}
		if hash != (v1.Hash{}) && !ix.MediaType.IsIndex() && len(ix.Manifests) == 0 {
			return hash, raw, nil
		}
		if hash, err = pickManifest(&ix, platform); err == nil {
			raw, err = open.blob(hash)
		}
	}
	return hash, nil, errors.New("indexes lead to indexes")
}

// attestation marks manifests that describe another one (BuildKit's attestation
// storage specification).
const attestation = "vnd.docker.reference.type"

func pickManifest(ix *v1.IndexManifest, platform string) (v1.Hash, error) {
	want, err := parsePlatform(platform)
	if err != nil {
		return v1.Hash{}, err
	}
	var seen []string
	for _, m := range ix.Manifests {
		if m.Annotations[attestation] != "" {
			continue
		}
		if want == nil || m.Platform == nil || m.Platform.Satisfies(*want) {
			return m.Digest, nil
		}
		seen = append(seen, m.Platform.String())
	}
	if len(seen) == 0 {
		return v1.Hash{}, errors.New("the index holds no image")
	}
	return v1.Hash{}, fmt.Errorf("no image for %s, only for %s", platform, strings.Join(seen, ", "))
}

// parsePlatform reads "linux/arm64"; nil when any will do.
func parsePlatform(platform string) (*v1.Platform, error) {
	if platform == "" {
		return nil, nil
	}
	p, err := v1.ParsePlatform(platform)
	if err != nil {
		return nil, fmt.Errorf("platform %q: %w", platform, err)
	}
	return p, nil
}
