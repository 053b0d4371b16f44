package mutant

import (
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// configuration changes one field of the image's configuration at a time.
func (b *breeder) configuration() {
	b.variables()
	b.commands()
	c := b.config
	if c.User != "" {
		b.configured("USER dropped", c.User, "B7", func(c *v1.Config) { c.User = "" })
	}
	b.configured("USER changed", "to 4711", "B7", func(c *v1.Config) { c.User = "4711:4711" })
	if c.WorkingDir != "" && c.WorkingDir != "/" {
		b.configured("WORKDIR dropped", c.WorkingDir, "B7", func(c *v1.Config) { c.WorkingDir = "" })
		b.configured("WORKDIR changed", "to /tmp", "B7", func(c *v1.Config) { c.WorkingDir = "/tmp" })
	}
	for _, port := range slices.Sorted(maps.Keys(c.ExposedPorts)) {
		b.configured("EXPOSE dropped", port, "B7", func(c *v1.Config) { delete(c.ExposedPorts, port) })
	}
	for _, volume := range slices.Sorted(maps.Keys(c.Volumes)) {
		b.configured("VOLUME dropped", volume, "B7", func(c *v1.Config) { delete(c.Volumes, volume) })
	}
	for _, label := range spread(slices.Sorted(maps.Keys(c.Labels)), b.most) {
		b.configured("LABEL dropped", label, "B7", func(c *v1.Config) { delete(c.Labels, label) })
	}
	signal := "SIGQUIT"
	if c.StopSignal == signal {
		signal = "SIGTERM"
	}
	b.configured("STOPSIGNAL changed", "to "+signal, "B7", func(c *v1.Config) { c.StopSignal = signal })
	if c.Healthcheck != nil && len(c.Healthcheck.Test) > 0 {
		b.configured("HEALTHCHECK dropped", strings.Join(c.Healthcheck.Test, " "), "B7", func(c *v1.Config) { c.Healthcheck = nil })
	}
}

// variables drops and changes entries of ENV, those that say most about the project
// first: they were set last.
func (b *breeder) variables() {
	env := slices.Clone(b.config.Env)
	slices.Reverse(env)
	for _, entry := range env[:min(b.most, len(env))] {
		name, value, _ := strings.Cut(entry, "=")
		b.configured("ENV dropped", name, "B6", func(c *v1.Config) {
			c.Env = slices.DeleteFunc(c.Env, func(e string) bool { return e == entry })
		})
		if name == "PATH" {
			continue
		}
		b.configured("ENV changed", name, "B6", func(c *v1.Config) { replace(c.Env, entry, name+"="+value+"x") })
	}
	if before, after, ok := strings.Cut(b.env["PATH"], ":"); ok {
		b.configured("PATH shortened", before, "B6", func(c *v1.Config) { replace(c.Env, "PATH="+b.env["PATH"], "PATH="+after) })
	}
}

func replace(list []string, old, now string) {
	for i := range list {
		if list[i] == old {
			list[i] = now
		}
	}
}

// commands changes what is started.
func (b *breeder) commands() {
	for _, of := range []struct {
		name string
		in   func(*v1.Config) *[]string
	}{
		{"ENTRYPOINT", func(c *v1.Config) *[]string { return &c.Entrypoint }},
		{"CMD", func(c *v1.Config) *[]string { return &c.Cmd }},
	} {
		args := *of.in(&b.config)
		if len(args) == 0 {
			continue
		}
		line := strings.Join(args, " ")
		b.configured(of.name+" dropped", line, "B7", func(c *v1.Config) { *of.in(c) = nil })
		if len(args) == 3 && args[1] == "-c" {
			b.configured(of.name+" split into words", args[2], "B8", func(c *v1.Config) { *of.in(c) = strings.Fields(args[2]) })
			continue
		}
		b.configured(of.name+" given to a shell", line, "B8", func(c *v1.Config) { *of.in(c) = []string{"/bin/sh", "-c", line} })
		if len(args) > 1 {
			b.configured(of.name+" lost its last word", args[len(args)-1], "B7", func(c *v1.Config) { *of.in(c) = args[:len(args)-1] })
		}
	}
}
