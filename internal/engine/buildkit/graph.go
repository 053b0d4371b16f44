package buildkit

import (
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// graph is the part of a build's definition that tells which vertices write the
// layers of its result.
type graph struct {
	ops   map[digest.Digest]*pb.Op
	final digest.Digest
	lines map[digest.Digest][]*pb.Location
}

func newGraph(def *pb.Definition) *graph {
	g := &graph{ops: map[digest.Digest]*pb.Op{}, lines: map[digest.Digest][]*pb.Location{}}
	for _, dt := range def.Def {
		op := &pb.Op{}
		if op.UnmarshalVT(dt) != nil {
			continue
		}
		dgst := digest.FromBytes(dt)
		g.ops[dgst] = op
		g.final = dgst
	}
	// The last op is a marker without a body whose input is the result.
	if last := g.ops[g.final]; last != nil && last.Op == nil && len(last.Inputs) > 0 {
		g.final = digest.Digest(last.Inputs[0].Digest)
	}
	for dgst, locs := range def.GetSource().GetLocations() {
		g.lines[digest.Digest(dgst)] = locs.Locations
	}
	return g
}

// source tells whether a vertex is an image pulled from a registry.
func (g *graph) source(dgst digest.Digest) bool {
	op := g.ops[dgst]
	return op != nil && op.GetSource() != nil
}

// layers are the vertices that write the result's layers on top of its base, in
// order: one layer each, empty ones too.
func (g *graph) layers() []digest.Digest { return g.below(g.final, 0) }

const maxGraph = 10000 // deeper than any Dockerfile; guards against a cycle

func (g *graph) below(dgst digest.Digest, depth int) []digest.Digest {
	op := g.ops[dgst]
	if op == nil || depth > maxGraph {
		return nil
	}
	input := func(i int64) []digest.Digest {
		if i < 0 || int(i) >= len(op.Inputs) {
			return nil // scratch
		}
		return g.below(digest.Digest(op.Inputs[i].Digest), depth+1)
	}
	switch {
	case op.GetExec() != nil:
		for _, m := range op.GetExec().Mounts {
			if m.Dest == "/" {
				return append(input(m.Input), dgst)
			}
		}
	case op.GetFile() != nil:
		if actions := op.GetFile().Actions; len(actions) > 0 {
			return append(input(actions[0].Input), dgst)
		}
	case op.GetMerge() != nil:
		var all []digest.Digest
		for i := range op.GetMerge().Inputs {
			all = append(all, input(op.GetMerge().Inputs[i].Input)...)
		}
		return all
	case op.GetDiff() != nil:
		lower, upper := input(op.GetDiff().GetLower().GetInput()), input(op.GetDiff().GetUpper().GetInput())
		return upper[min(len(lower), len(upper)):]
	}
	return nil
}
