package main

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/careenhq/careen/internal/engine"
)

func push(ctx context.Context, built engine.Image, registry string, img image) error {
	image, err := open(built)
	if err != nil {
		return err
	}
	if image, err = withEnv(image, img.env); err != nil {
		return err
	}
	for _, n := range img.names {
		if err := write(ctx, registry, n, image); err != nil {
			return err
		}
	}
	return nil
}

func open(built engine.Image) (v1.Image, error) {
	path, err := layout.FromPath(built.Layout)
	if err != nil {
		return nil, err
	}
	hash, err := v1.NewHash(built.Digest)
	if err != nil {
		return nil, err
	}
	return path.Image(hash)
}

func withEnv(image v1.Image, env []string) (v1.Image, error) {
	if len(env) == 0 {
		return image, nil
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := file.Config.DeepCopy()
	config.Env = append(config.Env, env...)
	return mutate.Config(image, *config)
}

func write(ctx context.Context, registry, n string, image v1.Image) error {
	ref, err := name.ParseReference(registry+"/"+n, name.Insecure)
	if err != nil {
		return err
	}
	return remote.Write(ref, image, remote.WithContext(ctx))
}

// The mark is an empty image that is pushed last: its tag says which sources the
// registry's stand-ins were built from.
const mark = "careen/stand-ins:"

func done(registry, key string) bool {
	ref, err := name.ParseReference(registry+"/"+mark+key, name.Insecure)
	if err != nil {
		return false
	}
	_, err = remote.Head(ref)
	return err == nil
}

func markDone(registry, key string) error {
	return write(context.Background(), registry, mark+key, empty.Image)
}
