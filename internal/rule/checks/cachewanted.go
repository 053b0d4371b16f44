package checks

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/ecosystem"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/internal/shell"
)

// wanted tells whether something may read the directory from the image, where a
// cache mount would not leave it: another stage's COPY, the start command, a step
// without network or told to stay offline, or, for Go's modules, one of unknown ways.
func wanted(p *rule.Pass, s step, c call, d cacheDir) bool {
	if copiedFrom(p, s.stage, d.dir) || startsWith(p, c.Manager.Programs) {
		return true
	}
	modules := c.Manager.Name == "go" && !d.Builds
	return slices.ContainsFunc(heirs(p, s), func(other step) bool {
		if network, ok := other.Flag("network"); ok && network.Value == "none" {
			return true
		}
		return installsOffline(p, other) || modules && len(of(callsOf(p, other.Instruction), "go")) == 0 && opaque(p, other) && !takesMount(p, other)
	})
}

// takesMount tells whether a step of unknown ways is given Go's mounts as well.
func takesMount(p *rule.Pass, s step) bool {
	return mayCallGo(p, s) && surroundingsOf(p, s).root() && !slices.ContainsFunc(script(p, s.Instruction).Commands, func(c *shell.Command) bool { return c.Name == "rm" })
}

// copiedFrom tells whether a COPY or a mount takes the directory, a part of it, or
// a directory around it out of the stage.
func copiedFrom(p *rule.Pass, s *dockerfile.Stage, dir string) bool {
	for _, other := range p.File.Stages {
		for _, i := range other.Instructions {
			c, ok := i.Copy()
			if !ok || c.From == "" || !means(p, c.From, s) {
				continue
			}
			for _, src := range c.Sources {
				name := path.Clean("/" + strings.TrimRight(src.Value, "*"))
				if strings.Contains(src.Value, "$") || ecosystem.Inside(dir, name) || ecosystem.Inside(name, dir) {
					return true
				}
			}
		}
	}
	return false
}

// means tells whether a --from means the stage or one built on it.
func means(p *rule.Pass, from string, s *dockerfile.Stage) bool {
	used := p.File.StageByName(from)
	if used == nil {
		for _, st := range p.File.Stages {
			if from == strconv.Itoa(st.Index) {
				used = st
			}
		}
	}
	return used != nil && slices.Contains(lineage(p, used), s)
}

// heirs are the steps whose layers lie on this step's: its own stage's and those
// of stages built on it.
func heirs(p *rule.Pass, s step) (list []step) {
	for _, other := range p.File.Stages {
		if slices.Contains(lineage(p, other), s.stage) {
			list = append(list, runsOf(other)...)
		}
	}
	return list
}

// startsWith tells whether the image starts by calling one of the programs.
func startsWith(p *rule.Pass, programs []string) bool {
	for _, st := range lineage(p, finalStage(p)) {
		for _, i := range st.Instructions {
			if i.Name != "CMD" && i.Name != "ENTRYPOINT" {
				continue
			}
			sc := script(p, i)
			if sc != nil && slices.ContainsFunc(sc.Commands, func(c *shell.Command) bool { return runsBuild(c, programs) }) {
				return true
			}
		}
	}
	return false
}

// runsBuild tells whether a start command has the manager install or build: "npm
// start" does not read npm's cache, "go run" and "mvn spring-boot:run" do.
func runsBuild(c *shell.Command, programs []string) bool {
	switch c.Name {
	case "npm", "yarn", "pnpm", "pip", "pip3":
		return c.Has("install") || c.Has("ci")
	}
	return slices.Contains(programs, c.Name)
}
