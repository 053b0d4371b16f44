package project

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// standardNames are the names a build finds by itself, in order of preference.
var standardNames = [...]string{"Dockerfile", "Containerfile", "dockerfile"}

// findDockerfile picks the Dockerfile of a directory: a standard name, or the
// only file that is called like one.
func findDockerfile(dir string) (string, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("project: %w", err)
	}
	var others []string
	present := map[string]bool{}
	for _, d := range list {
		if !d.IsDir() && isDockerfileName(d.Name()) {
			present[d.Name()] = true
			others = append(others, d.Name())
		}
	}
	for _, name := range standardNames {
		if present[name] {
			return name, nil
		}
	}
	switch len(others) {
	case 1:
		return others[0], nil
	case 0:
		return "", noDockerfile(dir, list)
	}
	return "", fmt.Errorf("several Dockerfiles in %s: %s\n  try     --file %s", dir, tooMany(others), filepath.Join(dir, others[0]))
}

// noDockerfile says what was looked for, and where one is close by.
func noDockerfile(dir string, list []fs.DirEntry) error {
	message := fmt.Sprintf("no Dockerfile in %s\n  cause   looked for Dockerfile, Containerfile, dockerfile, Dockerfile.* and *.Dockerfile", dir)
	for _, d := range list {
		if !d.IsDir() || skipped(d.Name()) {
			continue
		}
		for _, name := range standardNames {
			if path := filepath.Join(dir, d.Name(), name); isFile(path) {
				return fmt.Errorf("%s\n  try     --file %s, or PATH %s", message, path, filepath.Dir(path))
			}
		}
	}
	return fmt.Errorf("%s\n  try     a directory that has one, or --file FILE", message)
}

// isDockerfileName tells whether people call Dockerfiles so.
func isDockerfileName(name string) bool {
	if strings.HasSuffix(name, ".dockerignore") {
		return false
	}
	lower := strings.ToLower(name)
	for _, base := range []string{"dockerfile", "containerfile"} {
		if lower == base || strings.HasPrefix(lower, base+".") || strings.HasSuffix(lower, "."+base) {
			return true
		}
	}
	return false
}

// skipped names directories whose Dockerfiles are not the project's.
func skipped(name string) bool {
	return name == ".git" || name == "node_modules" || name == "vendor" || name == ".venv"
}

// Discover lists the Dockerfiles below a directory, in order of their paths,
// without those of dependencies. A path that is a file, or "-", is given back as
// it is. Directories that cannot be read are returned as errors beside the rest.
func Discover(path string) (files []string, problems []error) {
	if path == "" {
		path = "."
	}
	if info, err := os.Stat(path); path == Stdin || err == nil && !info.IsDir() {
		return []string{path}, nil
	}
	_ = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			problems = append(problems, err)
		case d.IsDir() && name != path && skipped(d.Name()):
			return filepath.SkipDir
		case !d.IsDir() && isDockerfileName(d.Name()) && (d.Type().IsRegular() || isFile(name)):
			files = append(files, name)
		}
		return nil
	})
	slices.Sort(files)
	return files, problems
}
