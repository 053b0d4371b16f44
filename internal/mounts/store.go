package mounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/match"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A Store keeps artifacts by key.
type Store interface {
	// Put keeps an artifact in place of the one of that key. added is how many bytes
	// the store did not have yet.
	Put(ctx context.Context, key string, img v1.Image) (added int64, err error)
	// Get gives an artifact.
	Get(ctx context.Context, key string) (v1.Image, error)
	// Keys lists what there is, in no order.
	Keys(ctx context.Context) ([]Key, error)
	// Delete forgets artifacts, and whatever only they held.
	Delete(ctx context.Context, keys []Key) error
}

// A Key names an artifact.
type Key struct {
	Name   string
	Newest time.Time // of the newest file in it; zero when a store cannot say without reading it
	digest v1.Hash
}

// A Directory is a store in a directory: an OCI image layout.
type Directory struct{ Dir string }

// Put adds to the layout.
func (d Directory) Put(_ context.Context, key string, img v1.Image) (int64, error) {
	at, err := d.open()
	if err != nil {
		return 0, err
	}
	before, err := d.size()
	if err != nil {
		return 0, err
	}
	named := layout.WithAnnotations(map[string]string{refName: key})
	if err := at.ReplaceImage(img, match.Name(key), named); err != nil {
		return 0, fmt.Errorf("%s: %w", d.Dir, err)
	}
	if _, err := at.GarbageCollect(); err != nil {
		return 0, fmt.Errorf("%s: %w", d.Dir, err)
	}
	after, err := d.size()
	return max(0, after-before), err
}

// refName is the annotation that names an image of a layout.
const refName = "org.opencontainers.image.ref.name"

func (d Directory) open() (layout.Path, error) {
	if at, err := layout.FromPath(d.Dir); err == nil {
		return at, nil
	}
	if names, err := os.ReadDir(d.Dir); err == nil && len(names) > 0 {
		return "", fmt.Errorf("%s: neither empty nor written by careen cache save", d.Dir)
	}
	at, err := layout.Write(d.Dir, empty.Index)
	if err != nil {
		return "", fmt.Errorf("%s: %w", d.Dir, err)
	}
	return at, nil
}

func (d Directory) size() (sum int64, err error) {
	err = filepath.WalkDir(filepath.Join(d.Dir, "blobs"), func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return sum, err
}

// Get opens an image of the layout.
func (d Directory) Get(ctx context.Context, key string) (v1.Image, error) {
	keys, err := d.Keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.Name == key {
			return layout.Path(d.Dir).Image(k.digest)
		}
	}
	return nil, fmt.Errorf("%s: nothing under the key %s", d.Dir, key)
}

// Keys reads the layout's index. A directory that does not exist holds nothing.
func (d Directory) Keys(context.Context) ([]Key, error) {
	if _, err := os.Stat(filepath.Join(d.Dir, "index.json")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	at, err := layout.ImageIndexFromPath(d.Dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Dir, err)
	}
	m, err := at.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Dir, err)
	}
	var keys []Key
	for _, desc := range m.Manifests {
		if desc.Annotations[refName] == "" {
			continue
		}
		k := Key{Name: desc.Annotations[refName], digest: desc.Digest}
		if img, err := at.Image(desc.Digest); err == nil {
			if m, err := img.Manifest(); err == nil {
				k.Newest = age(m)
			}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Delete takes images out of the layout.
func (d Directory) Delete(_ context.Context, keys []Key) error {
	at, err := d.open()
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, k := range keys {
		if err := at.RemoveDescriptors(match.Name(k.Name)); err != nil {
			return fmt.Errorf("%s: %w", d.Dir, err)
		}
	}
	_, err = at.GarbageCollect()
	return err
}

// A Registry is a store in one repository of a registry, with the credentials that
// docker's configuration has for it.
type Registry struct{ Repository name.Repository }

func options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithJobs(fetchers)}
}

// Put pushes.
func (r Registry) Put(ctx context.Context, key string, img v1.Image) (int64, error) {
	count := &counting{RoundTripper: remote.DefaultTransport}
	err := remote.Write(r.Repository.Tag(key), img, append(options(ctx), remote.WithTransport(count))...)
	return count.sent.Load(), r.say("push", err)
}

// Get pulls what the artifact says of itself; its chunks come when they are read.
func (r Registry) Get(ctx context.Context, key string) (v1.Image, error) {
	img, err := remote.Image(r.Repository.Tag(key), options(ctx)...)
	return img, r.say("pull", err)
}

// Keys lists the tags. A repository that does not exist holds nothing.
func (r Registry) Keys(ctx context.Context) ([]Key, error) {
	tags, err := remote.List(r.Repository, options(ctx)...)
	if missing(err) {
		return nil, nil
	}
	var keys []Key
	for _, tag := range tags {
		keys = append(keys, Key{Name: tag})
	}
	return keys, r.say("list", err)
}

// Delete removes manifests; the registry removes what only they held, in its own time.
func (r Registry) Delete(ctx context.Context, keys []Key) error {
	for _, k := range keys {
		desc, err := remote.Head(r.Repository.Tag(k.Name), options(ctx)...)
		if err == nil {
			err = remote.Delete(r.Repository.Digest(desc.Digest.String()), options(ctx)...)
			_ = remote.Delete(r.Repository.Tag(k.Name), options(ctx)...) // most have forgotten it with the manifest
		}
		if err != nil && !missing(err) {
			return r.say("delete", err)
		}
	}
	return nil
}

func missing(err error) bool {
	var refused *transport.Error
	return errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound
}

// say names the registry and what was tried.
func (r Registry) say(what string, err error) error {
	var refused *transport.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && (refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden):
		return fmt.Errorf("%s: not allowed to %s; log in with `docker login %s`, or use a repository that you may write to", r.Repository, what, r.Repository.RegistryStr())
	}
	return fmt.Errorf("%s: %s: %w", r.Repository, what, err)
}

// counting counts the bytes of what is sent.
type counting struct {
	http.RoundTripper
	sent atomic.Int64
}

// RoundTrip makes one request.
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.Clone(r.Context())
		r.Body = counted{r.Body, &c.sent}
	}
	return c.RoundTripper.RoundTrip(r)
}

type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}
