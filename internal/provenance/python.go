package provenance

import (
	"encoding/csv"
	"path"
	"regexp"
	"strings"

	"github.com/careenhq/careen/internal/image"
)

// python reads what pip and its like keep of a package beside it: METADATA and
// RECORD (Python packaging user guide, "Recording installed projects").
func (o *owners) python(t *image.Tree, dirs []string) {
	var all []*Package
	byName := map[string]*Package{}
	for _, dir := range dirs {
		text, err := t.ReadFile(dir + "/METADATA")
		if err != nil {
			continue
		}
		p := pythonPackage(string(text))
		if p.Name == "" {
			continue
		}
		if p.Path = dir; o.byPath[dir+"/METADATA"] != nil {
			continue // the distribution's own package
		}
		o.recorded(t, p, dir)
		byName[path.Dir(dir)+"/"+normal(p.Name)] = p
		all = append(all, o.add(p))
	}
	link(all, func(from *Package, name string) *Package { return byName[path.Dir(from.Path)+"/"+normal(name)] })
}

func pythonPackage(metadata string) *Package {
	p := &Package{Manager: "pip"}
	head, _, _ := strings.Cut(metadata, "\n\n")
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		switch key {
		case "Name":
			p.Name = value
		case "Version":
			p.Version = value
		case "Requires-Dist":
			if name := required(value); name != "" {
				p.needs = append(p.needs, name)
			}
		}
	}
	return p
}

var distribution = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*`)

// required is the name in a requirement, "" for one of an extra.
func required(value string) string {
	if strings.Contains(value, "extra ==") {
		return ""
	}
	return distribution.FindString(value)
}

var separators = regexp.MustCompile(`[-_.]+`)

// normal is a name as Python compares names.
func normal(name string) string { return strings.ToLower(separators.ReplaceAllString(name, "-")) }

// recorded enters the paths that RECORD lists; they are relative to the directory
// that the package is installed in.
func (o *owners) recorded(t *image.Tree, p *Package, dir string) {
	o.byDir[dir] = p
	text, err := t.ReadFile(dir + "/RECORD")
	if err != nil {
		return
	}
	r := csv.NewReader(strings.NewReader(string(text)))
	r.FieldsPerRecord, r.ReuseRecord, r.LazyQuotes = -1, true, true
	for {
		row, err := r.Read()
		if err != nil {
			return
		}
		file := row[0]
		if !path.IsAbs(file) {
			file = path.Join(path.Dir(dir), file)
		}
		if _, taken := o.byPath[file]; !taken {
			o.byPath[path.Clean(file)] = p
		}
	}
}
