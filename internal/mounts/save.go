package mounts

import (
	"archive/tar"
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
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/parcel"
)

// A Moved is what became of one mount.
type Moved struct {
	Mount
	parcel.Sum
	Left string `json:"left,omitempty"` // why it was not moved; "" when it was
}

// Save reads the mounts out of a builder and keeps them under a key. A mount with more
// than limit bytes stays; so does one that is empty. With nothing to keep, nothing is
// stored. added is what the store did not have yet.
func Save(ctx context.Context, p Place, list []Mount, to Store, key string, limit int64) (moved []Moved, added int64, err error) {
	dir, err := os.MkdirTemp(p.Dir, "mounts-")
	if err != nil {
		return nil, 0, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, sub := range []string{"context", "chunks", "files"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, 0, fmt.Errorf("scratch directory: %w", err)
		}
	}
	res, err := p.run(ctx, filepath.Join(dir, "context"), list, "pack", outside, filepath.Join(dir, "image"))
	if err != nil {
		return nil, 0, err
	}
	if err := carryOut(res.Image, filepath.Join(dir, "files")); err != nil {
		return nil, 0, fmt.Errorf("pack: %w", err)
	}
	img, moved, err := archive(list, dir, limit)
	if err != nil || img == nil {
		return moved, 0, err
	}
	added, err = to.Put(ctx, key, img)
	return moved, added, err
}

// carryOut takes the helper's files out of the image that the build made.
func carryOut(image engine.Image, dir string) error {
	at, err := layout.FromPath(image.Layout)
	if err != nil {
		return err
	}
	hash, err := v1.NewHash(image.Digest)
	if err != nil {
		return err
	}
	img, err := at.Image(hash)
	if err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	for _, l := range layers {
		if err := carryLayer(l, dir); err != nil {
			return err
		}
	}
	return nil
}

func carryLayer(l v1.Layer, dir string) error {
	r, err := l.Uncompressed()
	if err != nil {
		return err
	}
	defer r.Close()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		below, ok := strings.CutPrefix(path.Clean("/"+h.Name), outside+"/")
		if !ok || h.Typeflag != tar.TypeReg || strings.Contains(below, "/") {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, below), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, files)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}

// archive makes the artifact of the files that were carried out; nil when no mount
// holds anything that may be kept.
func archive(list []Mount, dir string, limit int64) (v1.Image, []Moved, error) {
	p, err := newPacker(filepath.Join(dir, "chunks"))
	if err != nil {
		return nil, nil, err
	}
	var rec record
	var moved []Moved
	for i, m := range list {
		base := filepath.Join(dir, "files", fmt.Sprint(i))
		one := Moved{Mount: m}
		text, err := os.ReadFile(base + ".sum")
		if err == nil {
			err = json.Unmarshal(text, &one.Sum)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("pack: %w", err)
		}
		switch {
		case one.Files == 0:
			one.Left = "empty"
		case one.Bytes > limit:
			one.Left = fmt.Sprintf("larger than %d MB", limit/1e6)
		default:
			s, err := p.mount(m, one.Sum, base)
			if err != nil {
				return nil, nil, fmt.Errorf("pack: %w", err)
			}
			rec.Mounts = append(rec.Mounts, s)
			limit -= one.Bytes
		}
		moved = append(moved, one)
	}
	if rec.Mounts == nil {
		return nil, moved, nil
	}
	img, err := p.image(rec)
	return img, moved, err
}

func (p *packer) mount(m Mount, sum parcel.Sum, base string) (stored, error) {
	s := stored{Mount: m, Sum: sum}
	for _, part := range []struct {
		ending  string
		digests *[]string
	}{{".index", &s.Index}, {".data", &s.Data}} {
		f, err := os.Open(base + part.ending)
		if err != nil {
			return s, err
		}
		*part.digests, err = p.add(f)
		f.Close()
		if err != nil {
			return s, err
		}
	}
	return s, nil
}
