package mounts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
	"github.com/restic/chunker"

	"github.com/careenhq/careen/internal/parcel"
)

// Media types of the artifact.
const (
	configType types.MediaType = "application/vnd.careen.mounts.config.v1+json"
	chunkType  types.MediaType = "application/vnd.careen.mounts.chunk.v1+zstd"
)

// newestNote is the annotation that orders artifacts: the time of the newest file in
// them, so that the same contents make the same artifact.
const newestNote = "dev.careen.mounts.newest"

// polynomial fixes where contents are cut. Another one would share nothing with what
// is kept already.
const polynomial = chunker.Pol(0x3DA3358B4DC173)

// A record is what an artifact says of itself.
type record struct {
	Mounts []stored `json:"mounts"`
}

// stored is one mount in an artifact: the chunks, by digest, of its index and of its
// contents.
type stored struct {
	Mount
	parcel.Sum
	Index []string `json:"index"`
	Data  []string `json:"data"`
}

// packer cuts streams into chunks and keeps each once.
type packer struct {
	dir    string
	have   map[string]bool
	layers []v1.Layer
	zstd   *zstd.Encoder
}

func newPacker(dir string) (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return &packer{dir: dir, have: map[string]bool{}, zstd: enc}, err
}

// add gives the digests of a stream's chunks.
func (p *packer) add(r io.Reader) ([]string, error) {
	digests := []string{}
	cut := chunker.New(r, polynomial)
	buf := make([]byte, chunker.MaxSize)
	for {
		chunk, err := cut.Next(buf)
		if errors.Is(err, io.EOF) {
			return digests, nil
		}
		if err != nil {
			return nil, err
		}
		digest, err := p.keep(p.zstd.EncodeAll(chunk.Data, nil))
		if err != nil {
			return nil, err
		}
		digests = append(digests, digest)
	}
}

func (p *packer) keep(blob []byte) (string, error) {
	hash, size, err := v1.SHA256(bytes.NewReader(blob))
	if err != nil || p.have[hash.Hex] {
		return hash.Hex, err
	}
	p.have[hash.Hex] = true
	l := &layer{file: filepath.Join(p.dir, hash.Hex), hash: hash, size: size}
	p.layers = append(p.layers, l)
	return hash.Hex, os.WriteFile(l.file, blob, 0o600)
}

// image is the artifact: the record as its configuration, the chunks as its layers.
func (p *packer) image(rec record) (v1.Image, error) {
	config, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), p.layers...)
	if err != nil {
		return nil, err
	}
	var newest int64
	for _, m := range rec.Mounts {
		newest = max(newest, m.Newest)
	}
	noted, ok := mutate.Annotations(img, map[string]string{newestNote: strconv.FormatInt(newest, 10)}).(v1.Image)
	if !ok {
		return nil, errors.New("artifact: no image")
	}
	return &artifact{noted, config}, nil
}

// artifact is an image with a configuration of another kind.
type artifact struct {
	v1.Image
	config []byte
}

func (a *artifact) RawConfigFile() ([]byte, error) { return a.config, nil }

func (a *artifact) ConfigName() (v1.Hash, error) {
	h, _, err := v1.SHA256(bytes.NewReader(a.config))
	return h, err
}

func (a *artifact) Manifest() (*v1.Manifest, error) {
	m, err := a.Image.Manifest()
	if err != nil {
		return nil, err
	}
	m = m.DeepCopy()
	hash, size, err := v1.SHA256(bytes.NewReader(a.config))
	m.Config = v1.Descriptor{MediaType: configType, Digest: hash, Size: size}
	return m, err
}

func (a *artifact) RawManifest() ([]byte, error) {
	m, err := a.Manifest()
	if err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

func (a *artifact) Digest() (v1.Hash, error) {
	raw, err := a.RawManifest()
	if err != nil {
		return v1.Hash{}, err
	}
	h, _, err := v1.SHA256(bytes.NewReader(raw))
	return h, err
}

func (a *artifact) Size() (int64, error) {
	raw, err := a.RawManifest()
	return int64(len(raw)), err
}

// layer is a chunk in a file.
type layer struct {
	file string
	hash v1.Hash
	size int64
}

func (l *layer) Digest() (v1.Hash, error)             { return l.hash, nil }
func (l *layer) DiffID() (v1.Hash, error)             { return l.hash, nil }
func (l *layer) Compressed() (io.ReadCloser, error)   { return os.Open(l.file) }
func (l *layer) Uncompressed() (io.ReadCloser, error) { return os.Open(l.file) }
func (l *layer) Size() (int64, error)                 { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error)  { return chunkType, nil }

// age is when the newest file of an artifact was changed.
func age(m *v1.Manifest) time.Time {
	seconds, _ := strconv.ParseInt(m.Annotations[newestNote], 10, 64)
	return time.Unix(seconds, 0)
}

// maxRecord bounds what is read of an artifact's own words.
const maxRecord = 16 << 20

// recordOf reads an artifact's record. Any other image is refused.
func recordOf(img v1.Image) (record, error) {
	var rec record
	m, err := img.Manifest()
	if err != nil {
		return rec, err
	}
	if m.Config.MediaType != configType {
		return rec, errors.New("it holds no cache mounts: some other image or artifact")
	}
	if m.Config.Size > maxRecord {
		return rec, fmt.Errorf("its record has %d bytes, more than %d", m.Config.Size, maxRecord)
	}
	text, err := img.RawConfigFile()
	if err != nil {
		return rec, err
	}
	if hash, _, err := v1.SHA256(bytes.NewReader(text)); err != nil || hash != m.Config.Digest {
		return rec, errors.Join(errCorrupt, err)
	}
	return rec, json.Unmarshal(text, &rec)
}

var errCorrupt = errors.New("it is corrupt: contents do not match their digest")
