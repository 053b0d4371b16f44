// Command sizes measures images in a registry: what a pull transfers and what a
// node stores (the sizes of the files in all layers, as Docker counts). It prints the rows of
// the table in hack/bases/README.md; on a machine that docker.io answers it
// measures the originals in the same way.
//
//	go run ./hack/sizes 127.0.0.1:5000/library/debian:bookworm
//	go run ./hack/sizes docker.io/library/debian:bookworm
package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, ref := range os.Args[1:] {
		if err := measure(ctx, os.Stdout, ref); err != nil {
			fmt.Fprintf(os.Stderr, "sizes: %s: %v\n", ref, err)
			os.Exit(1)
		}
	}
}

func measure(ctx context.Context, w io.Writer, ref string) error {
	var options []name.Option
	if strings.HasPrefix(ref, "127.0.0.1:") || strings.HasPrefix(ref, "localhost:") {
		options = append(options, name.Insecure)
	}
	parsed, err := name.ParseReference(ref, options...)
	if err != nil {
		return err
	}
	image, err := remote.Image(parsed, remote.WithContext(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"}))
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	var compressed, unpacked int64
	for _, layer := range layers {
		c, u, err := sizeOf(layer)
		if err != nil {
			return err
		}
		compressed, unpacked = compressed+c, unpacked+u
	}
	_, err = fmt.Fprintf(w, "| `%s` | %.1f MB | %.1f MB | %d |\n", parsed.Context().RepositoryStr()+":"+parsed.Identifier(), float64(compressed)/1e6, float64(unpacked)/1e6, len(layers))
	return err
}

func sizeOf(layer v1.Layer) (compressed, unpacked int64, err error) {
	if compressed, err = layer.Size(); err != nil {
		return 0, 0, err
	}
	r, err := layer.Uncompressed()
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return compressed, unpacked, nil
		}
		if err != nil {
			return 0, 0, err
		}
		unpacked += h.Size
	}
}
