package project

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/yaml.v3"
)

// ConfigName is the configuration file of a project.
const ConfigName = "careen.yaml"

// maxConfig is the size up to which a configuration is read.
const maxConfig = 1 << 20

// Config is careen.yaml, described for people in docs/config.md. Zero values mean
// that the file does not say.
type Config struct {
	Path string `yaml:"-"` // the file as found; "" without one

	File      string            `yaml:"file"` // Dockerfile, relative to the project
	Target    string            `yaml:"target"`
	Platform  string            `yaml:"platform"`
	BuildArgs map[string]string `yaml:"build_args"`
	Mirrors   Mirrors           `yaml:"mirrors"`
	Builder   string            `yaml:"builder"`
	Runs      int               `yaml:"runs"`

	Run    RunConfig  `yaml:"run"`
	Checks Checks     `yaml:"checks"`
	Tests  []Test     `yaml:"tests"`
	Goals  Goals      `yaml:"goals"`
	Gate   Gate       `yaml:"gate"`
	Bases  Bases      `yaml:"bases"`
	Rules  RuleConfig `yaml:"rules"`
}

// RunConfig says how the image is started for the comparison.
type RunConfig struct {
	Env      map[string]string `yaml:"env"`
	Args     []string          `yaml:"args"` // stands in for CMD
	User     string            `yaml:"user"`
	ReadOnly bool              `yaml:"read_only"`
	Tmpfs    []string          `yaml:"tmpfs"`
	Ready    Ready             `yaml:"ready"`
	Timeout  Duration          `yaml:"timeout"` // of each start; 0: careen's default
	Memory   Size              `yaml:"memory"`
	Network  bool              `yaml:"network"` // false: loopback only
}

// Ready says when a started image is ready for its checks: all that is set must
// hold. The zero value leaves it to careen, which waits for a listening port.
type Ready struct {
	Port int    `yaml:"port"` // listening
	Path string `yaml:"path"` // answers a GET with a status below 500
	Log  string `yaml:"log"`  // text in its output
}

// Checks are requests and commands whose answers both images must share.
type Checks struct {
	HTTP     []HTTPCheck    `yaml:"http"`
	Commands []CommandCheck `yaml:"commands"`
}

// HTTPCheck is one request to the running image.
type HTTPCheck struct {
	Path    string            `yaml:"path"`
	Port    int               `yaml:"port"`   // 0: the one the image listens on
	Method  string            `yaml:"method"` // empty: GET
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	Status  int               `yaml:"status"` // expected of the old image; 0: whatever it answers
}

// CommandCheck is one command line in the image.
type CommandCheck struct {
	Name  string   `yaml:"name"`
	Args  []string `yaml:"args"` // after the ENTRYPOINT
	Run   []string `yaml:"run"`  // the whole command line
	Stdin string   `yaml:"stdin"`
}

// Where a test runs.
const (
	InImage = "image" // beside the image's own process, with the image's files
	InTools = "tools" // with the files of the original image, in the same network
)

// Test is the project's own test command. It is given CAREEN_URL.
type Test struct {
	Name string   `yaml:"name"`
	Run  []string `yaml:"run"`
	In   string   `yaml:"in"` // InImage or InTools; empty: InImage
}

// Goals are what an optimisation should reach; zero values mean careen's own.
type Goals struct {
	Size    Percent `yaml:"size"`     // smaller by
	MaxSize Size    `yaml:"max_size"` // or at most so large, unpacked
	Cold    Percent `yaml:"cold"`     // cold build faster by
}

// Gate is what `careen ci check` allows; zero values mean careen's own limits.
type Gate struct {
	Disk         SizeLimit `yaml:"disk"` // unpacked
	Pull         SizeLimit `yaml:"pull"` // compressed
	Cold         TimeLimit `yaml:"cold"`
	NoChange     TimeLimit `yaml:"no_change"`
	SourceEdit   TimeLimit `yaml:"source_edit"`
	ManifestEdit TimeLimit `yaml:"manifest_edit"`
}

// SizeLimit limits a size, and how much it may grow over the target branch.
type SizeLimit struct {
	Max    Size    `yaml:"max"`
	Growth Percent `yaml:"growth"`
}

// TimeLimit limits a time, and how much it may grow over the target branch.
type TimeLimit struct {
	Max    Duration `yaml:"max"`
	Growth Percent  `yaml:"growth"`
}

// Bases limits the base images that careen may choose: path.Match patterns on
// references.
type Bases struct {
	Allow []string `yaml:"allow"` // empty: all
	Deny  []string `yaml:"deny"`
}

// RuleConfig turns rules off.
type RuleConfig struct {
	Disable []string `yaml:"disable"`
}

// findConfig is the path of a directory's configuration, or "".
func findConfig(dir string) string {
	for _, name := range []string{ConfigName, "careen.yml"} {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	return ""
}

func readConfig(path string) (Config, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	src, err := readRegular(f, path, maxConfig)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return ParseConfig(path, src)
}

// ParseConfig reads a configuration strictly: an unknown key, a value of the wrong
// kind, an impossible value and a path that leaves the project are errors that
// name the line and, for a key, the one it was probably meant to be.
func ParseConfig(path string, src []byte) (Config, error) {
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(src))
	switch err := dec.Decode(&root); {
	case errors.Is(err, io.EOF):
		return Config{Path: path}, nil
	case err != nil:
		return Config{}, yamlError(path, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("%s: more than one YAML document", path)
	}
	s := schema{path: path}
	s.check(&root, configType, "")
	if len(s.problems) > 0 {
		return Config{}, s.err()
	}
	cfg := Config{}
	if err := root.Decode(&cfg); err != nil {
		return Config{}, yamlError(path, err)
	}
	cfg.Path = path
	return cfg, cfg.validate(&root)
}
