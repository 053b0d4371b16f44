package report

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/careenhq/careen/diag"
)

// StructureTest writes a structure as a configuration of container-structure-test.
func StructureTest(w io.Writer, s diag.Structure) error {
	type file struct {
		Name        string `yaml:"name"`
		Path        string `yaml:"path"`
		ShouldExist bool   `yaml:"shouldExist"`
		Permissions string `yaml:"permissions,omitempty"`
		UID         int    `yaml:"uid"`
		GID         int    `yaml:"gid"`
		Executable  string `yaml:"isExecutableBy,omitempty"`
	}
	type variable struct {
		Key     string `yaml:"key"`
		Value   string `yaml:"value"`
		IsRegex bool   `yaml:"isRegex,omitempty"`
	}
	type label struct {
		Key   string `yaml:"key"`
		Value string `yaml:"value"`
	}
	type metadata struct {
		EnvVars []variable `yaml:"envVars,omitempty"`
		Labels  []label    `yaml:"labels,omitempty"`
		Ports   []string   `yaml:"exposedPorts,omitempty"`
		Volumes []string   `yaml:"volumes,omitempty"`
		Entry   []string   `yaml:"entrypoint,omitempty"`
		Cmd     []string   `yaml:"cmd,omitempty"`
		Workdir string     `yaml:"workdir,omitempty"`
		User    string     `yaml:"user,omitempty"`
	}
	out := struct {
		Version  string   `yaml:"schemaVersion"`
		Files    []file   `yaml:"fileExistenceTests"`
		Metadata metadata `yaml:"metadataTest"`
	}{Version: "2.0.0", Metadata: metadata{Volumes: s.Volumes, Entry: s.Entrypoint, Cmd: s.Cmd, Workdir: s.Workdir, User: s.User}}
	for _, f := range s.Commands {
		out.Files = append(out.Files, file{Name: "command " + f.Path, Path: f.Path, ShouldExist: true, UID: f.UID, GID: f.GID, Executable: "any"})
	}
	for _, f := range s.Files {
		out.Files = append(out.Files, file{Name: f.Path, Path: f.Path, ShouldExist: true, Permissions: permissions(f), UID: f.UID, GID: f.GID})
	}
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		v := variable{Key: key, Value: s.Env[key]}
		if v.Value == "" {
			v.Value, v.IsRegex = ".*", true
		}
		out.Metadata.EnvVars = append(out.Metadata.EnvVars, v)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Labels)) {
		out.Metadata.Labels = append(out.Metadata.Labels, label{key, s.Labels[key]})
	}
	for _, port := range s.Ports {
		out.Metadata.Ports = append(out.Metadata.Ports, strings.TrimSuffix(port, "/tcp"))
	}
	return writeYAML(w, out)
}

// permissions are a file's as Go writes a mode, which is what the tests compare; a
// link's say nothing.
func permissions(f diag.StructureFile) string {
	if f.Kind == "link" {
		return ""
	}
	mode := fs.FileMode(f.Mode & 0o777)
	for bit, as := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if f.Mode&bit != 0 {
			mode |= as
		}
	}
	if f.Kind == "directory" {
		mode |= fs.ModeDir
	}
	return mode.String()
}

// Goss writes a structure as a goss file, for dgoss.
func Goss(w io.Writer, s diag.Structure) error {
	type file struct {
		Exists bool   `yaml:"exists"`
		Mode   string `yaml:"mode,omitempty"`
		Type   string `yaml:"filetype,omitempty"`
	}
	type user struct {
		Exists bool `yaml:"exists"`
		UID    int  `yaml:"uid"`
		GID    int  `yaml:"gid"`
	}
	type port struct {
		Listening bool `yaml:"listening"`
	}
	out := struct {
		File map[string]file `yaml:"file"`
		User map[string]user `yaml:"user,omitempty"`
		Port map[string]port `yaml:"port,omitempty"`
	}{File: map[string]file{}, User: map[string]user{}, Port: map[string]port{}}
	for _, f := range slices.Concat(s.Commands, s.Files) {
		kind := map[string]string{"link": "symlink"}[f.Kind]
		if kind == "" {
			kind = f.Kind
		}
		out.File[f.Path] = file{Exists: true, Mode: gossMode(f), Type: kind}
	}
	for _, u := range s.Users {
		var uid, gid int
		if _, err := fmt.Sscan(u.UID+" "+u.GID, &uid, &gid); err == nil {
			out.User[u.Name] = user{true, uid, gid}
		}
	}
	for _, p := range s.Ports {
		if m := regexp.MustCompile(`^(\d+)(?:/(tcp|udp))?$`).FindStringSubmatch(p); m != nil {
			protocol := m[2]
			if protocol == "" {
				protocol = "tcp"
			}
			out.Port[protocol+":"+m[1]] = port{true}
		}
	}
	return writeYAML(w, out)
}

func gossMode(f diag.StructureFile) string {
	if f.Kind == "link" {
		return ""
	}
	return fmt.Sprintf("%04o", f.Mode)
}

func writeYAML(w io.Writer, v any) error {
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return enc.Close()
}
