package repro

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/image"
)

// Bounds of what is looked into: bytes of one file and of one layer's files that
// differ, and differences listed per pair.
const (
	maxFile        = 96 << 20
	maxRead        = 256 << 20
	maxDifferences = 5000
)

// A Difference is one file, or one entry of the configuration, that is not the same
// in both images.
type Difference struct {
	Layer       int      `json:"layer"`          // position; -1 for the configuration
	Line        int      `json:"line,omitempty"` // of the Dockerfile, first one of the instruction; 0 when unknown
	Instruction string   `json:"instruction,omitempty"`
	Path        string   `json:"path"`             // of the file, or of the entry in the configuration
	What        []string `json:"what"`             // "content", "time", "mode", "added" …
	Ranges      []Range  `json:"ranges,omitempty"` // of the content, in the first build's file
	MoreRanges  int      `json:"moreRanges,omitempty"`
	Cause       string   `json:"cause"` // ID of the catalogue
	Detail      string   `json:"detail,omitempty"`

	last int // line
}

// comparison compares two images of one Dockerfile.
type comparison struct {
	first, second *image.Image
	hosts         [2]string
	places        map[int]place
	moved         map[string]string // files of packages that came in two versions, and the versions
	t             *Trial
}

func (c *comparison) run(ctx context.Context, t *Trial) error {
	c.t = t
	t.Layers = max(len(c.first.Layers), len(c.second.Layers))
	t.Same = c.first.Digest == c.second.Digest
	if t.Same {
		t.LayersSame = t.Layers
		return nil
	}
	if err := c.configuration(); err != nil {
		return err
	}
	if len(c.first.Layers) != len(c.second.Layers) {
		c.add(Difference{Layer: -1, Path: "layers", What: []string{"count"}, Cause: Unknown,
			Detail: fmt.Sprintf("%d and %d", len(c.first.Layers), len(c.second.Layers))})
	}
	if err := c.upstream(ctx); err != nil {
		return err
	}
	for i := range min(len(c.first.Layers), len(c.second.Layers)) {
		if err := c.layer(ctx, i); err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	return nil
}

func (c *comparison) add(d Difference) {
	if p, ok := c.places[d.Layer]; ok {
		d.Line, d.last = p.first, p.last
	}
	if len(c.t.Differences) == maxDifferences {
		c.t.Left++
		return
	}
	c.t.Differences = append(c.t.Differences, d)
}

// configuration compares the two configurations entry by entry. The layers that it
// names are compared by themselves.
func (c *comparison) configuration() error {
	var both [2]map[string]string
	for i, im := range []*image.Image{c.first, c.second} {
		text, err := json.Marshal(im.Config)
		if err != nil {
			return err
		}
		var v map[string]any
		if err := json.Unmarshal(text, &v); err != nil {
			return err
		}
		delete(v, "rootfs")
		both[i] = map[string]string{}
		flatten("", v, both[i])
	}
	keys := maps.Clone(both[0])
	maps.Copy(keys, both[1])
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		a, b := both[0][k], both[1][k]
		if a == b {
			continue
		}
		d := Difference{Layer: -1, Path: "configuration: " + k, What: []string{"content"}, Cause: Unknown}
		switch {
		case k == "created" || strings.HasSuffix(k, ".created"):
			d.Cause = EntryTime
		case dated(a) && dated(b):
			d.Cause = EmbeddedDate
		}
		c.add(d)
	}
	return nil
}

// flatten writes the leaves of a JSON value by their paths.
func flatten(at string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(strings.TrimPrefix(at+"."+k, "."), x, into)
		}
	case []any:
		for i, x := range v {
			flatten(fmt.Sprintf("%s[%d]", at, i), x, into)
		}
	default:
		into[at] = fmt.Sprint(v)
	}
}

// upstream finds the packages that came in another version. Damaged trees have no
// such facts and no error either.
func (c *comparison) upstream(ctx context.Context) error {
	a, err := c.first.Tree(ctx)
	if err != nil {
		return err
	}
	b, err := c.second.Tree(ctx)
	if err != nil {
		return err
	}
	c.moved = map[string]string{}
	other := b.Database()
	for _, p := range a.Database().Packages {
		q := other.Package(p.Name)
		if q == nil || q.Version == p.Version {
			continue
		}
		for _, f := range slices.Concat(p.Files, q.Files) {
			c.moved[f] = p.Name + " " + p.Version + " and " + q.Version
		}
		for _, f := range []string{"/var/lib/dpkg/status", "/lib/apk/db/installed", "/usr/lib/apk/db/installed"} {
			c.moved[f] = p.Name + " " + p.Version + " and " + q.Version
		}
	}
	return nil
}

// layer compares one pair of layers by themselves, not merged with those below:
// a file that a later layer hides is part of the digest too.
func (c *comparison) layer(ctx context.Context, i int) error {
	a, b := c.first.Layers[i], c.second.Layers[i]
	if a.DiffID == b.DiffID {
		if a.Digest == b.Digest {
			c.t.LayersSame++
			return nil
		}
		c.add(Difference{Layer: i, Path: "/", What: []string{"compression"}, Cause: Compression})
		return nil
	}
	ta, err := alone(ctx, c.first, a)
	if err != nil {
		return err
	}
	tb, err := alone(ctx, c.second, b)
	if err != nil {
		return err
	}
	changes := image.Diff(ta, tb)
	if len(changes) == 0 {
		return c.records(ctx, i)
	}
	return c.changes(ctx, i, ta, tb, changes)
}

// alone is the tree of one layer.
func alone(ctx context.Context, im *image.Image, l image.Layer) (*image.Tree, error) {
	return (&image.Image{Config: im.Config, Layers: []image.Layer{l}}).Tree(ctx)
}

func (c *comparison) changes(ctx context.Context, layer int, a, b *image.Tree, changes []image.Change) error {
	wanted := map[string]bool{}
	budget := int64(maxRead)
	for _, ch := range changes {
		if !slices.Contains(ch.What, image.Content) || max(ch.Old.Size, ch.New.Size) > maxFile || ch.Old.Size+ch.New.Size > budget {
			continue
		}
		budget -= ch.Old.Size + ch.New.Size
		wanted[ch.Path] = true
	}
	old, err := contents(ctx, a, wanted)
	if err != nil {
		return err
	}
	new, err := contents(ctx, b, wanted)
	if err != nil {
		return err
	}
	renamed := renames(changes)
	for _, ch := range changes {
		s := &sample{change: ch, old: old[ch.Path], new: new[ch.Path], read: wanted[ch.Path], hosts: c.hosts, moved: c.moved[ch.Path], renamed: renamed[ch.Path]}
		d := Difference{Layer: layer, Path: ch.Path, What: what(ch)}
		if s.read {
			d.Ranges, d.MoreRanges = ranges(s.old, s.new)
			s.ranges = d.Ranges
		}
		d.Cause, d.Detail = classify(s)
		c.add(d)
	}
	return nil
}

func what(ch image.Change) []string {
	if ch.Kind != image.Changed {
		return []string{string(ch.Kind)}
	}
	var list []string
	for _, w := range ch.What {
		list = append(list, string(w))
	}
	return list
}

// contents reads the wanted files of a tree in one go.
func contents(ctx context.Context, t *image.Tree, wanted map[string]bool) (map[string][]byte, error) {
	found := map[string][]byte{}
	if len(wanted) == 0 {
		return found, nil
	}
	err := t.ReadMany(ctx, func(n *image.Node) bool { return wanted[n.Path] && n.IsRegular() }, func(n *image.Node, r io.Reader) error {
		data, err := io.ReadAll(r)
		found[n.Path] = data
		return err
	})
	return found, err
}

// renames are the paths that only one tree has, with contents that the other tree
// has in the same directory under a name of its own.
func renames(changes []image.Change) map[string]bool {
	type content struct {
		dir    string
		digest [32]byte
	}
	sides := map[content][2][]string{}
	for _, ch := range changes {
		n, side := ch.Old, 0
		if n == nil {
			n, side = ch.New, 1
		}
		if ch.Kind == image.Changed || !n.IsRegular() || n.Size == 0 {
			continue
		}
		at := content{ch.Path[:strings.LastIndexByte(ch.Path, '/')+1], n.Digest}
		pair := sides[at]
		pair[side] = append(pair[side], ch.Path)
		sides[at] = pair
	}
	found := map[string]bool{}
	for _, pair := range sides {
		if len(pair[0]) > 0 && len(pair[1]) > 0 {
			for _, p := range slices.Concat(pair[0], pair[1]) {
				found[p] = true
			}
		}
	}
	return found
}

// records compares two layers that unpack to the same tree record by record.
func (c *comparison) records(ctx context.Context, i int) error {
	a, err := names(ctx, c.first.Layers[i])
	if err != nil {
		return err
	}
	b, err := names(ctx, c.second.Layers[i])
	if err != nil {
		return err
	}
	d := Difference{Layer: i, Path: "/", What: []string{"order of the layer's records"}, Cause: RandomOrder}
	if x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)); !slices.Equal(x, y) {
		d.What, d.Cause, d.Detail = []string{"records of the layer"}, Unknown, "the layers delete or repeat other paths"
	} else if slices.Equal(a, b) {
		d.What, d.Cause, d.Detail = []string{"headers of the layer's records"}, Unknown, "the same files, written down differently"
	}
	c.add(d)
	return nil
}

func names(ctx context.Context, l image.Layer) ([]string, error) {
	r, err := l.Uncompressed(ctx, image.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var list []string
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, h.Name)
	}
}

// name says of every difference which instruction its layer comes from.
func name(differences []Difference, f *dockerfile.File) {
	for i := range differences {
		if in := instructionAt(f, differences[i].Line); in != nil {
			differences[i].Instruction = in.Name
		}
	}
}

// instructionAt is the instruction that stands on a line, nil without one.
func instructionAt(f *dockerfile.File, line int) *dockerfile.Instruction {
	for _, in := range f.Instructions {
		if first, last := in.LineRange(); first <= line && line <= last {
			return in
		}
	}
	return nil
}
