// Package config reads the service's settings: a YAML file, then the environment.
package config

import (
	"errors"
	"fmt"
	"os"
	"time"

	"gopkg.in/yaml.v3"
)

// Config is what the service needs to start.
type Config struct {
	Listen        string        `yaml:"listen"`
	Database      string        `yaml:"database"`
	LogLevel      string        `yaml:"log_level"`
	ShutdownGrace time.Duration `yaml:"shutdown_grace"`
	Depots        []Depot       `yaml:"depots"`
	Environment   string        `yaml:"-"`
}

// Depot is a place that parcels pass through, with opening hours in local time.
type Depot struct {
	Code   string `yaml:"code" json:"code"`
	Name   string `yaml:"name" json:"name"`
	Zone   string `yaml:"zone" json:"zone"`
	Opens  string `yaml:"opens" json:"opens"`
	Closes string `yaml:"closes" json:"closes"`
}

// Load reads path and lets PARCELS_* variables win over it.
func Load(path string, getenv func(string) string) (Config, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	cfg := Config{Listen: ":8080", LogLevel: "info", ShutdownGrace: 10 * time.Second}
	if err := yaml.Unmarshal(src, &cfg); err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	for name, field := range map[string]*string{
		"PARCELS_LISTEN":    &cfg.Listen,
		"PARCELS_DATABASE":  &cfg.Database,
		"PARCELS_LOG_LEVEL": &cfg.LogLevel,
		"APP_ENV":           &cfg.Environment,
	} {
		if v := getenv(name); v != "" {
			*field = v
		}
	}
	return cfg, cfg.validate()
}

func (c Config) validate() error {
	var problems []error
	if c.Database == "" {
		problems = append(problems, errors.New("database: no path"))
	}
	if c.Environment == "" {
		problems = append(problems, errors.New("APP_ENV is not set"))
	}
	for _, d := range c.Depots {
		if _, err := time.LoadLocation(d.Zone); err != nil {
			problems = append(problems, fmt.Errorf("depot %s: %w", d.Code, err))
		}
		for _, clock := range []string{d.Opens, d.Closes} {
			if _, err := time.Parse("15:04", clock); err != nil {
				problems = append(problems, fmt.Errorf("depot %s: %w", d.Code, err))
			}
		}
	}
	return errors.Join(problems...)
}

// Open tells whether the depot is open at an instant.
func (d Depot) Open(at time.Time) (bool, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return false, err
	}
	clock := at.In(zone).Format("15:04")
	return clock >= d.Opens && clock < d.Closes, nil
}
