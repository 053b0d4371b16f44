package project

import "github.com/careenhq/careen/dockerfile"

// LoadBare loads the directory's settings alone, for work that needs no Dockerfile
// of it: an empty one stands in, and there is no context.
func LoadBare(path string, opts Options) (*Project, error) {
	p := &Project{Dockerfile: dockerfile.Parse(nil)}
	if _, err := p.locate(path, ""); err != nil {
		return nil, err
	}
	return p, p.configure(opts)
}
