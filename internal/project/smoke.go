package project

import (
	"bytes"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Smoke is what the project's own files ask of a container beyond careen.yaml: the
// probes of Kubernetes and compose, the tests of container-structure-test and goss.
type Smoke struct {
	HTTP     []HTTPCheck
	Commands []CommandCheck // each in a container of its own
	Beside   []CommandCheck // beside the image's own process
	Files    []string       // that say so, relative to the project
}

// Bounds of the search for such files.
const (
	maxSmokeFiles = 200
	maxSmokeDepth = 4
	maxSmokeSize  = 256 << 10
)

// Smoke reads those files leniently: what cannot be understood is left out. It is empty
// for a project without a directory.
func (p *Project) Smoke() Smoke {
	var s Smoke
	if p.Dir == "" {
		return s
	}
	for _, service := range p.Services() {
		if len(service.Healthcheck) > 1 {
			s.beside("healthcheck of "+service.Name, shellOr(service.Healthcheck))
			s.Files = append(s.Files, service.File)
		}
	}
	for _, file := range smokeFiles(p.Dir) {
		src, err := readLocal(p.Dir, file, maxSmokeSize)
		if err == nil && s.read(file, src) {
			s.Files = append(s.Files, file)
		}
	}
	slices.Sort(s.Files)
	s.Files = slices.Compact(s.Files)
	return s
}

// smokeFiles lists the YAML files near the root of a project.
func smokeFiles(dir string) []string {
	var files []string
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error { // what cannot be listed has none
		if err != nil {
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return nil
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "vendor" || strings.Count(rel, "/") >= maxSmokeDepth) {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(rel); entry.Type().IsRegular() && (ext == ".yaml" || ext == ".yml") && rel != ConfigName {
			if files = append(files, rel); len(files) >= maxSmokeFiles {
				return fs.SkipAll
			}
		}
		return nil
	})
	return files
}

// read takes what one file asks for; false when that is nothing.
func (s *Smoke) read(file string, src []byte) bool {
	before := len(s.HTTP) + len(s.Commands) + len(s.Beside)
	base := path.Base(file)
	dec := yaml.NewDecoder(bytes.NewReader(src))
	for range maxSmokeFiles {
		var doc map[string]any
		if dec.Decode(&doc) != nil {
			break
		}
		switch {
		case strings.HasPrefix(base, "goss"):
			s.goss(doc)
		case text(doc["schemaVersion"]) != "" && doc["commandTests"] != nil:
			s.structureTest(doc)
		case text(doc["kind"]) != "" && text(doc["apiVersion"]) != "":
			s.kubernetes(doc)
		}
	}
	return len(s.HTTP)+len(s.Commands)+len(s.Beside) > before
}

// structureTest reads commandTests of container-structure-test.
func (s *Smoke) structureTest(doc map[string]any) {
	tests, _ := doc["commandTests"].([]any)
	for _, t := range tests {
		test, _ := t.(map[string]any)
		if command := text(test["command"]); command != "" && test["setup"] == nil {
			s.Commands = append(s.Commands, CommandCheck{Name: "structure test " + text(test["name"]), Run: append([]string{command}, list(test["args"])...)})
		}
	}
}

// goss reads the commands and local URLs of a goss file.
func (s *Smoke) goss(doc map[string]any) {
	commands, _ := doc["command"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		line := name
		fields, _ := commands[name].(map[string]any)
		if exec := text(fields["exec"]); exec != "" {
			line = exec
		}
		s.beside("goss "+name, []string{"/bin/sh", "-c", line})
	}
	urls, _ := doc["http"].(map[string]any)
	for _, address := range slices.Sorted(maps.Keys(urls)) {
		if check, ok := localCheck(address); ok {
			s.ask(check)
		}
	}
}

// localCheck is a URL of the container itself as a request.
func localCheck(address string) (HTTPCheck, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		return HTTPCheck{}, false
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[u.Scheme]
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return HTTPCheck{Path: u.RequestURI(), Port: port}, port > 0
}

// kubernetes finds the probes of every container in an object.
func (s *Smoke) kubernetes(object any) {
	switch v := object.(type) {
	case []any:
		for _, item := range v {
			s.kubernetes(item)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if key == "livenessProbe" || key == "readinessProbe" || key == "startupProbe" {
				s.probe(key, v[key], v["ports"])
				continue
			}
			s.kubernetes(v[key])
		}
	}
}

// probe reads one probe; a port by name is looked up among the container's.
func (s *Smoke) probe(name string, probe, ports any) {
	fields, _ := probe.(map[string]any)
	if get, _ := fields["httpGet"].(map[string]any); get != nil {
		where := text(get["path"])
		if !strings.HasPrefix(where, "/") {
			where = "/" + where
		}
		port := text(get["port"])
		known, _ := ports.([]any)
		for _, p := range known {
			if p, _ := p.(map[string]any); p != nil && text(p["name"]) == port {
				port = text(p["containerPort"])
			}
		}
		if number, err := strconv.Atoi(port); err == nil && number > 0 && number < 1<<16 {
			s.ask(HTTPCheck{Path: where, Port: number})
		}
	}
	if exec, _ := fields["exec"].(map[string]any); exec != nil {
		if command := list(exec["command"]); len(command) > 0 {
			s.beside(name+" "+strings.Join(command, " "), command)
		}
	}
}

func (s *Smoke) ask(check HTTPCheck) {
	same := func(have HTTPCheck) bool { return have.Path == check.Path && have.Port == check.Port }
	if !slices.ContainsFunc(s.HTTP, same) {
		s.HTTP = append(s.HTTP, check)
	}
}

func (s *Smoke) beside(name string, command []string) {
	same := func(have CommandCheck) bool { return slices.Equal(have.Run, command) }
	if !slices.ContainsFunc(s.Beside, same) {
		s.Beside = append(s.Beside, CommandCheck{Name: name, Run: command})
	}
}

// shellOr is the command of a health check.
func shellOr(test []string) []string {
	if test[0] == "CMD-SHELL" {
		return []string{"/bin/sh", "-c", strings.Join(test[1:], " ")}
	}
	return test[1:]
}
