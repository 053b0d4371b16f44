package project

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// composeNames are the compose files that are read; the first one that exists
// counts, as for docker compose.
var composeNames = [...]string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}

// A Service is a compose service that is built rather than pulled. It tells how
// people start the image. Variables have their defaults filled in and nothing
// else, as careen does not read .env files.
type Service struct {
	Name        string
	File        string            // the compose file, relative to the project
	Dockerfile  string            // relative to the project, slashes
	Target      string            // stage
	Args        map[string]string // build arguments
	Environment map[string]string
	Ports       []string // of the container: "8080", "53/udp"
	Entrypoint  []string // nil: the image's
	Command     []string // nil: the image's
	Healthcheck []string // as HEALTHCHECK's exec form: ["CMD", …] or ["CMD-SHELL", line]
	User        string
	WorkingDir  string
	Tmpfs       []string
	ReadOnly    bool
	DependsOn   []string // services it will not run without
}

// readCompose reads a directory's compose file leniently: what cannot be
// understood is left out, since it is only a hint on how the image is used.
func readCompose(dir string) []Service {
	for _, name := range composeNames {
		if src, err := readLocal(dir, name, maxConfig); err == nil {
			return ParseCompose(name, src)
		}
	}
	return nil
}

// ParseCompose reads the services of a compose file that have a build section, in
// order of their names. A file that is no YAML has none.
func ParseCompose(file string, src []byte) []Service {
	var doc map[string]any
	if yaml.Unmarshal(src, &doc) != nil {
		return nil
	}
	raw, _ := doc["services"].(map[string]any)
	var services []Service
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		fields, _ := raw[name].(map[string]any)
		if s, ok := readService(fields); ok {
			s.Name, s.File = name, file
			services = append(services, s)
		}
	}
	return services
}

func readService(fields map[string]any) (Service, bool) {
	s := Service{
		Environment: pairs(fields["environment"]),
		Ports:       ports(fields["ports"]),
		Entrypoint:  commandLine(fields["entrypoint"]),
		Command:     commandLine(fields["command"]),
		User:        text(fields["user"]),
		WorkingDir:  text(fields["working_dir"]),
		Tmpfs:       list(fields["tmpfs"]),
		ReadOnly:    fields["read_only"] == true,
		DependsOn:   names(fields["depends_on"]),
	}
	s.Ports = append(s.Ports, ports(fields["expose"])...)
	if health, ok := fields["healthcheck"].(map[string]any); ok && health["disable"] != true {
		s.Healthcheck = healthcheck(health["test"])
	}
	return s, s.build(fields["build"])
}

// build reads the build section, which is a directory or a mapping.
func (s *Service) build(section any) bool {
	dir, dockerfile := "", "Dockerfile"
	switch b := section.(type) {
	case string:
		dir = text(b)
	case map[string]any:
		dir = text(b["context"])
		if d := text(b["dockerfile"]); d != "" {
			dockerfile = d
		}
		s.Target, s.Args = text(b["target"]), pairs(b["args"])
	default:
		return false
	}
	if strings.Contains(dir, "://") || path.IsAbs(dir) || path.IsAbs(dockerfile) {
		return false
	}
	s.Dockerfile = path.Join(filepath.ToSlash(dir), filepath.ToSlash(dockerfile))
	return true
}

// text is a scalar as text, with variables at their defaults; "" for anything else.
func text(v any) string {
	s, _ := scalar(v)
	return s
}

func scalar(v any) (string, bool) {
	switch v.(type) {
	case nil, []any, map[string]any:
		return "", false
	}
	return interpolate(fmt.Sprint(v)), true
}

// list is a list of scalars, or one scalar.
func list(v any) []string {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	var out []string
	for _, item := range items {
		if s, ok := scalar(item); ok {
			out = append(out, s)
		}
	}
	return out
}

// pairs is a mapping, or a list of KEY=value. A key without a value takes it from
// the caller's environment, which careen does not pass on.
func pairs(v any) map[string]string {
	out := map[string]string{}
	if m, ok := v.(map[string]any); ok {
		for key, value := range m {
			if value != nil {
				out[key] = text(value)
			}
		}
	} else {
		for _, item := range list(v) {
			if key, value, ok := strings.Cut(item, "="); ok {
				out[key] = value
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// names is a list, or the keys of a mapping.
func names(v any) []string {
	if m, ok := v.(map[string]any); ok {
		return slices.Sorted(maps.Keys(m))
	}
	return list(v)
}

// ports takes the container's side: "8080:80/tcp" and {target: 80} give "80".
func ports(v any) []string {
	items, _ := v.([]any)
	var out []string
	for _, item := range items {
		port := text(item)
		if long, ok := item.(map[string]any); ok {
			port = text(long["target"])
			if protocol := text(long["protocol"]); protocol != "" && port != "" {
				port += "/" + protocol
			}
		}
		port = strings.TrimSuffix(port[strings.LastIndex(port, ":")+1:], "/tcp")
		if port != "" {
			out = append(out, port)
		}
	}
	return out
}

// commandLine is a list, or a line that compose splits at spaces like a shell
// without expanding anything.
func commandLine(v any) []string {
	if s, ok := v.(string); ok {
		return splitLine(interpolate(s))
	}
	if _, ok := v.([]any); ok {
		return list(v)
	}
	return nil
}

func healthcheck(v any) []string {
	if s, ok := v.(string); ok {
		return []string{"CMD-SHELL", interpolate(s)}
	}
	test := list(v)
	if len(test) == 0 || test[0] == "NONE" {
		return nil
	}
	return test
}
