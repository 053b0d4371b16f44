package verify

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/careenhq/careen/diag"
)

// configuration is level 0: every field of the image configuration that affects
// how a container runs.
func (c *comparison) configuration(s *sheet) {
	c.platform(s)
	c.envs(s)
	c.commands(s)
	c.user(s)
	c.workdir(s)
	c.sets(s)
	c.healthcheck(s)
	c.stopSignal(s)
	c.labels(s)
	c.onBuild(s)
	c.shell(s)
	c.history(s)
}

func (c *comparison) platform(s *sheet) {
	s.checked("platform")
	older, newer := platformOf(c.old.config), platformOf(c.new.config)
	if older != newer {
		s.differs(diag.Difference{Check: "platform", Old: older, New: newer, Label: "B20",
			Reason: "the images are for different machines"})
	}
}

func platformOf(c *v1.ConfigFile) string {
	name := cmp.Or(c.OS, "linux") + "/" + cmp.Or(c.Architecture, "unknown")
	if c.Variant != "" && (c.Architecture != "arm64" || c.Variant != "v8") {
		name += "/" + c.Variant
	}
	return name
}

// user compares who the container runs as. A name and a number are the same when
// the image's own passwd and group files say so.
func (c *comparison) user(s *sheet) {
	s.checked("user")
	older, newer := c.old.config.Config.User, c.new.config.Config.User
	if older == newer {
		return
	}
	before, after := c.old.identity(), c.new.identity()
	if before == after && before.known {
		s.note("USER %q and %q are both %s", older, newer, before)
		return
	}
	s.differs(diag.Difference{Check: "user", Old: describeUser(older, before), New: describeUser(newer, after), Label: "B7",
		Reason: "the container runs as another user"})
}

func describeUser(name string, id identity) string {
	if name == "" {
		return "root (not set)"
	}
	return fmt.Sprintf("%s (%s)", name, id)
}

func (c *comparison) workdir(s *sheet) {
	s.checked("workdir")
	older, newer := cmp.Or(c.old.config.Config.WorkingDir, "/"), cmp.Or(c.new.config.Config.WorkingDir, "/")
	if cleanPath(older) != cleanPath(newer) {
		s.differs(diag.Difference{Check: "workdir", Old: older, New: newer, Label: "B7",
			Reason: "relative paths of the command mean other files"})
	}
}

// sets compares EXPOSE and VOLUME.
func (c *comparison) sets(s *sheet) {
	s.checked("expose", "volume")
	older, newer := c.old.config.Config, c.new.config.Config
	c.set(s, "expose", older.ExposedPorts, newer.ExposedPorts)
	c.set(s, "volume", older.Volumes, newer.Volumes)
}

func (c *comparison) set(s *sheet, check string, older, newer map[string]struct{}) {
	for _, name := range sortedKeys(older) {
		if _, kept := newer[name]; !kept {
			s.differs(diag.Difference{Check: check, Path: name, Old: name, Label: "B7",
				Reason: fmt.Sprintf("%s %s is gone", strings.ToUpper(check), name)})
		}
	}
	for _, name := range sortedKeys(newer) {
		if _, had := older[name]; !had {
			s.differs(diag.Difference{Check: check, Path: name, New: name, Label: "B7",
				Reason: fmt.Sprintf("%s %s is new", strings.ToUpper(check), name)})
		}
	}
}

func (c *comparison) healthcheck(s *sheet) {
	s.checked("healthcheck")
	older, newer := activeHealthcheck(c.old.config), activeHealthcheck(c.new.config)
	if !reflect.DeepEqual(older, newer) {
		s.differs(diag.Difference{Check: "healthcheck", Old: describeHealth(older), New: describeHealth(newer), Label: "B7",
			Reason: "the health of the container is judged differently"})
	}
}

// activeHealthcheck is nil when there is none, also when it was switched off.
func activeHealthcheck(c *v1.ConfigFile) *v1.HealthConfig {
	h := c.Config.Healthcheck
	if h == nil || len(h.Test) == 0 || h.Test[0] == "NONE" {
		return nil
	}
	return h
}

func describeHealth(h *v1.HealthConfig) string {
	if h == nil {
		return "none"
	}
	return fmt.Sprintf("%s (interval %s, timeout %s, start period %s, retries %d)",
		strings.Join(h.Test, " "), h.Interval, h.Timeout, h.StartPeriod, h.Retries)
}

func (c *comparison) stopSignal(s *sheet) {
	s.checked("stopsignal")
	older, newer := c.old.config.Config.StopSignal, c.new.config.Config.StopSignal
	if before, after := signalNumber(older), signalNumber(newer); before != after || before == 0 && older != newer {
		s.differs(diag.Difference{Check: "stopsignal", Old: cmp.Or(older, "SIGTERM"), New: cmp.Or(newer, "SIGTERM"), Label: "B7",
			Reason: "the container is stopped by another signal"})
	}
}

// labels compares LABEL. A label of the old base describes that base.
func (c *comparison) labels(s *sheet) {
	s.checked("label")
	older, newer := c.old.config.Config.Labels, c.new.config.Config.Labels
	for _, name := range sortedKeys(older) {
		value, kept := newer[name]
		switch {
		case kept && value == older[name]:
		case c.old.base != nil && !c.old.setByProject("LABEL", name, older[name]):
			s.note("LABEL %s describes the old base", name)
		default:
			s.differs(diag.Difference{Check: "label", Path: name, Old: older[name], New: value, Label: "B7",
				Reason: "the label is missing or says something else"})
		}
	}
	for _, name := range sortedKeys(newer) {
		if _, had := older[name]; !had {
			s.note("LABEL %s=%s is new", name, newer[name])
		}
	}
}

// onBuild compares the triggers for images built from this one.
func (c *comparison) onBuild(s *sheet) {
	s.checked("onbuild")
	older, newer := c.old.config.Config.OnBuild, c.new.config.Config.OnBuild
	if !slices.Equal(older, newer) {
		s.differs(diag.Difference{Check: "onbuild", Old: strings.Join(older, "; "), New: strings.Join(newer, "; "), Label: "B7",
			Reason: "images built from this one run other triggers"})
	}
}

// shell compares SHELL, which at run time only the shell form of HEALTHCHECK reads.
func (c *comparison) shell(s *sheet) {
	s.checked("shell")
	older, newer := c.old.config.Config.Shell, c.new.config.Config.Shell
	if slices.Equal(older, newer) {
		return
	}
	h := activeHealthcheck(c.old.config)
	if h == nil || h.Test[0] != "CMD-SHELL" {
		s.note("SHELL differs (%q, %q); nothing at run time reads it", older, newer)
		return
	}
	s.differs(diag.Difference{Check: "shell", Old: strings.Join(older, " "), New: strings.Join(newer, " "), Label: "B7",
		Reason: "the health check runs through another shell"})
}

// history notes what differs without any effect on a container.
func (c *comparison) history(s *sheet) {
	older, newer := c.old.config, c.new.config
	if len(older.History) != len(newer.History) || len(older.RootFS.DiffIDs) != len(newer.RootFS.DiffIDs) {
		s.note("history: %d instructions in %d layers before, %d in %d after", len(older.History), len(older.RootFS.DiffIDs),
			len(newer.History), len(newer.RootFS.DiffIDs))
	}
	for _, name := range sortedKeys(c.old.annotations) {
		if value := c.new.annotations[name]; value != c.old.annotations[name] {
			s.note("annotation %s of the manifest changed from %q to %q; no runtime reads it", name, c.old.annotations[name], value)
		}
	}
	if older.Author != newer.Author {
		s.note("author changed from %q to %q", older.Author, newer.Author)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
