package repro

import (
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/engine"
	"github.com/careenhq/careen/internal/shell"
)

// Unpinned is an input that may be another one tomorrow.
type Unpinned struct {
	Line int    `json:"line"`
	What string `json:"what"`
	Pin  string `json:"pin"` // what would hold it
}

// unpinned lists what the Dockerfile fetches without saying exactly which. Two
// builds at one time cannot show it.
func unpinned(f *dockerfile.File, bases []engine.Base) []Unpinned {
	var list []Unpinned
	for _, s := range f.Stages {
		name, err := f.BaseName(s, nil)
		if err == nil && f.Parent(s, nil) == nil && name != "scratch" && !strings.Contains(name, "@sha256:") {
			line, _ := s.From.LineRange()
			list = append(list, Unpinned{line, "base image " + name, pinOf(name, bases)})
		}
		for _, in := range s.Instructions {
			list = append(list, fetched(f, s, in)...)
		}
	}
	return list
}

func pinOf(name string, bases []engine.Base) string {
	for _, b := range bases {
		ref, _, _ := strings.Cut(b.Ref, "@")
		if b.Digest != "" && (ref == name || strings.HasSuffix(ref, "/"+name)) {
			return name + "@" + b.Digest
		}
	}
	return name + "@sha256:…"
}

func fetched(f *dockerfile.File, s *dockerfile.Stage, in *dockerfile.Instruction) []Unpinned {
	line, _ := in.LineRange()
	if c, ok := in.Copy(); ok && c.Add && c.Checksum == "" {
		for _, src := range c.Sources {
			if strings.Contains(src.Value, "://") {
				return []Unpinned{{line, "ADD of an address", "--checksum=sha256:…"}}
			}
		}
	}
	run, ok := in.Run()
	if !ok {
		return nil
	}
	var list []Unpinned
	for _, c := range shell.Parse(run.Command, f.State(s, in, nil).Shell).Commands {
		u := Unpinned{Line: line}
		if u.What, u.Pin = upstreamOf(c); u.What != "" && !slices.Contains(list, u) {
			list = append(list, u)
		}
	}
	return list
}

// upstreamOf tells a command that takes whatever is newest.
func upstreamOf(c *shell.Command) (what, pin string) {
	args := c.Texts()
	switch c.Name {
	case "apt-get", "apt":
		if c.Has("install") && !all(args, "=") {
			return c.Name + " install without versions", "versions, and a snapshot of the archive (snapshot.debian.org) in the sources"
		}
	case "apk":
		if c.Has("add") && !all(args, "=") {
			return "apk add without versions", "name=version, and a release's own repository"
		}
	case "npm":
		if c.Has("install") || c.Has("i") {
			return "npm install", "npm ci, which takes the lockfile as it is"
		}
	case "pip", "pip3":
		if c.Has("install") && !c.Has("--require-hashes") {
			return "pip install without hashes", "--require-hashes with a compiled requirements file"
		}
	case "go":
		if c.Has("install") && slices.ContainsFunc(args, func(a string) bool { return strings.HasSuffix(a, "@latest") }) {
			return "go install …@latest", "a version"
		}
	case "git":
		if c.Has("clone") {
			return "git clone", "git checkout of a commit"
		}
	case "curl", "wget":
		return c.Name + " of an address", "sha256sum -c after it"
	}
	return "", ""
}

// all tells whether every argument behind the verb that is no flag has the mark.
func all(args []string, mark string) bool {
	verb := slices.IndexFunc(args, func(a string) bool { return a == "install" || a == "add" })
	for _, a := range args[verb+1:] {
		if !strings.HasPrefix(a, "-") && !strings.Contains(a, mark) {
			return false
		}
	}
	return true
}
