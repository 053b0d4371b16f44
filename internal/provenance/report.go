package provenance

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"github.com/careenhq/careen/internal/image"
)

// A Report is the sums of one image. It is what `careen inspect -f json` prints;
// docs/inspect.md describes it. All sizes are bytes.
type Report struct {
	Schema      string      `json:"schema"`
	Image       string      `json:"image"`
	Digest      string      `json:"digest,omitempty"`
	Platform    string      `json:"platform,omitempty"`
	Entries     int         `json:"entries"` // files, directories and links of all layers
	Base        Base        `json:"base"`
	Bytes       Bytes       `json:"bytes"`
	Causes      []Cause     `json:"causes"` // most bytes first; together Bytes.Unpacked
	Layers      []Layer     `json:"layers"`
	Directories []Directory `json:"directories"` // most bytes first
	Packages    []Package   `json:"packages"`    // most bytes first
	Hidden      []Hidden    `json:"hidden"`      // largest first; at most 1000
	Duplicates  []Duplicate `json:"duplicates"`  // most avoidable first; at most 1000
	Unread      []string    `json:"unread"`      // what could not be read, so what is not known
}

// SchemaVersion of Report. The number before the point changes when a reader must.
const SchemaVersion = "1.0"

// Bytes are an image's totals. Each is exact; none is an estimate.
//
// Content is Live and the three kinds of hidden bytes; Unpacked is Content and the
// layers' headers. Reclaimable is hidden bytes alone, so taking them out changes
// nothing that a container sees; those that only another base could save are not
// in it. Avoidable bytes are seen, and part of Live.
type Bytes struct {
	Pulled      int64 `json:"pulled"`      // of the layers as a registry stores them
	Unpacked    int64 `json:"unpacked"`    // of the layers' tars
	Content     int64 `json:"content"`     // of the files in them
	Live        int64 `json:"live"`        // of the files that a container sees, hard links once
	Deleted     int64 `json:"deleted"`     // hidden: removed by a later layer
	Rewritten   int64 `json:"rewritten"`   // hidden: written again with other content
	Copied      int64 `json:"copied"`      // hidden: written again with the same content, by chmod, chown or touch
	Fixed       int64 `json:"fixed"`       // of the deleted and rewritten ones, those in the base's layers
	Reclaimable int64 `json:"reclaimable"` // deleted, rewritten and copied ones without the fixed ones
	Avoidable   int64 `json:"avoidable"`   // seen more than once: files with the same content at several paths
}

// A Cause is one kind's share.
type Cause struct {
	Kind   Kind    `json:"kind"`
	Bytes  int64   `json:"bytes"`
	Files  int     `json:"files"`
	Layers []Share `json:"layers"` // most bytes first; together Bytes, but for the overhead
	Items  []Item  `json:"items"`  // what it is made of, most bytes first; together Bytes
}

// An Item is a part of a cause: a package, a directory, a file.
type Item struct {
	Name   string  `json:"name"`
	Bytes  int64   `json:"bytes"`
	Files  int     `json:"files"`
	Layers []Share `json:"layers"`
}

// A Share is what one layer carries.
type Share struct {
	Layer int   `json:"layer"` // position from 0
	Bytes int64 `json:"bytes"`
}

// A Layer is one layer's share.
type Layer struct {
	Digest      string      `json:"digest,omitempty"`
	Base        bool        `json:"base"`
	Instruction Instruction `json:"instruction"`
	Pulled      int64       `json:"pulled"`
	Unpacked    int64       `json:"unpacked"`
	Content     int64       `json:"content"`
	Live        int64       `json:"live"`   // of its content, what a container sees
	Hidden      int64       `json:"hidden"` // the rest: what later layers hide
	Hides       int64       `json:"hides"`  // bytes of other layers, or of earlier entries of its own, that it hides
	Files       int         `json:"files"`  // entries, directories and links included
}

// A Directory is the live bytes at and below a path.
type Directory struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Files int    `json:"files"`
}

// Hidden is a file that no container sees.
type Hidden struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Kind  Kind   `json:"kind"`
	Layer int    `json:"layer"` // carries the bytes; position from 0
	By    int    `json:"by"`    // hid them
}

// A Duplicate is content at several paths.
type Duplicate struct {
	Bytes     int64    `json:"bytes"` // of one copy
	Avoidable int64    `json:"avoidable"`
	Paths     []string `json:"paths"`
}

// listed bounds lists that may be as long as the image has files.
const listed = 1000

func (m *Map) report(im *image.Image) Report {
	r := Report{
		Schema: SchemaVersion, Image: m.source.Name, Digest: im.Digest, Base: m.source.Base, Unread: append([]string{}, m.owners.unread...),
	}
	if p := im.Config.Platform(); p != nil {
		r.Platform = p.String()
	}
	s := &sums{m: m, kinds: map[Kind]*sum{}, packages: map[*Package]*sum{}, live: make([]int64, len(im.Layers))}
	s.seen(m.Tree.Root())
	s.hidden()
	r.Layers = s.layers(im)
	for _, l := range r.Layers {
		r.Entries += l.Files
	}
	duplicates := m.Tree.Duplicates()
	r.Bytes = s.total(im, duplicates)
	s.kind(Overhead).bytes = r.Bytes.Unpacked - r.Bytes.Content
	r.Causes, r.Packages, r.Directories = s.causes(), s.owned(), s.directories()
	r.Hidden, r.Duplicates = listHidden(m.Tree), listDuplicates(duplicates)
	return r
}

// sum is bytes and files, and what they are made of.
type sum struct {
	bytes  int64
	files  int
	layers map[int]int64
	items  map[string]*sum
}

func (s *sum) add(bytes int64, layer int) {
	s.bytes += bytes
	s.files++
	if s.layers == nil {
		s.layers = map[int]int64{}
	}
	s.layers[layer] += bytes
}

// shares are the layers of the sum.
func (s *sum) shares() []Share {
	all := []Share{}
	for layer, bytes := range s.layers {
		all = append(all, Share{layer, bytes})
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Layer, b.Layer))
	})
	return all
}

// item is a part of the sum.
func (s *sum) item(name string) *sum {
	if s.items == nil {
		s.items = map[string]*sum{}
	}
	if s.items[name] == nil {
		s.items[name] = &sum{}
	}
	return s.items[name]
}

// sums collects an image's sums.
type sums struct {
	m        *Map
	kinds    map[Kind]*sum
	packages map[*Package]*sum
	live     []int64 // by layer
	all      int64   // live bytes
}

func (s *sums) kind(k Kind) *sum {
	if s.kinds[k] == nil {
		s.kinds[k] = &sum{}
	}
	return s.kinds[k]
}

// seen sums what a container sees below a directory, hard links once.
func (s *sums) seen(dir *image.Node) (bytes int64, files int) {
	for _, n := range s.m.Tree.Children(dir) {
		if n.IsDir() {
			b, f := s.seen(n)
			bytes, files = bytes+b, files+f
			continue
		}
		size := n.Size
		if n.HardTo != "" || !n.IsRegular() {
			size = 0
		}
		s.file(s.m.facts[n], size)
		bytes, files = bytes+size, files+1
	}
	s.m.dirs[dir.Path] = &Directory{dir.Path, bytes, files}
	return bytes, files
}

func (s *sums) file(f Fact, size int64) {
	k := s.kind(f.Kind)
	k.add(size, f.Layer)
	k.item(f.Within).add(size, f.Layer)
	if f.Package != nil {
		if s.packages[f.Package] == nil {
			s.packages[f.Package] = &sum{}
		}
		s.packages[f.Package].add(size, f.Layer)
	}
	s.live[f.Layer] += size
	s.all += size
}

// hidden sums what no container sees, under the path that carried it.
func (s *sums) hidden() {
	for _, h := range s.m.Tree.Hidden {
		k := s.kind(hiddenKind(h.Cause))
		k.add(h.Size, h.Layer)
		k.item(top(h.Path)).add(h.Size, h.Layer)
	}
}

func hiddenKind(c image.Cause) Kind {
	switch c {
	case image.Deleted:
		return Deleted
	case image.Copied:
		return Copied
	}
	return Rewritten
}

func (s *sums) layers(im *image.Image) []Layer {
	all := make([]Layer, len(im.Layers))
	for i, l := range im.Layers {
		t := s.m.Tree.Layers[i]
		all[i] = Layer{
			Digest: l.Digest, Base: i < s.m.source.Base.Layers, Instruction: s.m.Instruction(i),
			Pulled: l.Pulled, Unpacked: t.Unpacked, Content: t.Content, Live: s.live[i], Files: t.Files,
		}
	}
	for _, h := range s.m.Tree.Hidden {
		all[h.Layer].Hidden += h.Size
		all[h.By].Hides += h.Size
	}
	return all
}

func (s *sums) total(im *image.Image, duplicates []image.Duplicate) Bytes {
	w := s.m.Tree.Waste
	b := Bytes{Pulled: im.Pulled(), Unpacked: s.m.Tree.Unpacked(), Live: s.all, Deleted: w.Deleted, Rewritten: w.Rewritten, Copied: w.Copied}
	for _, l := range s.m.Tree.Layers {
		b.Content += l.Content
	}
	for _, h := range s.m.Tree.Hidden {
		if h.Layer < s.m.source.Base.Layers && (h.Cause != image.Copied || h.By < s.m.source.Base.Layers) {
			b.Fixed += h.Size
		}
	}
	b.Reclaimable = w.Total() - b.Fixed
	for _, d := range duplicates {
		b.Avoidable += d.Avoidable()
	}
	return b
}

func (s *sums) causes() []Cause {
	all := []Cause{}
	for k, total := range s.kinds {
		c := Cause{Kind: k, Bytes: total.bytes, Files: total.files, Layers: total.shares(), Items: []Item{}}
		for name, part := range total.items {
			c.Items = append(c.Items, Item{name, part.bytes, part.files, part.shares()})
		}
		slices.SortFunc(c.Items, func(a, b Item) int {
			return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
		})
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(order(a.Kind), order(b.Kind)))
	})
	return all
}

// owned fills in the packages that have files, and lists all.
func (s *sums) owned() []Package {
	all := []Package{}
	for _, p := range s.m.owners.all {
		if total := s.packages[p]; total != nil {
			p.Bytes, p.Files = total.bytes, total.files
			p.Base = slices.Max(slices.Collect(maps.Keys(total.layers))) < s.m.source.Base.Layers
		}
		all = append(all, *p)
	}
	slices.SortStableFunc(all, func(a, b Package) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path))
	})
	return all
}

// share is the part of all live bytes, as its inverse, that a directory must hold to
// be listed.
const share = 200

func (s *sums) directories() []Directory {
	all := []Directory{}
	for p, total := range s.m.dirs {
		if p != "/" && total.Bytes > 0 && (total.Bytes >= s.all/share || path.Dir(p) == "/") {
			all = append(all, *total)
		}
	}
	slices.SortFunc(all, func(a, b Directory) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path))
	})
	return all[:min(len(all), listed)]
}

func listHidden(t *image.Tree) []Hidden {
	all := []Hidden{}
	for _, h := range t.Hidden {
		all = append(all, Hidden{h.Path, h.Size, hiddenKind(h.Cause), h.Layer, h.By})
	}
	slices.SortFunc(all, func(a, b Hidden) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Layer, b.Layer))
	})
	return slices.Clip(all[:min(len(all), listed)])
}

func listDuplicates(duplicates []image.Duplicate) []Duplicate {
	all := []Duplicate{}
	for _, d := range duplicates[:min(len(duplicates), listed)] {
		all = append(all, Duplicate{d.Size, d.Avoidable(), d.Paths})
	}
	return all
}
