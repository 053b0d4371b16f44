package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/engine"
)

// ToBuild turns builds of the same thing into what is printed of it: times are
// medians over all results, sizes are those of the first one's image.
func ToBuild(results []*engine.Result) (diag.Build, error) {
	return new(Sizer).ToBuild(results)
}

// A Sizer measures images and remembers the layers it has read, as images share
// their bases. The zero value is ready; it may be used by several goroutines.
type Sizer struct {
	mu       sync.Mutex
	unpacked map[string]int64 // by layer digest
}

// ToBuild is like the function ToBuild.
func (z *Sizer) ToBuild(results []*engine.Result) (diag.Build, error) {
	if len(results) == 0 || results[0].Image.Layout == "" {
		return diag.Build{}, errors.New("no exported image to measure")
	}
	b := diag.Build{Digest: results[0].Image.Digest, Steps: steps(results)}
	var total, export []float64
	for _, r := range results {
		total = append(total, r.Duration.Seconds())
		export = append(export, r.Export.Seconds())
		b.ContextBytes = max(b.ContextBytes, r.ContextBytes)
	}
	b.ColdSeconds = Measure(diag.ColdSeconds, total)
	b.ExportSecs = median(export)
	return b, z.layers(results[0], &b)
}

func (z *Sizer) layers(r *engine.Result, b *diag.Build) error {
	img, err := openImage(r.Image)
	if err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return fmt.Errorf("image layers: %w", err)
	}
	base, err := baseLayers(img, r)
	if err != nil {
		return err
	}
	wrote := map[int]engine.Step{}
	for _, s := range r.Steps {
		if s.Layer >= 0 && s.Kind == engine.Instruction {
			wrote[s.Layer] = s
		}
	}
	for i, layer := range layers {
		l, err := z.layer(layer)
		if err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
		if l.Base = i < base; l.Base {
			b.Base = sum(b.Base, l.Bytes)
		} else if s, ok := wrote[i]; ok {
			l.Instruction, l.Line = instruction(s.Name), firstLine(s)
		}
		b.Bytes = sum(b.Bytes, l.Bytes)
		b.Layers = append(b.Layers, l)
	}
	return nil
}

func sum(a, b diag.Bytes) diag.Bytes {
	return diag.Bytes{Compressed: a.Compressed + b.Compressed, Unpacked: a.Unpacked + b.Unpacked}
}

// layer measures both forms: the blob's size, and the bytes of the tar in it.
func (z *Sizer) layer(layer v1.Layer) (diag.Layer, error) {
	digest, err := layer.Digest()
	if err != nil {
		return diag.Layer{}, err
	}
	l := diag.Layer{Digest: digest.String()}
	if l.Bytes.Compressed, err = layer.Size(); err != nil {
		return l, err
	}
	l.Bytes.Unpacked, err = z.tarBytes(layer, l.Digest)
	return l, err
}

func (z *Sizer) tarBytes(layer v1.Layer, digest string) (int64, error) {
	z.mu.Lock()
	n, known := z.unpacked[digest]
	z.mu.Unlock()
	if known {
		return n, nil
	}
	tar, err := layer.Uncompressed()
	if err != nil {
		return 0, err
	}
	defer tar.Close()
	if n, err = io.Copy(io.Discard, tar); err != nil {
		return 0, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.unpacked == nil {
		z.unpacked = map[string]int64{}
	}
	z.unpacked[digest] = n
	return n, nil
}

func openImage(image engine.Image) (v1.Image, error) {
	hash, err := v1.NewHash(image.Digest)
	if err != nil {
		return nil, fmt.Errorf("image digest: %w", err)
	}
	path, err := layout.FromPath(image.Layout)
	if err != nil {
		return nil, fmt.Errorf("image layout: %w", err)
	}
	img, err := path.Image(hash)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return img, nil
}

// baseLayers counts the leading layers that come from the final stage's base: the
// base whose own layers are the longest beginning of the image's. Where no base's
// configuration is known, the layers before the first one that a step wrote.
func baseLayers(img v1.Image, r *engine.Result) (int, error) {
	config, err := img.ConfigFile()
	if err != nil {
		return 0, fmt.Errorf("image configuration: %w", err)
	}
	most, known := 0, false
	for _, base := range r.Bases {
		var c v1.ConfigFile
		if len(base.Config) == 0 || json.Unmarshal(base.Config, &c) != nil {
			continue
		}
		known = true
		n := len(c.RootFS.DiffIDs)
		if n > most && n <= len(config.RootFS.DiffIDs) && slices.Equal(c.RootFS.DiffIDs, config.RootFS.DiffIDs[:n]) {
			most = n
		}
	}
	if known || len(r.Bases) == 0 {
		return most, nil
	}
	first := len(config.RootFS.DiffIDs)
	for _, s := range r.Steps {
		if s.Layer >= 0 {
			first = min(first, s.Layer)
		}
	}
	return first, nil
}

// steps gives every instruction with its median duration. One instruction may be
// several steps, as COPY --link is: their times add up.
func steps(results []*engine.Result) []diag.Step {
	type key struct {
		name string
		line int
	}
	var order []key
	seconds, unpacked := map[key][]float64{}, map[key]int64{}
	for run, r := range results {
		for _, s := range r.Steps {
			if s.Kind != engine.Instruction {
				continue
			}
			k := key{s.Name, firstLine(s)}
			if seconds[k] == nil {
				seconds[k] = make([]float64, len(results))
				order = append(order, k)
			}
			seconds[k][run] += s.Duration().Seconds()
			if run == 0 {
				unpacked[k] += s.Unpacked
			}
		}
	}
	slices.SortStableFunc(order, func(a, b key) int { return a.line - b.line })
	var out []diag.Step
	for _, k := range order {
		out = append(out, diag.Step{Name: instruction(k.name), Line: k.line, Seconds: median(seconds[k]), Unpacked: unpacked[k]})
	}
	return out
}

func firstLine(s engine.Step) int {
	if len(s.Lines) == 0 {
		return 0
	}
	return s.Lines[0].First
}

// maxInstruction is how much of an instruction is shown, in characters.
const maxInstruction = 120

var stepPrefix = regexp.MustCompile(`^\[[^\]]*\] `)

// instruction is a step's source text on one line: its name without "[build 3/7]".
func instruction(name string) string {
	name = strings.Join(strings.Fields(stepPrefix.ReplaceAllString(name, "")), " ")
	if runes := []rune(name); len(runes) > maxInstruction {
		return string(runes[:maxInstruction-1]) + "…"
	}
	return name
}
