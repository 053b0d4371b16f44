package checks

import (
	"path"
	"slices"
	"strings"
)

// pip is the requirement files and those that they include.
func (r *reader) pip(in install) {
	args := in.command.Texts()
	named := false
	for k := 0; k < len(args); k++ {
		name, takes := requirementOption(args[k])
		switch {
		case takes && name == "" && k+1 < len(args):
			k++
			name = args[k]
			fallthrough
		case takes:
			named = true
			r.requirements(name, 0)
		case args[k] == "-e" || strings.HasPrefix(args[k], "--editable"), localPath(args[k]):
			r.block("it installs the project itself, which needs its sources")
		}
	}
	if !named {
		r.block("it installs the project itself, which needs its sources")
	}
	if _, ok := in.command.Literals(); !ok {
		r.block("the command is computed")
	}
}

// requirementOption reads "-r", "-rFILE", "--requirement=FILE" and the same for
// constraints.
func requirementOption(arg string) (name string, ok bool) {
	for _, option := range []string{"--requirement", "--constraint"} {
		if rest, found := strings.CutPrefix(arg, option); found {
			return strings.TrimPrefix(rest, "="), true
		}
	}
	if strings.HasPrefix(arg, "-r") || strings.HasPrefix(arg, "-c") && !strings.HasPrefix(arg, "--") {
		return arg[2:], true
	}
	return "", false
}

func localPath(arg string) bool {
	return arg == "." || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || strings.HasPrefix(arg, ".[") || strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, "file:")
}

// maxIncludes is how deep requirement files may include each other.
const maxIncludes = 8

func (r *reader) requirements(name string, depth int) {
	if slices.Contains(r.paths, path.Join(r.dir, name)) {
		return
	}
	if path.IsAbs(name) || strings.Contains(name, "://") || strings.Contains(name, "$") || depth > maxIncludes {
		r.block("requirements are read from " + name)
		return
	}
	for line := range strings.Lines(r.read(name)) {
		line = strings.TrimSpace(line)
		option, value, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case option == "-e" || option == "--editable" || localPath(line) || strings.Contains(line, "@ file:") || strings.Contains(line, "@ ."):
			r.block(name + " names the project itself or a local package")
		case strings.HasPrefix(option, "-r"), strings.HasPrefix(option, "--requirement"), strings.HasPrefix(option, "-c"), strings.HasPrefix(option, "--constraint"):
			included, _ := requirementOption(option)
			if included == "" {
				included = strings.TrimSpace(value)
			}
			r.requirements(path.Join(path.Dir(name), included), depth+1)
		case strings.HasPrefix(option, "--find-links"), strings.HasPrefix(option, "-f"):
			r.block(name + " looks for packages in a directory")
		}
	}
}

func (r *reader) poetry(in install) {
	r.fills = []string{".venv"}
	text := r.read("pyproject.toml")
	r.add("poetry.lock", "poetry.toml")
	if strings.Contains(text, "path =") || strings.Contains(text, "path=") {
		r.block("pyproject.toml takes packages from local directories")
	}
	if !in.flagged("--no-root") {
		r.before(in, "--no-root")
	}
}

func (r *reader) uv(in install) {
	r.fills = []string{".venv"}
	text := r.read("pyproject.toml")
	r.add("uv.lock", "uv.toml", ".python-version")
	if strings.Contains(text, "tool.uv.workspace") || strings.Contains(text, "workspace =") || strings.Contains(text, "path =") {
		r.block("pyproject.toml takes packages from local directories")
	}
	if !in.flagged("--no-install-project", "--no-install-workspace") {
		r.before(in, "--no-install-project")
	}
}

func (r *reader) pipenv() {
	r.fills = []string{".venv"}
	text := r.read("Pipfile")
	r.add("Pipfile.lock")
	if strings.Contains(text, "path =") || strings.Contains(text, "path=") || strings.Contains(text, "editable") {
		r.block("Pipfile takes packages from local directories")
	}
}
