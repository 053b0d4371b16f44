package image

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// openRemote asks the mirrors of a registry in order, then the registry.
func openRemote(ctx context.Context, source string, opts Options) (*Image, error) {
	ref, err := name.ParseReference(source)
	if err != nil {
		return nil, fmt.Errorf("image %q is neither a file nor a reference: %w", source, err)
	}
	platform, err := parsePlatform(opts.Platform)
	if err != nil {
		return nil, err
	}
	remoteOpts := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if platform != nil {
		remoteOpts = append(remoteOpts, remote.WithPlatform(*platform))
	}
	var failed []error
	for _, mirror := range opts.Mirrors[hostOf(ref.Context())] {
		mirrored, err := throughMirror(ref, mirror)
		if err == nil {
			var im *Image
			if im, err = pull(mirrored, remoteOpts); err == nil {
				return im, nil
			}
		}
		failed = append(failed, fmt.Errorf("mirror %s: %w", mirror, err))
	}
	im, err := pull(ref, remoteOpts)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", source, errors.Join(append(failed, err)...))
	}
	return im, nil
}

func pull(ref name.Reference, opts []remote.Option) (*Image, error) {
	img, err := remote.Image(ref, opts...)
	if err != nil {
		return nil, err
	}
	return New(img)
}

// hostOf is the registry's host as image references name it.
func hostOf(repo name.Repository) string {
	if host := repo.RegistryStr(); host != name.DefaultRegistry {
		return host
	}
	return "docker.io"
}

// throughMirror is the same reference at a mirror's base URL.
func throughMirror(ref name.Reference, mirror string) (name.Reference, error) {
	u, err := url.Parse(mirror)
	if err != nil {
		return nil, err
	}
	var opts []name.Option
	if u.Scheme == "http" {
		opts = append(opts, name.Insecure)
	}
	at := u.Host + "/" + strings.TrimPrefix(strings.Trim(u.Path, "/")+"/"+ref.Context().RepositoryStr(), "/")
	if digest, ok := ref.(name.Digest); ok {
		return name.NewDigest(at+"@"+digest.DigestStr(), opts...)
	}
	return name.NewTag(at+":"+ref.Identifier(), opts...)
}
