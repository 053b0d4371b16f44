package bench

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/engine"
)

// inputs is what a build reads from its context.
type inputs struct {
	context *buildctx.Context
	files   map[string]buildctx.Entry // by path
}

// readInputs finds the files that the instructions of the stages being built copy
// or mount from the context. A source whose variables are not known counts as
// naming nothing.
func readInputs(req engine.Request) (inputs, error) {
	ignore, err := ignoreOf(req)
	if err != nil {
		return inputs{}, err
	}
	c, err := buildctx.Open(req.Context, ignore)
	if err != nil {
		return inputs{}, err
	}
	in := inputs{context: c, files: map[string]buildctx.Entry{}}
	for _, source := range sources(req) {
		for _, e := range c.Match(source) {
			in.files[e.Path] = e
		}
	}
	return in, nil
}

func ignoreOf(req engine.Request) (*buildctx.Ignore, error) {
	if req.Ignore != nil {
		return buildctx.ParseIgnore(buildctx.IgnoreName, []byte(*req.Ignore))
	}
	own := ""
	if req.Name != "" {
		own = filepath.Join(req.Context, filepath.Base(req.Name))
	}
	return buildctx.FindIgnore(req.Context, own)
}

// fetches tells whether the stages being built take anything from a URL.
func fetches(req engine.Request) bool {
	found := false
	eachInstruction(req, func(_ *dockerfile.File, _ *dockerfile.Stage, i *dockerfile.Instruction) {
		if c, ok := i.Copy(); ok && c.Add {
			for _, w := range c.Sources {
				found = found || isRemote(w.Value)
			}
		}
	})
	return found
}

// bytes is the size of all files together.
func (in inputs) bytes() int64 {
	var sum int64
	for _, e := range in.files {
		sum += e.Size
	}
	return sum
}

// sources lists the patterns that COPY, ADD and bind mounts of the stages being
// built take from the context.
func sources(req engine.Request) []string {
	var found []string
	eachInstruction(req, func(f *dockerfile.File, stage *dockerfile.Stage, i *dockerfile.Instruction) {
		for _, word := range contextWords(i) {
			state := f.State(stage, i, req.BuildArgs)
			if source, err := dockerfile.Expand(word, f.Escape, state.Lookup); err == nil {
				found = append(found, source)
			}
		}
	})
	return found
}

// eachInstruction visits the instructions of the stages being built.
func eachInstruction(req engine.Request, visit func(*dockerfile.File, *dockerfile.Stage, *dockerfile.Instruction)) {
	f := dockerfile.Parse(req.Dockerfile)
	final := f.Final(req.Target)
	if final == nil {
		return
	}
	for _, stage := range f.Needed(final, req.BuildArgs) {
		for _, i := range stage.Instructions {
			visit(f, stage, i)
		}
	}
}

func contextWords(i *dockerfile.Instruction) []string {
	var words []string
	if c, ok := i.Copy(); ok && c.From == "" {
		for _, w := range c.Sources {
			if !c.Add || !isRemote(w.Value) {
				words = append(words, withoutPivot(w.Value, c.Parents))
			}
		}
	}
	if r, ok := i.Run(); ok {
		for _, m := range r.Mounts {
			if m.Type == "bind" && m.From == "" {
				words = append(words, path.Join("/", m.Source))
			}
		}
	}
	return words
}

func isRemote(source string) bool {
	return strings.Contains(source, "://") || strings.HasPrefix(source, "git@")
}

// withoutPivot drops the "/./" that tells COPY --parents where the kept part of a
// path begins.
func withoutPivot(source string, parents bool) string {
	if !parents {
		return source
	}
	return path.Clean(filepath.ToSlash(source))
}
