package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/careenhq/careen/internal/engine"
)

// build is one build under way.
type build struct {
	*Engine
	ctx    context.Context //nolint:containedctx // of one call
	req    engine.Request
	stages []stage
	args   map[string]string // before the first FROM
	done   map[int]*state
	at     int              // stage being built
	wrote  map[string]int   // layer by step
	keys   map[int][]string // of steps, by stage
	result *engine.Result
	files  map[string]string // the context, once read
}

type stage struct {
	from  line
	ref   string
	name  string
	lines []line
}

// Build builds once.
func (e *Engine) Build(ctx context.Context, req engine.Request) (*engine.Result, error) {
	if e.isClosed() {
		return nil, errClosed
	}
	if _, err := os.Stat(req.Context); err != nil {
		return nil, fmt.Errorf("build context: %w", err)
	}
	for _, s := range req.Secrets {
		if _, err := os.Stat(s.File); s.File != "" && err != nil {
			return nil, fmt.Errorf("secret: %w", err)
		}
	}
	began := time.Now()
	b := &build{Engine: e, ctx: ctx, req: req, args: map[string]string{}, done: map[int]*state{}, wrote: map[string]int{}, keys: map[int][]string{}, result: &engine.Result{}}
	err := b.run()
	b.result.Duration = time.Since(began)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	return b.result, nil
}

func (b *build) run() error {
	if err := b.parse(); err != nil {
		return err
	}
	at := len(b.stages) - 1
	if b.req.Target != "" {
		if at = b.stage(b.req.Target); at < 0 {
			return fmt.Errorf("target stage %q could not be found", b.req.Target)
		}
	}
	s, err := b.build(at)
	if err != nil {
		return err
	}
	if b.req.Output != "" {
		if err := b.export(s); err != nil {
			return err
		}
	}
	if b.req.Push != "" {
		if err := b.push(s, b.req.Push); err != nil {
			return err
		}
	}
	return b.exportCache(s, at)
}

// push pushes an image, out of a layout of its own.
func (b *build) push(s *state, ref string) error {
	if b.options.Push == nil {
		return fmt.Errorf("push %s: the fake reaches no registry", ref)
	}
	dir, err := os.MkdirTemp("", "fake-")
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	defer os.RemoveAll(dir)
	img, err := s.write(filepath.Join(dir, "image"), "", b.arch())
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	return b.options.Push(ref, img)
}

// exportCache lets other builds import the results of a stage or of all. What lies in
// the registry stands for them; the results stay in memory.
func (b *build) exportCache(s *state, at int) error {
	to := b.req.CacheTo
	if to == nil {
		return nil
	}
	ref, out := to.Ref, map[string]*state{}
	if to.Mode == engine.CacheInline {
		ref = b.req.Push
	} else if err := b.push(s, ref); err != nil {
		return err
	}
	stages := []int{}
	for ; at >= 0; at = b.stage(b.stages[at].ref) {
		stages = append(stages, at)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for stage, keys := range b.keys {
		if to.Mode != engine.CacheMax && !slices.Contains(stages, stage) {
			continue
		}
		for _, key := range keys {
			out[key] = b.steps[key]
		}
	}
	b.travels[ref] = out
	return nil
}

// cached is the result of a step that was run before, here or where a cache that
// may be used comes from.
func (b *build) cached(key string) *state {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.req.NoCache {
		return nil
	}
	for _, ref := range b.req.CacheFrom {
		if s := b.travels[ref][key]; s != nil && b.steps[key] == nil {
			b.steps[key] = s
		}
	}
	return b.steps[key]
}

func (b *build) export(s *state) (err error) {
	created := ""
	if b.req.Epoch != nil {
		created = b.req.Epoch.UTC().Format(time.RFC3339)
	}
	if b.result.Image, err = s.write(b.req.Output, created, b.arch()); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	for i := range b.result.Steps {
		step := &b.result.Steps[i]
		if n, ok := b.wrote[step.ID]; ok && n < len(s.layers) && strings.HasSuffix(step.ID, s.layers[n].digest) {
			step.Layer, step.Pulled, step.Unpacked = n, int64(len(s.layers[n].blob)), s.layers[n].bytes
		}
	}
	return nil
}

func (b *build) arch() string {
	if _, arch, ok := strings.Cut(b.req.Platform, "/"); ok {
		return arch
	}
	return runtime.GOARCH
}

func (b *build) stage(name string) int {
	return slices.IndexFunc(b.stages, func(s stage) bool { return strings.EqualFold(s.name, name) })
}

func (b *build) fail(l line, exit int, log string, err error) error {
	return &engine.StepError{Name: b.req.Name, Exit: exit, Err: err, Step: engine.Step{
		Name: l.text, Kind: engine.Instruction, Lines: []engine.Lines{{First: l.first, Last: l.last}}, Layer: -1, Log: log, Error: err.Error(),
	}}
}

// build builds a stage, once.
func (b *build) build(at int) (*state, error) {
	if s := b.done[at]; s != nil {
		return s, nil
	}
	st := b.stages[at]
	s, err := b.base(st)
	if err != nil {
		return nil, err
	}
	s.key = sum([]byte(s.key + b.arch()))
	env := map[string]string{}
	for _, l := range st.lines {
		b.at = at
		if b.ctx.Err() != nil {
			return nil, b.ctx.Err()
		}
		if s, err = b.instruction(s, l, env); err != nil {
			return nil, err
		}
	}
	b.done[at] = s
	return s, nil
}

func (b *build) base(st stage) (*state, error) {
	if at := b.stage(st.ref); at >= 0 {
		s, err := b.build(at)
		if err != nil {
			return nil, err
		}
		return s.clone(), nil
	}
	if st.ref == "scratch" {
		return newState(), nil
	}
	base, err := b.Resolve(b.ctx, st.ref, b.req.Platform)
	if err != nil {
		return nil, b.fail(st.from, -1, "", fmt.Errorf("%s: not found", st.ref))
	}
	if !slices.ContainsFunc(b.result.Bases, func(have engine.Base) bool { return have.Ref == base.Ref }) {
		b.result.Bases = append(b.result.Bases, *base)
	}
	return readImage(b.options.Images[st.ref])
}

// instruction gives the state after one instruction. Those that change files are
// steps, and cached.
func (b *build) instruction(s *state, l line, args map[string]string) (*state, error) {
	s = s.clone()
	verb, rest, _ := strings.Cut(l.text, " ")
	verb = strings.ToUpper(verb)
	expanded := expand(rest, s.config.Env, args)
	switch verb {
	case "ARG":
		name, def, _ := strings.Cut(expanded, "=")
		args[name] = b.argument(name, def)
	case "ENV":
		s.config.Env = setEnv(s.config.Env, strings.Fields(expanded)...)
	case "LABEL":
		name, v, _ := strings.Cut(expanded, "=")
		if s.config.Labels == nil {
			s.config.Labels = map[string]string{}
		}
		s.config.Labels[name] = v
	case "USER":
		s.config.User = expanded
	case "CMD":
		s.config.Cmd = command(rest)
	case "ENTRYPOINT":
		s.config.Entrypoint, s.config.Cmd = command(rest), nil
	default:
		return b.step(s, l, verb, rest, expanded, args)
	}
	s.key = sum([]byte(s.key + l.text + expanded + fmt.Sprint(args)))
	return s, nil
}

// argument is the value of an ARG.
func (b *build) argument(name, def string) string {
	if v, ok := b.req.BuildArgs[name]; ok {
		return v
	}
	if v, ok := b.args[name]; ok && def == "" {
		return v
	}
	if name == "TARGETARCH" {
		return b.arch()
	}
	return def
}

// step runs an instruction that writes a layer, or takes it from the cache.
func (b *build) step(s *state, l line, verb, rest, expanded string, args map[string]string) (*state, error) {
	step := engine.Step{Name: l.text, Kind: engine.Instruction, Lines: []engine.Lines{{First: l.first, Last: l.last}}, Layer: -1, Start: time.Now()}
	at := b.at // another one while COPY --from builds it
	var work func(*state, *engine.Step) error
	key := s.key + l.text + expanded + fmt.Sprint(args)
	switch verb {
	case "WORKDIR":
		s.config.WorkingDir = path.Join("/", s.config.WorkingDir, expanded)
		work = func(*state, *engine.Step) error { return nil }
	case "COPY":
		files, err := b.copied(s, expanded)
		if err != nil {
			return nil, b.fail(l, -1, "", err)
		}
		key += fmt.Sprint(files)
		work = func(s *state, _ *engine.Step) error {
			for name, data := range files {
				s.tree[name] = data
			}
			return nil
		}
	case "RUN":
		work = func(s *state, step *engine.Step) error { return b.runStep(s, step, l, rest, args) }
	}
	s.key = sum([]byte(key))
	b.keys[at] = append(b.keys[at], s.key)
	if known := b.cached(s.key); known != nil {
		step.Cached = true
		s = known
	} else {
		before := s.clone().tree
		b.event(engine.Event{Step: &step})
		if err := work(s, &step); err != nil {
			return nil, err
		}
		s.commit(before)
		step.End = time.Now()
		if !step.End.After(step.Start) {
			step.End = step.Start.Add(1)
		}
		b.mu.Lock()
		b.steps[s.key] = s
		b.mu.Unlock()
	}
	n := len(s.layers) - 1
	step.ID = s.key + s.layers[n].digest
	b.wrote[step.ID] = n
	b.result.Steps = append(b.result.Steps, step)
	b.event(engine.Event{Step: &step})
	return s.clone(), nil
}

func (b *build) event(ev engine.Event) {
	if b.req.Events != nil {
		if ev.Step != nil {
			step := *ev.Step
			ev.Step = &step
		}
		b.req.Events(ev)
	}
}

// log is a RUN's output: kept, and passed on.
type log struct {
	b    *build
	text bytes.Buffer
}

func (o *log) Write(p []byte) (int, error) {
	o.b.event(engine.Event{Log: string(p), ID: "run"})
	return o.text.Write(p)
}

func (b *build) runStep(s *state, step *engine.Step, l line, rest string, args map[string]string) error {
	mounts, rest := flags(rest)
	tree := s.clone().tree
	caches, err := b.mounts(tree, mounts)
	if err != nil {
		return b.fail(l, -1, "", err)
	}
	var hidden []string
	for _, m := range mounts {
		hidden = append(hidden, m["target"])
	}
	out := &log{b: b}
	env := slices.Clone(s.config.Env)
	for name, v := range args {
		env = setEnv(env, name+"="+v)
	}
	words := command(rest)
	p := &Process{Args: words, Env: env, Dir: s.config.WorkingDir, User: userID(tree, s.config.User), Stdout: out, Stderr: out, box: &box{tree: tree, args: words}}
	run, err := b.launch(b.ctx, p)
	if err != nil {
		return b.fail(l, codeNotFound, "", err)
	}
	<-run.done
	step.Log = out.text.String()
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if run.exit.Code != 0 {
		return b.fail(l, run.exit.Code, step.Log, errors.New("the command failed"))
	}
	for name, data := range tree {
		if !within(name, hidden) && !slices.Contains(hidden, "/"+name) {
			s.tree[name] = data
		}
	}
	b.keep(tree, caches)
	return nil
}

// mounts puts secrets and caches into a tree; it gives the caches' places by id.
func (b *build) mounts(tree map[string]string, mounts []map[string]string) (map[string]string, error) {
	caches := map[string]string{}
	for _, m := range mounts {
		switch m["type"] {
		case "secret":
			data, err := b.secret(m)
			if err != nil {
				return nil, err
			}
			if data != nil {
				tree[clean(m["target"])] = string(data)
			}
		case "cache":
			id := m["id"]
			if id == "" {
				id = m["target"]
			}
			caches[id] = m["target"]
			b.mu.Lock()
			if b.req.NoCache {
				delete(b.caches, id)
			}
			for name, data := range b.caches[id] {
				tree[name] = data
			}
			b.mu.Unlock()
		default:
			return nil, fmt.Errorf("the fake has no mounts of type %q", m["type"])
		}
	}
	return caches, nil
}

func (b *build) secret(m map[string]string) ([]byte, error) {
	if m["target"] == "" {
		m["target"] = "/run/secrets/" + m["id"]
	}
	for _, s := range b.req.Secrets {
		switch {
		case s.ID != m["id"]:
		case s.File != "":
			return os.ReadFile(s.File)
		default:
			return []byte(os.Getenv(s.Env)), nil
		}
	}
	if m["required"] == "true" {
		return nil, fmt.Errorf("secret %s: not found", m["id"])
	}
	return nil, nil
}

func (b *build) keep(tree map[string]string, caches map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, dir := range caches {
		b.caches[id] = map[string]string{}
		for name, data := range tree {
			if within(name, []string{dir}) {
				b.caches[id][name] = data
			}
		}
	}
}

// copied are the files that a COPY adds, at their places.
func (b *build) copied(s *state, rest string) (map[string]string, error) {
	words := strings.Fields(rest)
	from, err := b.context()
	if err == nil && len(words) > 0 && strings.HasPrefix(words[0], "--from=") {
		at := b.stage(strings.TrimPrefix(words[0], "--from="))
		words = words[1:]
		if at < 0 {
			return nil, errors.New("stage not found")
		}
		var st *state
		if st, err = b.build(at); err == nil {
			from = st.tree
		}
	}
	if err != nil || len(words) < 2 {
		return nil, errors.Join(err, fs.ErrInvalid)
	}
	to := words[len(words)-1]
	out := map[string]string{}
	for _, pattern := range words[:len(words)-1] {
		pattern = clean(pattern)
		found := false
		for name, data := range from {
			rel, inside := strings.CutPrefix(name, pattern+"/")
			hit, _ := path.Match(pattern, name)
			if pattern == "" {
				rel, inside = name, true
			}
			if !hit && !inside {
				continue
			}
			found = true
			dest := path.Join("/", s.config.WorkingDir, to)
			if path.IsAbs(to) {
				dest = to
			}
			switch {
			case inside:
				dest = path.Join(dest, rel)
			case strings.HasSuffix(to, "/"), to == ".":
				dest = path.Join(dest, path.Base(name))
			}
			out[clean(dest)] = data
		}
		if !found {
			return nil, fmt.Errorf("\"/%s\": not found", pattern)
		}
	}
	return out, nil
}

// context reads what is sent, once.
func (b *build) context() (map[string]string, error) {
	if b.files != nil {
		return b.files, nil
	}
	var ignore string
	if b.req.Ignore != nil {
		ignore = *b.req.Ignore
	} else if text, err := os.ReadFile(filepath.Join(b.req.Context, ".dockerignore")); err == nil {
		ignore = string(text)
	}
	b.files = map[string]string{}
	err := filepath.WalkDir(b.req.Context, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(b.req.Context, file)
		if err != nil || ignored(filepath.ToSlash(rel), ignore) {
			return err
		}
		data, err := os.ReadFile(file)
		b.files[filepath.ToSlash(rel)] = string(data)
		b.result.ContextBytes += int64(len(data))
		return err
	})
	return b.files, err
}

// ignored knows plain patterns only: no "!" and no "**".
func ignored(name, text string) bool {
	for pattern := range strings.Lines(text) {
		pattern = strings.TrimSpace(pattern)
		if hit, _ := path.Match(pattern, name); pattern != "" && (hit || strings.HasPrefix(name, pattern+"/")) {
			return true
		}
	}
	return false
}
