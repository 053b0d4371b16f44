package careen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/careenhq/careen/diag"
)

// referrerScheme begins the name of an image that a baseline refers to.
const referrerScheme = "oci://"

// resultsType is what a document in a registry is, as artifact and as blob.
const resultsType types.MediaType = "application/vnd.careen.results.v1+json"

// createdNote is the annotation that orders the documents of one image.
const createdNote = "org.opencontainers.image.created"

// AttachResults stores a document beside an image in its registry, as an artifact that
// refers to the image (OCI 1.1; where the registry has no API for that, by the tag that
// stands in for it). It gives the artifact's reference.
func AttachResults(ctx context.Context, image, results string) (string, error) {
	d, err := readDocument(results)
	if err != nil {
		return "", fmt.Errorf("results: %w", err)
	}
	if newest(d) == nil {
		return "", fmt.Errorf("results: %s: holds no build: %s", results, d.Reason)
	}
	text, err := os.ReadFile(results)
	if err != nil {
		return "", fmt.Errorf("results: %w", err)
	}
	ref, err := name.ParseReference(strings.TrimPrefix(image, referrerScheme))
	if err != nil {
		return "", fmt.Errorf("image %q: %w", image, err)
	}
	subject, err := remote.Head(ref, registryOptions(ctx)...)
	if err != nil {
		return "", registryError(ref, "look up", err)
	}
	img, err := resultsArtifact(text, d.Started, *subject)
	if err != nil {
		return "", fmt.Errorf("results: %w", err)
	}
	digest, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("results: %w", err)
	}
	to := ref.Context().Digest(digest.String())
	if err := remote.Write(to, img, registryOptions(ctx)...); err != nil {
		return "", registryError(ref, "push to", err)
	}
	return to.String(), nil
}

func resultsArtifact(text []byte, started time.Time, subject v1.Descriptor) (v1.Image, error) {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), resultsType)
	img, err := mutate.Append(img, mutate.Addendum{Layer: static.NewLayer(text, resultsType), MediaType: resultsType})
	if err != nil {
		return nil, err
	}
	noted, ok := mutate.Annotations(img, map[string]string{createdNote: started.UTC().Format(time.RFC3339)}).(v1.Image)
	if !ok {
		return nil, errors.New("no image")
	}
	about := v1.Descriptor{MediaType: subject.MediaType, Size: subject.Size, Digest: subject.Digest}
	referring, ok := mutate.Subject(noted, about).(v1.Image)
	if !ok {
		return nil, errors.New("no image")
	}
	return referring, nil
}

// attachedResults reads the document that was attached to an image last.
func attachedResults(ctx context.Context, image string) (*diag.Document, error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return nil, fmt.Errorf("image %q: %w", image, err)
	}
	subject, err := remote.Head(ref, registryOptions(ctx)...)
	if err != nil {
		return nil, registryError(ref, "look up", err)
	}
	index, err := remote.Referrers(ref.Context().Digest(subject.Digest.String()), registryOptions(ctx)...)
	if err != nil {
		return nil, registryError(ref, "ask what refers to", err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		return nil, registryError(ref, "ask what refers to", err)
	}
	var last v1.Image
	created := ""
	for _, desc := range m.Manifests {
		if desc.ArtifactType != string(resultsType) {
			continue
		}
		img, err := remote.Image(ref.Context().Digest(desc.Digest.String()), registryOptions(ctx)...)
		if err != nil {
			return nil, registryError(ref, "read what refers to", err)
		}
		m, err := img.Manifest()
		if err != nil {
			return nil, registryError(ref, "read what refers to", err)
		}
		if at := m.Annotations[createdNote]; last == nil || at > created {
			last, created = img, at
		}
	}
	if last == nil {
		return nil, fmt.Errorf("%s: nothing that careen measured is attached; `careen ci attach %s --results results.json` does that", ref, ref)
	}
	return readArtifact(last, ref.String())
}

func readArtifact(img v1.Image, image string) (*diag.Document, error) {
	layers, err := img.Layers()
	if err != nil || len(layers) != 1 {
		return nil, errors.Join(fmt.Errorf("%s: what is attached holds no single document", image), err)
	}
	r, err := layers[0].Compressed()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", image, err)
	}
	defer r.Close()
	return decodeDocument(r, "what is attached to "+image)
}

func registryOptions(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}

// registryError says in one line what could not be done, and what would help.
func registryError(ref name.Reference, what string, err error) error {
	var refused *transport.Error
	if !errors.As(err, &refused) {
		return fmt.Errorf("%s: cannot %s it: %w", ref, what, err)
	}
	switch refused.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s: not allowed to %s it; log in with `docker login %s`", ref, what, ref.Context().RegistryStr())
	case http.StatusNotFound:
		return fmt.Errorf("%s: no such image", ref)
	}
	return fmt.Errorf("%s: cannot %s it: the registry answered %s", ref, what, cmp.Or(http.StatusText(refused.StatusCode), fmt.Sprint(refused.StatusCode)))
}
