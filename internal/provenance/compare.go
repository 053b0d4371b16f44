package provenance

import (
	"cmp"
	"slices"
)

// A Comparison is two images side by side; `careen inspect -f json OLD NEW` prints it.
type Comparison struct {
	Schema      string       `json:"schema"`
	Old         Report       `json:"old"`
	New         Report       `json:"new"`
	Causes      []Difference `json:"causes"`      // by kind
	Packages    []Difference `json:"packages"`    // by manager and name
	Directories []Difference `json:"directories"` // by path, of those that one of the two lists
}

// A Difference is one name's bytes in two images. Only what differs is listed, the
// largest difference first.
type Difference struct {
	Name    string `json:"name"`
	Old     int64  `json:"old"`
	New     int64  `json:"new"`
	Version string `json:"version,omitempty"` // of a package whose version changed: "1.0 -> 1.1"
}

// Change is how many bytes more the new image has.
func (d Difference) Change() int64 { return d.New - d.Old }

// Compare sets two images side by side.
func Compare(older, newer *Map) Comparison {
	c := Comparison{Schema: SchemaVersion, Old: older.Report, New: newer.Report}
	causes, packages, dirs := table{}, table{}, table{}
	for side, m := range []*Map{older, newer} {
		for _, k := range m.Report.Causes {
			causes.add(side, string(k.Kind), k.Bytes, "")
		}
		for _, p := range m.Report.Packages {
			packages.add(side, p.Label(), p.Bytes, p.Version)
		}
	}
	for _, m := range []*Map{older, newer} {
		for _, d := range m.Report.Directories {
			dirs[d.Path] = &pair{bytes: [2]int64{older.Below(d.Path).Bytes, newer.Below(d.Path).Bytes}}
		}
	}
	c.Causes, c.Packages, c.Directories = causes.list(), packages.list(), dirs.list()
	return c
}

// A pair is what both images have of one name.
type pair struct {
	bytes   [2]int64
	version [2]string
}

type table map[string]*pair

func (t table) add(side int, name string, bytes int64, version string) {
	if t[name] == nil {
		t[name] = &pair{}
	}
	t[name].bytes[side] += bytes
	t[name].version[side] = version
}

// list leaves out what is alike.
func (t table) list() []Difference {
	all := []Difference{}
	for name, p := range t {
		d := Difference{Name: name, Old: p.bytes[0], New: p.bytes[1]}
		if p.version[0] != "" && p.version[1] != "" && p.version[0] != p.version[1] {
			d.Version = p.version[0] + " -> " + p.version[1]
		}
		if d.Change() != 0 || d.Version != "" {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(abs(b.Change()), abs(a.Change())), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func abs(n int64) int64 { return max(n, -n) }
