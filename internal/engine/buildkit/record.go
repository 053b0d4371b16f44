package buildkit

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/careenhq/careen/internal/engine"
)

// How BuildKit calls its own work on caches.
const (
	cacheImport = "importing cache"
	cacheExport = "exporting cache"
)

// maxLog bounds how much output of one step is kept.
const maxLog = 64 << 10

// recorder gathers what one build says about itself.
type recorder struct {
	req engine.Request

	mu       sync.Mutex
	order    []digest.Digest
	vertexes map[digest.Digest]*client.Vertex
	logs     map[digest.Digest][]byte
	sent     map[string]int64
	hidden   [][]byte
	imported spans
	graph    *graph
	bases    []engine.Base
}

func newRecorder(req engine.Request) *recorder {
	return &recorder{req: req, vertexes: map[digest.Digest]*client.Vertex{}, logs: map[digest.Digest][]byte{}, sent: map[string]int64{}, hidden: secretValues(req.Secrets)}
}

// tap is the gateway client as the frontend sees it; it notes the definition with
// the Dockerfile's lines and the images that were resolved.
type tap struct {
	gateway.Client
	rec *recorder
}

// Solve notes the graph of the Dockerfile itself: the one that names its lines.
func (t *tap) Solve(ctx context.Context, req gateway.SolveRequest) (*gateway.Result, error) {
	if req.Definition != nil && len(req.Definition.GetSource().GetLocations()) > 0 {
		t.rec.setGraph(newGraph(req.Definition))
	}
	return t.Client.Solve(ctx, req)
}

// ResolveImageConfig notes the base.
func (t *tap) ResolveImageConfig(ctx context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	name, dgst, config, err := t.Client.ResolveImageConfig(ctx, ref, opt)
	if err == nil {
		t.rec.addBase(engine.Base{Ref: ref, Digest: dgst.String(), Config: config})
	}
	return name, dgst, config, err
}

// ResolveSourceMetadata notes the base.
func (t *tap) ResolveSourceMetadata(ctx context.Context, op *pb.SourceOp, opt sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	meta, err := t.Client.ResolveSourceMetadata(ctx, op, opt)
	if err == nil && meta.Image != nil {
		ref := strings.TrimPrefix(op.Identifier, "docker-image://")
		t.rec.addBase(engine.Base{Ref: ref, Digest: meta.Image.Digest.String(), Config: meta.Image.Config})
	}
	return meta, err
}

func (r *recorder) setGraph(g *graph) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.graph = g
}

func (r *recorder) addBase(b engine.Base) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.bases, func(have engine.Base) bool { return have.Ref == b.Ref }) {
		b.Platform = r.req.Platform
		r.bases = append(r.bases, b)
	}
}

// add takes one status message and passes it on.
func (r *recorder) add(s *client.SolveStatus) {
	events := r.note(s)
	if r.req.Events == nil {
		return
	}
	for _, event := range events {
		r.req.Events(event)
	}
	r.req.Events(engine.Event{Raw: s})
}

func (r *recorder) note(s *client.SolveStatus) (events []engine.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range s.Vertexes {
		if r.vertexes[v.Digest] == nil {
			r.order = append(r.order, v.Digest)
		}
		if old := r.vertexes[v.Digest]; old != nil && old.Cached && len(v.Inputs) == 0 {
			// Fetching what a registry's cache has of a step is told of as work of that
			// step, with no more than a name.
			v.Cached, v.Inputs = true, old.Inputs
			r.imported.add(v)
		}
		r.vertexes[v.Digest] = v
		if v.Started != nil {
			step := r.step(v)
			events = append(events, engine.Event{Step: &step, ID: step.ID})
		}
	}
	for _, l := range s.Logs {
		l.Data = r.hide(l.Data)
		log := append(r.logs[l.Vertex], l.Data...)
		r.logs[l.Vertex] = r.hide(log[max(0, len(log)-maxLog):])
		events = append(events, engine.Event{Log: string(l.Data), ID: l.Vertex.String()})
	}
	for _, st := range s.Statuses {
		if strings.HasPrefix(st.ID, "transferring context") {
			r.sent[st.ID] = max(r.sent[st.ID], st.Current)
		}
	}
	return events
}

// result is everything but the image.
func (r *recorder) result(took time.Duration) *engine.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	res := &engine.Result{Duration: took, Bases: r.bases}
	imported := slices.Clone(r.imported)
	for _, dgst := range r.order {
		step := r.step(r.vertexes[dgst])
		switch {
		case step.Kind == engine.Export:
			res.Export += step.Duration()
		case step.Kind == engine.CacheTravel && strings.HasPrefix(step.Name, cacheImport):
			imported.add(r.vertexes[dgst])
		case step.Kind == engine.CacheTravel:
			res.CacheExport += step.Duration()
		}
		res.Steps = append(res.Steps, step)
	}
	for _, n := range r.sent {
		res.ContextBytes += n
	}
	res.CacheImport = imported.duration()
	slices.SortStableFunc(res.Steps, func(a, b engine.Step) int { return a.Start.Compare(b.Start) })
	return res
}

func (r *recorder) step(v *client.Vertex) engine.Step {
	s := engine.Step{ID: v.Digest.String(), Name: v.Name, Cached: v.Cached, Layer: -1, Log: string(r.logs[v.Digest]), Error: v.Error}
	if v.Started != nil {
		s.Start = *v.Started
	}
	if v.Completed != nil {
		s.End = *v.Completed
	}
	s.Lines = r.lines(v.Digest)
	s.Kind, s.Stage = r.kind(v, s.Lines)
	return s
}

// lines are the vertex's ranges, joined where they touch: a continued instruction
// has one range per line.
func (r *recorder) lines(dgst digest.Digest) []engine.Lines {
	if r.graph == nil {
		return nil
	}
	var lines []engine.Lines
	for _, loc := range r.graph.lines[dgst] {
		for _, rg := range loc.Ranges {
			l := engine.Lines{First: int(rg.Start.Line), Last: int(rg.End.Line)}
			if n := len(lines); n > 0 && l.First <= lines[n-1].Last+1 && l.First >= lines[n-1].First {
				lines[n-1].Last = max(lines[n-1].Last, l.Last)
				continue
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func (r *recorder) kind(v *client.Vertex, lines []engine.Lines) (engine.StepKind, string) {
	name := v.Name
	switch {
	case strings.HasPrefix(name, cacheImport), strings.HasPrefix(name, cacheExport):
		return engine.CacheTravel, ""
	case strings.HasPrefix(name, "exporting "), strings.HasPrefix(name, "export "):
		return engine.Export, ""
	case r.graph != nil && r.graph.source(v.Digest) && !strings.HasPrefix(name, "[internal]"),
		strings.HasPrefix(name, "[internal] load metadata"), strings.HasPrefix(name, "resolve image config"):
		return engine.Pull, stageOf(name)
	case strings.HasPrefix(name, "[internal] load"), strings.HasPrefix(name, "[auth]"):
		return engine.Transfer, ""
	case len(lines) > 0:
		return engine.Instruction, stageOf(name)
	}
	return engine.Internal, ""
}

// stageOf reads the stage from a vertex's name: "[build 3/7] RUN …".
func stageOf(name string) string {
	inside, _, ok := strings.Cut(strings.TrimPrefix(name, "["), "]")
	if !ok || !strings.HasPrefix(name, "[") {
		return ""
	}
	words := strings.Fields(inside)
	if len(words) < 2 {
		return ""
	}
	return words[len(words)-2]
}
