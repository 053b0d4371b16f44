package fake

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/engine"
)

// state is an image, or a stage on its way to one.
type state struct {
	tree   map[string]string // path without leading slash to contents
	config settings
	layers []layer
	raw    []byte // configuration as read
	key    string // of what went into it
}

// settings is the part of an image's configuration that containers use.
type settings struct {
	User       string            `json:",omitempty"`
	Env        []string          `json:",omitempty"`
	Entrypoint []string          `json:",omitempty"`
	Cmd        []string          `json:",omitempty"`
	WorkingDir string            `json:",omitempty"`
	Labels     map[string]string `json:",omitempty"`
}

type layer struct {
	blob   []byte // as stored
	digest string
	diffID string
	bytes  int64 // of the tar
}

func (s *state) clone() *state {
	c := *s
	c.tree, c.layers = maps.Clone(s.tree), slices.Clone(s.layers)
	c.config.Env, c.config.Labels = slices.Clone(s.config.Env), maps.Clone(s.config.Labels)
	return &c
}

func newState() *state { return &state{tree: map[string]string{}} }

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        *descriptor  `json:"config,omitempty"`
	Layers        []descriptor `json:"layers,omitempty"`
	Manifests     []descriptor `json:"manifests,omitempty"`
}

type imageConfig struct {
	Created      string   `json:"created,omitempty"`
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	Config       settings `json:"config"`
	RootFS       struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

func sum(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

func blobPath(dir, digest string) string {
	algorithm, hex, _ := strings.Cut(digest, ":")
	return filepath.Join(dir, "blobs", algorithm, filepath.Base(hex))
}

// readImage reads an image whose layers are gzip or plain tar.
func readImage(img engine.Image) (*state, error) {
	var m manifest
	if _, err := readJSON(blobPath(img.Layout, img.Digest), &m); err != nil {
		return nil, err
	}
	if m.Config == nil {
		return nil, errors.New("not the manifest of an image")
	}
	var c imageConfig
	raw, err := readJSON(blobPath(img.Layout, m.Config.Digest), &c)
	if err != nil {
		return nil, err
	}
	s := newState()
	s.config, s.raw, s.key = c.Config, raw, img.Digest
	for i, d := range m.Layers {
		blob, err := os.ReadFile(blobPath(img.Layout, d.Digest))
		if err != nil {
			return nil, err
		}
		if i >= len(c.RootFS.DiffIDs) {
			return nil, errors.New("more layers than the configuration names")
		}
		n, err := unpack(blob, s.tree)
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, layer{blob, d.Digest, c.RootFS.DiffIDs[i], n})
	}
	return s, nil
}

func readJSON(file string, into any) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return data, json.Unmarshal(data, into)
}

// unpack adds a layer's files to the tree and counts the bytes of its tar.
func unpack(blob []byte, tree map[string]string) (int64, error) {
	plain := blob
	if z, err := gzip.NewReader(bytes.NewReader(blob)); err == nil {
		if plain, err = io.ReadAll(z); err != nil {
			return 0, err
		}
	}
	for r := tar.NewReader(bytes.NewReader(plain)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return int64(len(plain)), nil
		}
		if err != nil {
			return 0, err
		}
		name := clean(h.Name)
		switch h.Typeflag {
		case tar.TypeReg:
			data, err := io.ReadAll(r)
			if err != nil {
				return 0, err
			}
			tree[name] = string(data)
		case tar.TypeLink:
			tree[name] = tree[clean(h.Linkname)]
		}
	}
}

func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// commit turns what changed since before into a layer.
func (s *state) commit(before map[string]string) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(s.tree)) {
		if old, ok := before[name]; ok && old == s.tree[name] {
			continue
		}
		// A buffer takes everything, and names of any length have a PAX header.
		_ = w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(s.tree[name]))})
		_, _ = io.WriteString(w, s.tree[name])
	}
	_ = w.Close()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(buf.Bytes())
	_ = z.Close()
	s.layers = append(s.layers, layer{packed.Bytes(), sum(packed.Bytes()), sum(buf.Bytes()), int64(buf.Len())})
}

// write makes dir an OCI layout that holds the image.
func (s *state) write(dir, created, arch string) (engine.Image, error) {
	if err := os.RemoveAll(dir); err != nil {
		return engine.Image{}, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		return engine.Image{}, err
	}
	c := imageConfig{Created: created, OS: "linux", Architecture: arch, Config: s.config}
	c.RootFS.Type = "layers"
	m := manifest{SchemaVersion: 2, MediaType: "application/vnd.oci.image.manifest.v1+json", Layers: []descriptor{}}
	var errs []error
	put := func(kind string, data []byte) descriptor {
		d := descriptor{kind, sum(data), int64(len(data))}
		errs = append(errs, os.WriteFile(blobPath(dir, d.Digest), data, 0o600))
		return d
	}
	encode := func(v any) []byte {
		data, err := json.Marshal(v)
		errs = append(errs, err)
		return data
	}
	for _, l := range s.layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, l.diffID)
		m.Layers = append(m.Layers, put("application/vnd.oci.image.layer.v1.tar+gzip", l.blob))
	}
	config := put("application/vnd.oci.image.config.v1+json", encode(c))
	m.Config = &config
	image := put(m.MediaType, encode(m))
	index := encode(manifest{SchemaVersion: 2, MediaType: "application/vnd.oci.image.index.v1+json", Manifests: []descriptor{image}})
	errs = append(errs, os.WriteFile(filepath.Join(dir, "index.json"), index, 0o600),
		os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o600))
	return engine.Image{Layout: dir, Digest: image.Digest}, errors.Join(errs...)
}
