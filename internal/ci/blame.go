package ci

import (
	"cmp"
	"math"
	"slices"

	"github.com/careenhq/careen/diag"
)

// baseImage is what the layers of the base are called, which no line wrote.
const baseImage = "base image"

// A part is a layer or a step of one build.
type part struct {
	name  string
	line  int
	value float64
}

// parts are what a quantity of a build is made of; nil for a quantity of which no
// parts are known.
func parts(b *diag.Build, q diag.Quantity) []part {
	switch {
	case b == nil:
	case q == diag.ColdSeconds:
		list := []part{{name: "compressing and writing the image", value: b.ExportSecs}}
		for _, s := range b.Steps {
			list = append(list, part{s.Name, s.Line, s.Seconds})
		}
		return list
	case q == diag.DiskBytes, q == diag.PulledBytes:
		list := []part{{name: baseImage}}
		for _, l := range b.Layers {
			size := float64(l.Bytes.Unpacked)
			if q == diag.PulledBytes {
				size = float64(l.Bytes.Compressed)
			}
			if l.Base || l.Instruction == "" {
				list[0].value += size
				continue
			}
			list = append(list, part{l.Instruction, l.Line, size})
		}
		return list
	}
	return nil
}

// grown compares the parts of two builds: parts of one name belong together, then,
// of what is left, parts of one instruction in their order.
func (in Input) grown(q diag.Quantity) []diag.Grown {
	before, after := parts(in.Before, q), parts(in.After, q)
	used := make([]bool, len(before))
	partner := make([]int, len(after))
	for i := range partner {
		partner[i] = -1
	}
	match := func(same func(a, b part) bool) {
		for i, a := range after {
			for j, b := range before {
				if partner[i] < 0 && !used[j] && same(a, b) {
					partner[i], used[j] = j, true
				}
			}
		}
	}
	match(func(a, b part) bool { return a.name == b.name })
	match(func(a, b part) bool { return a.line > 0 && b.line > 0 && verb(a.name) == verb(b.name) })
	var list []diag.Grown
	for i, a := range after {
		g := diag.Grown{Quantity: q, Name: a.name, Line: a.line, After: a.value}
		if a.line > 0 {
			g.File = in.Dockerfile
		}
		if j := partner[i]; j >= 0 {
			g.Before = before[j].value
		}
		list = append(list, g)
	}
	for j, b := range before {
		if !used[j] {
			list = append(list, diag.Grown{Quantity: q, Name: b.name, Before: b.value})
		}
	}
	return list
}

// worst is the part that grew most, or, with nothing to compare, the largest; nil
// when none grew.
func (in Input) worst(q diag.Quantity) *diag.Grown {
	var worst *diag.Grown
	for _, g := range in.grown(q) {
		if g.By() > 0 && (worst == nil || g.By() > worst.By()) {
			worst = &g
		}
	}
	return worst
}

// least is the share of the whole that a change must reach to be listed.
const least = 0.001

// top are the three parts whose change is the largest share of the whole. Steps
// count only where the time of the cold build changed beyond noise.
func (in Input) top(checks []diag.GateCheck) []diag.Grown {
	if in.Before == nil {
		return nil
	}
	var all []diag.Grown
	share := map[diag.Quantity]float64{}
	for _, c := range checks {
		if c.Before <= 0 || c.Quantity == diag.PulledBytes || c.Quantity == diag.ColdSeconds && c.State != diag.GateFailed && c.State != diag.GateImproved {
			continue
		}
		share[c.Quantity] = 1 / c.Before
		for _, g := range in.grown(c.Quantity) {
			if math.Abs(g.By())/c.Before >= least {
				all = append(all, g)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b diag.Grown) int {
		return cmp.Compare(math.Abs(b.By())*share[b.Quantity], math.Abs(a.By())*share[a.Quantity])
	})
	return all[:min(3, len(all))]
}
