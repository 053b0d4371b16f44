// Package mounts lets the cache mounts of a Dockerfile travel from builder to
// builder: no cache that a builder exports carries them.
//
// They are read and filled by builds of a few lines, in which careen's own binary
// runs with the mounts, so any builder will do. What they hold is kept as an OCI
// artifact, in a registry or in a directory, under a key made of the mounts and the
// project's manifests. Contents are cut where they themselves say, not at fixed
// places, so that archives of two branches share what they have in common. An
// artifact is as trusted as whoever may write it: it fills mounts that a build then
// uses, and it can do no more than that.
package mounts

import (
	"fmt"
	"path"
	"regexp"
	"slices"

	"github.com/careenhq/careen/dockerfile"
)

// A Mount is a cache mount as a builder tells it from others.
type Mount struct {
	ID     string `json:"id"`
	Owner  string `json:"owner,omitempty"` // uid, gid and mode as a mount's options; part of what it is
	Target string `json:"-"`               // where a step sees it, for people
}

// A Skipped is a cache mount that does not travel.
type Skipped struct {
	Target string `json:"target"`
	Why    string `json:"why"`
}

// plainValue needs no quotes in an option of a mount.
var plainValue = regexp.MustCompile(`^[^\s,"'$\\]+$`)

// Find lists the cache mounts of the stages that a build of the target makes.
func Find(f *dockerfile.File, target string, buildArgs map[string]string) ([]Mount, []Skipped) {
	final := f.Final(target)
	if final == nil {
		return nil, nil
	}
	var found []Mount
	var skipped []Skipped
	for _, stage := range f.Needed(final, buildArgs) {
		for _, i := range stage.Instructions {
			run, ok := i.Run()
			if !ok {
				continue
			}
			vars := f.State(stage, i, buildArgs).Lookup
			for _, m := range run.Mounts {
				if m.Type != "cache" {
					continue
				}
				mount, why := read(m, func(word string) string {
					text, err := dockerfile.Expand(word, f.Escape, vars)
					if err != nil {
						return ""
					}
					return text
				})
				switch {
				case why != "":
					skipped = append(skipped, Skipped{m.Target, why})
				case !slices.ContainsFunc(found, mount.same):
					found = append(found, mount)
				}
			}
		}
	}
	return found, skipped
}

// same tells whether two mounts are one to a builder.
func (m Mount) same(o Mount) bool { return m.ID == o.ID && m.Owner == o.Owner }

// read makes a mount of its options, or says why it does not travel.
func read(m dockerfile.Mount, expand func(string) string) (Mount, string) {
	mount := Mount{ID: expand(m.ID), Target: expand(m.Target)}
	if m.From != "" || m.Source != "" {
		return mount, "it starts from the files of an image, so a builder ties it to that image"
	}
	if mount.ID == "" {
		mount.ID = path.Clean(mount.Target)
	}
	for _, key := range []string{"uid", "gid", "mode"} {
		value, ok := m.Option(key)
		if !ok {
			continue
		}
		if value = expand(value); !plainValue.MatchString(value) {
			return mount, fmt.Sprintf("careen cannot read its %s", key)
		}
		mount.Owner += "," + key + "=" + value
	}
	if !plainValue.MatchString(mount.ID) {
		return mount, "careen cannot read its id"
	}
	return mount, ""
}
