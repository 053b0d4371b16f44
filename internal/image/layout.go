package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// OpenLayout opens an image in an OCI layout directory. An empty digest means the
// layout's only image; of several platforms, the first.
func OpenLayout(dir, digest string) (*Image, error) { return openLayout(dir, digest, "") }

func openLayout(dir, digest, platform string) (*Image, error) {
	p, err := layout.FromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("image layout %s: %w", dir, err)
	}
	hash, err := chosen(layoutBlobs(p), digest, platform)
	if err != nil {
		return nil, fmt.Errorf("image layout %s: %w", dir, err)
	}
	img, err := p.Image(hash)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", hash, err)
	}
	im, err := New(img)
	if err != nil {
		return nil, fmt.Errorf("image layout %s: %w", dir, err)
	}
	if im.Digest != hash.String() {
		return nil, fmt.Errorf("image layout %s: manifest is %s, the index says %s", dir, im.Digest, hash)
	}
	return im, nil
}

// blobs is where manifests are found: by digest, and the top index without one.
type blobs struct {
	index func() ([]byte, error)
	blob  func(v1.Hash) ([]byte, error)
}

func layoutBlobs(p layout.Path) blobs {
	return blobs{
		index: func() ([]byte, error) {
			ix, err := p.ImageIndex()
			if err != nil {
				return nil, err
			}
			return ix.RawManifest()
		},
		blob: p.Bytes,
	}
}

// maxNesting is how many indexes may lead to an image.
const maxNesting = 8

// chosen is the digest of the image manifest behind an index, of the platform that
// is asked for, past attestations.
func chosen(b blobs, digest, platform string) (v1.Hash, error) {
	var raw []byte
	var hash v1.Hash
	var err error
	if digest == "" {
		raw, err = b.index()
	} else if hash, err = v1.NewHash(digest); err == nil {
		raw, err = b.blob(hash)
	}
	for range maxNesting {
		if err != nil {
			return hash, err
		}
		var ix v1.IndexManifest
		if json.Unmarshal(raw, &ix) != nil || hash != (v1.Hash{}) && !ix.MediaType.IsIndex() && len(ix.Manifests) == 0 {
			return hash, nil
		}
		if hash, err = pickManifest(&ix, platform); err == nil {
			raw, err = b.blob(hash)
		}
	}
	return hash, errors.New("indexes lead to indexes")
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
