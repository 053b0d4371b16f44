package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/careenhq/careen"
	"github.com/careenhq/careen/internal/project"
	"github.com/careenhq/careen/internal/report"
)

// selfTest runs `careen verify --self-test`.
func (a *app) selfTest(ctx context.Context, image string, o *verifyOptions) error {
	if err := checkFormat(o.format); err != nil {
		return err
	}
	if o.perKind < 1 || o.perKind > 1000 {
		return fmt.Errorf("--per-kind %d: want a number from 1 to 1000", o.perKind)
	}
	wider, err := readWider(o.wider)
	if err != nil {
		return err
	}
	p, err := a.loadSettings(o.project, &o.build)
	if err != nil {
		return err
	}
	j, err := a.begin(ctx, p, &o.build)
	if err != nil {
		return err
	}
	defer j.engine.Close()
	found, err := careen.SelfTest(ctx, careen.SelfTestOptions{
		Project: p, Engine: j.engine, Image: image, Wider: wider, PerKind: o.perKind, Secrets: j.secrets, Say: j.show.say, Events: j.show.event,
	})
	j.show.close()
	if err != nil {
		return err
	}
	err = a.writeTo(o.output, func(w io.Writer) error {
		if o.format == "json" {
			return writeJSON(w, found)
		}
		return report.SelfTest(w, *found, report.Style{Color: a.colored()})
	})
	if err == nil && found.Missed > 0 {
		err = errFindings
	}
	return err
}

// readWider reads the workload that judges survivors; nil without one.
func readWider(file string) (*project.Config, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--wider: %w", err)
	}
	config, err := project.ParseConfig(file, text)
	if err != nil {
		return nil, err
	}
	return &config, nil
}
