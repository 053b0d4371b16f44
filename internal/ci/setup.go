package ci

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"
)

// Setup is what workflow files are made for. Every field but Target, Platform and
// Args is required.
type Setup struct {
	Name       string // of the workflow and, with an ending, of its files
	Branch     string // whose pushes are measured
	Project    string // directory below the root of the repository, slashes; "." for the root
	Dockerfile string // below the root of the repository, slashes
	Target     string
	Platform   string
	Args       map[string]string // build arguments
	Install    string            // what `go install` is given to get careen
}

// A File is one generated file.
type File struct {
	Path  string // below the root of the repository, slashes
	Text  []byte
	Entry bool // the file is where people begin: careen makes it where there is none, and never edits it
}

//go:embed templates/*.yml
var templates embed.FS

// What a workflow's name, a branch (GitHub reads it as a pattern) and a build
// argument's name may be made of.
var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	branch    = regexp.MustCompile(`^[\pL\pN_][\pL\pN._/@#-]*$`)
	argument  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

// check refuses what no workflow file can say, or could say of another repository.
func (s Setup) check(provider string) error {
	if !plainName.MatchString(s.Name) {
		return fmt.Errorf("name %q: want letters, digits, dots, dashes and underscores", s.Name)
	}
	if !within(s.Project) || !within(s.Dockerfile) {
		return fmt.Errorf("%s: outside the repository; a runner would not find it", s.Dockerfile)
	}
	values := []string{s.Branch, s.Project, s.Dockerfile, s.Target, s.Platform, s.Install}
	for name, value := range s.Args {
		if !argument.MatchString(name) {
			return fmt.Errorf("build argument %q: not a name", name)
		}
		values = append(values, name+"="+value)
	}
	for _, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return fmt.Errorf("%q: holds a character that a workflow file cannot", v)
		}
		if provider == "azure" && (strings.Contains(v, "$(") || strings.Contains(v, "$[")) {
			return fmt.Errorf("%q: Azure would read a variable in it, and has no way to write it otherwise", v)
		}
	}
	if !branch.MatchString(s.Branch) {
		return fmt.Errorf("branch %q: name another with --branch", s.Branch)
	}
	if s.Install == "" {
		return errors.New("no version of careen to install")
	}
	return nil
}

func within(name string) bool {
	return name != "" && !path.IsAbs(name) && path.Clean(name) == name && name != ".." && !strings.HasPrefix(name, "../")
}

// fill writes one template with the values of the project.
func (s Setup) fill(name string) ([]byte, error) {
	t, err := template.New(name).Delims("[[", "]]").Funcs(writers(name)).ParseFS(templates, "templates/"+name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		Setup
		Args                      []string
		Context, File, Scope, Job string
	}{
		Setup: s, Args: arguments(s.Args), Context: "./" + strings.TrimPrefix(s.Project+"/", "./"), File: "./" + s.Dockerfile,
		Scope: scope(s.Dockerfile), Job: unlettered.ReplaceAllString(s.Name, "_"),
	})
	return out.Bytes(), err
}

var unlettered = regexp.MustCompile(`[^A-Za-z0-9]+`)

// writers are the functions by which a template writes a value where it stands.
func writers(name string) template.FuncMap {
	return template.FuncMap{
		"flow":   func(v string) string { return "[" + quote(v) + "]" },
		"expr":   func(v string) string { return quote(literal(v)) },
		"inline": literal,
		"sh": func(v string) string {
			if name == "azure.yml" {
				return literal(word(v))
			}
			return word(v)
		},
		"pin":    pin,
		"pinned": func() string { return pinned },
	}
}

// word writes a value as one word of a shell.
func word(v string) string { return "'" + strings.ReplaceAll(v, "'", `'\''`) + "'" }

func arguments(args map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		list = append(list, name+"="+args[name])
	}
	return list
}

// quote writes a string of printable characters as one of YAML: a double-quoted one
// has the escapes of Go, and a plain one only where nothing can be read otherwise.
func quote(v string) string {
	if bare.MatchString(v) && !slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, strings.ToLower(v)) {
		return v
	}
	return strconv.Quote(v)
}

var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/@-]*$`)

// literal keeps GitHub and Azure from evaluating what a value happens to hold.
func literal(v string) string { return strings.ReplaceAll(v, "${{", "${{ '${{' }}") }

func pin(action string) (string, error) {
	for _, p := range pins {
		if p.action == action {
			return p.action + "@" + p.commit + " # " + p.version, nil
		}
	}
	return "", fmt.Errorf("%s is not pinned", action)
}

// scope names the cache of one Dockerfile, in characters that mean nothing to
// BuildKit's options and that a registry takes in a tag.
func scope(dockerfile string) string {
	plain := strings.Trim(strange.ReplaceAllString(dockerfile, "-"), "-.")
	if plain == dockerfile && len(plain) <= 80 {
		return plain
	}
	sum := sha256.Sum256([]byte(dockerfile))
	return strings.TrimLeft(plain[:min(len(plain), 80)]+"-"+hex.EncodeToString(sum[:4]), "-")
}

var strange = regexp.MustCompile(`[^A-Za-z0-9._]+`)
