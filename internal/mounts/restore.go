package mounts

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"crypto/sha256"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

// fetchers is how many chunks are fetched at a time.
const fetchers = 4

// Restore fills the empty ones of a builder's mounts from what is kept under a key.
// Mounts that the artifact does not hold, that hold something already, or that would
// exceed limit bytes are left as they are.
func Restore(ctx context.Context, p Place, list []Mount, from Store, key string, limit int64) ([]Moved, error) {
	img, err := from.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	rec, err := recordOf(img)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	dir, err := os.MkdirTemp(p.Dir, "mounts-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	defer os.RemoveAll(dir)
	moved, wanted := pick(list, rec, limit)
	if len(wanted) == 0 {
		return moved, nil
	}
	if err := bringIn(ctx, img, wanted, dir, limit); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return moved, p.fill(ctx, dir, wanted, moved)
}

// pick finds the artifact's part for each mount.
func pick(list []Mount, rec record, limit int64) (moved []Moved, wanted []stored) {
	for _, m := range list {
		one := Moved{Mount: m}
		i := slices.IndexFunc(rec.Mounts, func(s stored) bool { return s.same(m) })
		switch {
		case i < 0:
			one.Left = "not in the archive"
		case rec.Mounts[i].Bytes > limit:
			one.Left = fmt.Sprintf("larger than %d MB", limit/1e6)
		default:
			limit -= rec.Mounts[i].Bytes
			wanted = append(wanted, rec.Mounts[i])
		}
		moved = append(moved, one)
	}
	return moved, wanted
}

// bringIn fetches the chunks of what is wanted and puts them together as the helper
// reads them.
func bringIn(ctx context.Context, img v1.Image, wanted []stored, dir string, limit int64) error {
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	byDigest := map[string]v1.Layer{}
	for _, l := range layers {
		hash, err := l.Digest()
		if err != nil {
			return err
		}
		byDigest[hash.Hex] = l
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(fetchers)
	asked := map[string]bool{}
	for _, s := range wanted {
		for _, digest := range slices.Concat(s.Index, s.Data) {
			l := byDigest[digest]
			if l == nil {
				return errors.New("it is corrupt: a chunk is not among its layers")
			}
			if !asked[digest] {
				asked[digest] = true
				work.Go(func() error { return fetch(ctx, l, digest, filepath.Join(dir, digest)) })
			}
		}
	}
	if err := work.Wait(); err != nil {
		return err
	}
	for i, s := range wanted {
		base := filepath.Join(dir, fmt.Sprint(i))
		// An index that is larger than the contents may be is no index.
		if err := errors.Join(join(dir, s.Index, base+".index", limit), join(dir, s.Data, base+".data", s.Bytes)); err != nil {
			return err
		}
	}
	for digest := range asked {
		if err := os.Remove(filepath.Join(dir, digest)); err != nil {
			return err
		}
	}
	return nil
}

// maxChunk bounds the compressed size of a chunk; what was cut is at most 8 MiB.
const maxChunk = 16 << 20

// fetch writes a chunk to a file, if it is what its digest says.
func fetch(ctx context.Context, l v1.Layer, digest, file string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := l.Compressed()
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, maxChunk+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if n > maxChunk || hex.EncodeToString(sum.Sum(nil)) != digest {
		return errCorrupt
	}
	return nil
}

// join decompresses chunks into one file of at most limit bytes.
func join(dir string, digests []string, to string, limit int64) error {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, digest := range digests {
		n, err := unzip(filepath.Join(dir, digest), out, limit)
		if limit -= n; err != nil {
			return errors.Join(err, out.Close())
		}
	}
	return out.Close()
}

func unzip(file string, to io.Writer, limit int64) (int64, error) {
	in, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.Copy(to, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = errors.New("it is corrupt: more contents than it says")
	}
	return n, err
}

// fill runs the helper and notes what it says of each mount.
func (p Place) fill(ctx context.Context, dir string, wanted []stored, moved []Moved) error {
	var list []Mount
	for _, s := range wanted {
		list = append(list, s.Mount)
	}
	res, err := p.run(ctx, dir, list, "unpack", inside, "")
	if err != nil {
		return err
	}
	said := answers(res, len(list))
	for i, m := range list {
		at := slices.IndexFunc(moved, func(o Moved) bool { return o.same(m) })
		switch said[i] {
		case "full":
			moved[at].Left = "holds something already"
		default:
			if err := json.Unmarshal([]byte(said[i]), &moved[at].Sum); err != nil {
				return fmt.Errorf("unpack: the builder answered %q", said[i])
			}
		}
	}
	return nil
}
