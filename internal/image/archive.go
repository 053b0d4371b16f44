package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// An archive is a tar file that holds an image. Its members are found once and
// then read where they are; in a compressed archive, by unpacking up to there.
type archive struct {
	file    string
	members map[string]member
	packed  bool
}

type member struct{ at, size int64 }

func openArchive(file, digest, platform string) (*Image, error) {
	a, err := indexArchive(file)
	if err != nil {
		return nil, fmt.Errorf("image archive %s: %w", file, err)
	}
	var im *Image
	switch {
	case a.has("index.json"):
		im, err = openOCI(a.open, digest, platform)
	case a.has("manifest.json"):
		im, err = a.docker()
	default:
		err = errors.New("neither index.json nor manifest.json is in it")
	}
	if err != nil {
		return nil, fmt.Errorf("image archive %s: %w", file, err)
	}
	return im, nil
}

func indexArchive(file string) (*archive, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plain, err := decompress(bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	a := &archive{file: file, members: map[string]member{}, packed: plain.packed}
	if a.packed {
		at := &counter{r: plain}
		return a, a.index(at, func() int64 { return at.n })
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return a, a.index(f, func() int64 { n, _ := f.Seek(0, io.SeekCurrent); return n })
}

// index finds the members. A file that can seek is not read between them.
func (a *archive) index(r io.Reader, position func() int64) error {
	links := map[string]string{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			a.follow(links)
			return nil
		}
		if err != nil {
			return err
		}
		if len(a.members)+len(links) >= maxMembers {
			return tooManyEntries(maxMembers)
		}
		name := path.Clean(h.Name)
		switch h.Typeflag {
		case tar.TypeReg:
			a.members[name] = member{position(), h.Size}
		case tar.TypeSymlink:
			links[name] = path.Join(path.Dir(name), h.Linkname)
		case tar.TypeLink:
			links[name] = path.Clean(h.Linkname)
		}
	}
}

// counter knows how far a reader has come.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// maxMembers is far more than 127 layers and their descriptions.
const maxMembers = 100_000

// follow gives links the place of what they point to: old docker archives hold a
// layer once and link to it.
func (a *archive) follow(links map[string]string) {
	for name, target := range links {
		for hops := 0; links[target] != "" && hops < maxLinks; hops++ {
			target = links[target]
		}
		if m, ok := a.members[target]; ok {
			a.members[name] = m
		}
	}
}

func (a *archive) has(name string) bool { _, ok := a.members[name]; return ok }

// open reads a member.
func (a *archive) open(name string) (io.ReadCloser, error) {
	m, ok := a.members[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("%s is not in the archive", name)
	}
	f, err := os.Open(a.file)
	if err != nil {
		return nil, err
	}
	if !a.packed {
		return &archived{io.NewSectionReader(f, m.at, m.size), f}, nil
	}
	plain, err := decompress(bufio.NewReaderSize(f, 64<<10))
	if err == nil {
		_, err = io.CopyN(io.Discard, plain, m.at)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &archived{io.LimitReader(plain, m.size), f}, nil
}

type archived struct {
	io.Reader
	io.Closer
}

// docker reads what `docker save` wrote before it wrote OCI layouts.
func (a *archive) docker() (*Image, error) {
	raw, err := opener(a.open).bytes("manifest.json")
	if err != nil {
		return nil, err
	}
	var list []struct {
		Config string
		Layers []string
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("manifest.json names %d images, want one", len(list))
	}
	raw, err = opener(a.open).bytes(list[0].Config)
	if err != nil {
		return nil, err
	}
	im, err := assemble(raw, len(list[0].Layers), func(i int, diffID string) Layer {
		return a.dockerLayer(list[0].Layers[i], diffID)
	})
	if err != nil {
		return nil, err
	}
	sum, _, err := v1.SHA256(bytes.NewReader(raw))
	im.Digest = sum.String()
	return im, err
}

// dockerLayer describes a layer of which the archive says nothing but its place.
// Docker stores plain tars, other tools pack them.
func (a *archive) dockerLayer(name, diffID string) Layer {
	l := Layer{Digest: diffID, Pulled: a.members[path.Clean(name)].size, MediaType: string(types.DockerUncompressedLayer)}
	l.open = func(context.Context) (io.ReadCloser, error) { return a.open(name) }
	r, err := a.open(name)
	if err != nil {
		return l
	}
	defer r.Close()
	if z, err := decompress(bufio.NewReader(r)); err != nil || z.packed {
		l.Digest, l.MediaType = "", string(types.DockerLayer)
	}
	return l
}
