package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A plan says how large an image is made.
type plan struct {
	layers  int
	entries int   // of all layers together; the constructed waste comes on top
	bytes   int64 // of all files together; the constructed waste comes on top
	zstd    bool  // else gzip
}

// made is what was written, as the writer counted it.
type made struct {
	dir     string
	blobs   []string
	tars    int64 // bytes of the layers' tars
	content int64 // bytes of the files in them
	entries int
	want    waste
}

// waste is what the constructed cases come to, in bytes.
type waste struct{ deleted, rewritten, copied, avoidable int64 }

// caseSize is the size of the file in each constructed case.
const caseSize = 1 << 20

// generate writes an OCI layout. The same plan gives the same image.
func generate(dir string, p plan) (*made, error) {
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		return nil, err
	}
	m := &made{dir: dir}
	config := v1.ConfigFile{Architecture: "amd64", OS: "linux", RootFS: v1.RootFS{Type: "layers"}}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	for i := range p.layers {
		d, diffID, err := m.layer(i, p)
		if err != nil {
			return nil, err
		}
		manifest.Layers = append(manifest.Layers, d)
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, diffID)
		config.History = append(config.History, v1.History{CreatedBy: fmt.Sprintf("RUN make part-%d # buildkit", i+1)})
	}
	return m, m.finish(config, manifest)
}

func (m *made) finish(config v1.ConfigFile, manifest v1.Manifest) error {
	var err error
	if manifest.Config, err = m.json(config, types.OCIConfigJSON); err != nil {
		return err
	}
	d, err := m.json(manifest, types.OCIManifestSchema1)
	if err != nil {
		return err
	}
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{d}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(m.dir, "index.json"), index, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o600)
}

func (m *made) json(v any, kind types.MediaType) (v1.Descriptor, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return v1.Descriptor{}, err
	}
	h, size, err := v1.SHA256(bytes.NewReader(raw))
	if err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: kind, Digest: h, Size: size}, os.WriteFile(m.blob(h), raw, 0o600)
}

func (m *made) blob(h v1.Hash) string { return filepath.Join(m.dir, "blobs", h.Algorithm, h.Hex) }

// layer writes one layer and gives its descriptor and its diffID.
func (m *made) layer(i int, p plan) (d v1.Descriptor, diffID v1.Hash, err error) {
	temporary := filepath.Join(m.dir, "layer")
	f, err := os.Create(temporary)
	if err != nil {
		return d, diffID, err
	}
	defer f.Close()
	packed, plain := &counted{w: f, sum: sha256.New()}, &counted{sum: sha256.New()}
	z, kind, err := compressor(packed, p.zstd)
	if err != nil {
		return d, diffID, err
	}
	plain.w = z
	t := &tarWriter{Writer: tar.NewWriter(plain), made: m, words: newWords(i)}
	if err := t.fill(i, p); err != nil {
		return d, diffID, err
	}
	if err := z.Close(); err != nil {
		return d, diffID, err
	}
	m.tars += plain.n
	d = v1.Descriptor{MediaType: kind, Digest: packed.hash(), Size: packed.n}
	m.blobs = append(m.blobs, m.blob(d.Digest))
	return d, plain.hash(), os.Rename(temporary, m.blob(d.Digest))
}

func compressor(w io.Writer, zstandard bool) (io.WriteCloser, types.MediaType, error) {
	if zstandard {
		z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedDefault))
		return z, types.OCILayerZStd, err
	}
	z, err := gzip.NewWriterLevel(w, gzip.DefaultCompression)
	return z, types.OCILayer, err
}

// counted hashes and counts what is written through it.
type counted struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.sum.Write(p[:n])
	c.n += int64(n)
	return n, err
}

func (c *counted) hash() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(c.sum.Sum(nil))}
}

// tarWriter fills one layer.
type tarWriter struct {
	*tar.Writer
	made  *made
	words *words
}

// fill writes a layer's share of directories and files, then of the cases.
func (t *tarWriter) fill(layer int, p plan) error {
	const perDirectory = 25
	share := p.entries / p.layers
	left := p.bytes / int64(p.layers)
	files := int64(share - share/perDirectory)
	dir := ""
	for i := range share {
		if i%perDirectory == 0 {
			dir = fmt.Sprintf("srv/part-%d/group-%d/", layer+1, i/perDirectory)
			if err := t.put(tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, nil); err != nil {
				return err
			}
			continue
		}
		size := t.words.size(left, files)
		left, files = left-size, files-1
		if err := t.file(fmt.Sprintf("%sfile-%d", dir, i), t.words.text(size)); err != nil {
			return err
		}
	}
	if err := t.cases(layer, p.layers); err != nil {
		return err
	}
	return t.Close()
}

func (t *tarWriter) file(name string, content []byte) error {
	return t.put(tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}, content)
}

func (t *tarWriter) put(h tar.Header, content []byte) error {
	if err := t.WriteHeader(&h); err != nil {
		return err
	}
	t.made.entries++
	t.made.content += h.Size
	_, err := t.Write(content)
	return err
}

// cases writes what belongs to the constructed waste: begun in the last layers but
// three and ended in the last.
func (t *tarWriter) cases(layer, layers int) error {
	switch layers - layer {
	case 4:
		return t.first()
	case 3:
		t.made.want.rewritten += caseSize
		return t.file("waste/twice", t.words.text(caseSize))
	case 2:
		t.made.want.rewritten += caseSize
		return t.file("waste/twice", t.words.text(caseSize))
	case 1:
		return t.last()
	}
	return nil
}

// fixed is content that two layers must have alike.
func fixed(seed int) []byte { return newWords(1000 + seed).text(caseSize) }

func (t *tarWriter) first() error {
	for _, name := range []string{"deleted", "twice", "opaque/a", "opaque/b"} {
		if err := t.file("waste/"+name, t.words.text(caseSize)); err != nil {
			return err
		}
	}
	if err := t.file("waste/same/one", fixed(2)); err != nil {
		return err
	}
	return t.file("waste/mode", fixed(1))
}

func (t *tarWriter) last() error {
	for _, name := range []string{".wh.deleted", ".wh.twice", "opaque/.wh..wh..opq"} {
		if err := t.file("waste/"+name, nil); err != nil {
			return err
		}
	}
	t.made.want.deleted += 4 * caseSize
	t.made.want.copied += caseSize
	t.made.want.avoidable += caseSize
	if err := t.file("waste/same/two", fixed(2)); err != nil {
		return err
	}
	content := fixed(1)
	return t.put(tar.Header{Name: "waste/mode", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))}, content)
}

// words makes text that packs about as well as programs and sources do.
type words struct {
	random *rand.Rand
	list   [][]byte
	buf    []byte
}

func newWords(seed int) *words {
	w := &words{random: rand.New(rand.NewPCG(uint64(seed), 1))}
	for range 4096 {
		word := make([]byte, 2+w.random.IntN(12))
		for i := range word {
			word[i] = byte(w.random.IntN(256))
		}
		w.list = append(w.list, word)
	}
	return w
}

// least is so large that no two files are the same by chance.
const least = 64

// size is a file's share of what is left for n files: most are small.
func (w *words) size(left, n int64) int64 {
	spare := max(0, left-n*least)
	if n <= 1 {
		return least + spare
	}
	f := w.random.Float64()
	return least + min(spare, int64(float64(spare)/float64(n)*5*f*f*f*f))
}

// text is n bytes, valid until the next call.
func (w *words) text(n int64) []byte {
	w.buf = w.buf[:0]
	for int64(len(w.buf)) < n {
		w.buf = append(w.buf, w.list[w.random.IntN(len(w.list))]...)
	}
	return w.buf[:n]
}
