package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
)

// maxDockerfile is the size up to which a Dockerfile is read. The largest of a
// hundred thousand public ones is far below it.
const maxDockerfile = 4 << 20

// Stdin as a path means a Dockerfile read from Options.Stdin, without a context.
const Stdin = "-"

// Options are what flags and environment say about a project. The zero value
// says nothing.
type Options struct {
	File      string // --file: relative to the working directory, else to the project
	Target    string
	Platform  string
	BuildArgs map[string]string
	Config    string   // --config; empty: careen.yaml of the project
	Mirrors   []string // --mirror, each HOST=URL
	Builder   string
	Runs      int
	Getenv    func(string) string // nil: no environment
	Stdin     io.Reader           // read for the path "-"
}

// Load reads the project at path: a directory, a Dockerfile, "-", or "" for the
// working directory. Errors name the remedy.
func Load(path string, opts Options) (*Project, error) {
	return NewLoader().Load(path, opts)
}

// A Loader loads many projects and reads what they share, such as a directory
// full of Dockerfiles, once. It may be used by several goroutines.
type Loader struct {
	mu       sync.Mutex
	contexts map[contextKey]*shared
	compose  map[string]func() []Service // by directory
}

type contextKey struct{ dir, ignore string }

// shared is what projects with one context have in common.
type shared struct {
	context   *buildctx.Context
	manifests func() []Manifest
}

// NewLoader makes a Loader that has read nothing yet.
func NewLoader() *Loader {
	return &Loader{contexts: map[contextKey]*shared{}, compose: map[string]func() []Service{}}
}

// Load is like the function Load.
func (l *Loader) Load(path string, opts Options) (*Project, error) {
	if path == Stdin {
		return loadStdin(opts)
	}
	p := &Project{}
	given, err := p.locate(path, opts.File)
	if err != nil {
		return nil, err
	}
	if err := p.configure(opts); err != nil {
		return nil, err
	}
	if err := p.choose(given); err != nil {
		return nil, err
	}
	src, err := readDockerfile(p.DockerfilePath())
	if err != nil {
		return nil, err
	}
	p.Dockerfile = dockerfile.Parse(src)
	return p, l.surround(p)
}

func loadStdin(opts Options) (*Project, error) {
	if opts.Stdin == nil {
		return nil, errors.New("no standard input to read a Dockerfile from")
	}
	src, err := io.ReadAll(io.LimitReader(opts.Stdin, maxDockerfile+1))
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	if len(src) > maxDockerfile {
		return nil, errors.New("standard input: larger than 4 MiB, so not a Dockerfile")
	}
	p := &Project{Path: Stdin, Dockerfile: dockerfile.Parse(src)}
	if opts.Config != "" {
		if p.Config, err = readConfig(opts.Config); err != nil {
			return nil, err
		}
	}
	p.Settings, err = merge(opts, p.Config)
	return p, err
}

// locate finds the project's directory, and the Dockerfile where the user named
// one.
func (p *Project) locate(path, file string) (given string, err error) {
	if path == "" {
		path = "."
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: no such file or directory", path)
	}
	if err != nil {
		return "", fmt.Errorf("project: %w", err)
	}
	p.Dir = filepath.Clean(path)
	if !info.IsDir() {
		if file != "" {
			return "", fmt.Errorf("%s is a file: give either it or --file %s; with --file, PATH is the context directory", path, file)
		}
		p.Dir = filepath.Dir(path)
		return path, nil
	}
	if file == "" {
		return "", nil
	}
	for _, candidate := range []string{file, filepath.Join(p.Dir, file)} {
		if isFile(candidate) {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("--file %s: no such file, neither here nor in %s", file, p.Dir)
}

func (p *Project) configure(opts Options) (err error) {
	path := opts.Config
	if path == "" && opts.Getenv != nil {
		path = opts.Getenv("CAREEN_CONFIG")
	}
	if path == "" {
		path = findConfig(p.Dir)
	}
	if path != "" {
		if p.Config, err = readConfig(path); err != nil {
			return err
		}
	}
	p.Settings, err = merge(opts, p.Config)
	return err
}

// choose settles which Dockerfile: the one the user named, careen.yaml's, or the
// one that is there.
func (p *Project) choose(given string) error {
	switch {
	case given != "":
		p.Path = given
		p.Rel = relInside(p.Dir, given)
		return nil
	case p.Config.File != "":
		p.Rel = filepath.ToSlash(filepath.Clean(p.Config.File))
		if _, err := readLocal(p.Dir, p.Rel, maxDockerfile); err != nil {
			return fmt.Errorf("%s: file: %w", p.Config.Path, err)
		}
	default:
		name, err := findDockerfile(p.Dir)
		if err != nil {
			return err
		}
		p.Rel = name
	}
	p.Path = filepath.Join(p.Dir, filepath.FromSlash(p.Rel))
	return nil
}

func (l *Loader) surround(p *Project) error {
	ignore, err := buildctx.FindIgnore(p.Dir, p.DockerfilePath())
	if err != nil {
		p.Problems = append(p.Problems, err)
	}
	if ignore != nil {
		p.IgnorePath = relInside(p.Dir, ignore.Path)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.compose = l.compose[p.Dir]; p.compose == nil {
		p.compose = sync.OnceValue(func() []Service { return readCompose(p.Dir) })
		l.compose[p.Dir] = p.compose
	}
	key := contextKey{dir: p.Dir}
	if ignore != nil {
		key.ignore = ignore.Path
	}
	sh := l.contexts[key]
	if sh == nil {
		if sh, err = newShared(p.Dir, ignore); err != nil {
			return err
		}
		l.contexts[key] = sh
	}
	p.Context, p.manifests = sh.context, sh.manifests
	return nil
}

func newShared(dir string, ignore *buildctx.Ignore) (*shared, error) {
	c, err := buildctx.Open(dir, ignore)
	if err != nil {
		return nil, err
	}
	return &shared{c, sync.OnceValue(func() []Manifest { return findManifests(c) })}, nil
}

// readDockerfile reads a regular file; what the user named may be a link to
// anywhere, as with docker build.
func readDockerfile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%s: permission denied; make it readable: chmod a+r %[1]s", path)
	}
	if err != nil {
		return nil, fmt.Errorf("dockerfile: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("dockerfile: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	src, err := io.ReadAll(io.LimitReader(f, maxDockerfile+1))
	if err != nil {
		return nil, fmt.Errorf("dockerfile: %w", err)
	}
	if len(src) > maxDockerfile {
		return nil, fmt.Errorf("%s is larger than 4 MiB, so not a Dockerfile", path)
	}
	return src, nil
}

// relInside is target relative to dir with slashes, or "" when it lies outside.
func relInside(dir, target string) string {
	absDir, errDir := filepath.Abs(dir)
	absTarget, errTarget := filepath.Abs(target)
	if errDir != nil || errTarget != nil {
		return ""
	}
	rel, err := filepath.Rel(absDir, absTarget)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// tooMany shortens a list of names for a message.
func tooMany(names []string) string {
	const shown = 6
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
