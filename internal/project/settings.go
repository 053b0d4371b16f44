package project

import (
	"fmt"
	"maps"
	"strconv"
)

// Settings are the user's choices after merging: a flag wins over the
// environment, the environment over careen.yaml, careen.yaml over the default.
type Settings struct {
	Target    string
	Platform  string            // empty: the builder's own
	BuildArgs map[string]string // nil: none
	Mirrors   Mirrors           // by registry host
	Builder   string            // address; empty: the embedded engine
	BuilderBy string            // where Builder comes from, for the output: "--builder", "CAREEN_BUILDER", …
	Runs      int               // measured builds of each kind
}

// DefaultRuns is how many times each thing is measured unless told otherwise.
const DefaultRuns = 3

// maxRuns keeps a typing error from costing a day.
const maxRuns = 100

// merge fills in the settings from opts, its environment and the configuration.
func merge(opts Options, cfg Config) (Settings, error) {
	env := opts.Getenv
	if env == nil {
		env = func(string) string { return "" }
	}
	s := Settings{
		Target:    first(opts.Target, env("CAREEN_TARGET"), cfg.Target),
		Platform:  first(opts.Platform, env("CAREEN_PLATFORM"), cfg.Platform),
		BuildArgs: maps.Clone(cfg.BuildArgs),
	}
	for key, value := range opts.BuildArgs {
		if s.BuildArgs == nil {
			s.BuildArgs = map[string]string{}
		}
		s.BuildArgs[key] = value
	}
	if err := s.chooseBuilder(opts.Builder, env, cfg); err != nil {
		return s, err
	}
	if err := s.countRuns(opts.Runs, env("CAREEN_RUNS"), cfg.Runs); err != nil {
		return s, err
	}
	return s, s.mergeMirrors(opts.Mirrors, env("CAREEN_MIRRORS"), cfg.Mirrors)
}

func (s *Settings) chooseBuilder(flag string, env func(string) string, cfg Config) error {
	for _, c := range []struct{ by, address string }{
		{"--builder", flag},
		{"CAREEN_BUILDER", env("CAREEN_BUILDER")},
		{"BUILDKIT_HOST", env("BUILDKIT_HOST")},
		{cfg.Path, cfg.Builder},
	} {
		if c.address != "" {
			s.Builder, s.BuilderBy = c.address, c.by
			return nil
		}
	}
	return nil
}

func (s *Settings) countRuns(flag int, env string, file int) error {
	s.Runs = flag
	if s.Runs == 0 && env != "" {
		n, err := strconv.Atoi(env)
		if err != nil {
			return fmt.Errorf("CAREEN_RUNS=%s: not a number", env)
		}
		s.Runs = n
	}
	if s.Runs == 0 {
		s.Runs = file
	}
	if s.Runs == 0 {
		s.Runs = DefaultRuns
	}
	if s.Runs < 1 || s.Runs > maxRuns {
		return fmt.Errorf("runs: %d is not between 1 and %d", s.Runs, maxRuns)
	}
	return nil
}

// mergeMirrors replaces host by host: naming one registry on the command line
// leaves the mirrors of the others alone.
func (s *Settings) mergeMirrors(flags []string, env string, file Mirrors) error {
	s.Mirrors = maps.Clone(file)
	add := func(from, text string) error {
		m, err := ParseMirrors(text)
		if err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		if s.Mirrors == nil {
			s.Mirrors = Mirrors{}
		}
		maps.Copy(s.Mirrors, m)
		return nil
	}
	if env != "" {
		if err := add("CAREEN_MIRRORS", env); err != nil {
			return err
		}
	}
	given := Mirrors{}
	for _, flag := range flags {
		m, err := ParseMirrors(flag)
		if err != nil {
			return fmt.Errorf("--mirror: %w", err)
		}
		for host, urls := range m {
			given[host] = append(given[host], urls...)
		}
	}
	if len(given) > 0 && s.Mirrors == nil {
		s.Mirrors = Mirrors{}
	}
	maps.Copy(s.Mirrors, given)
	return nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
