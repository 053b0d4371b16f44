package provenance

import (
	"encoding/json"
	"maps"
	"path"
	"slices"

	"github.com/careenhq/careen/internal/image"
)

// installed is Composer's account of a vendor directory (vendor/composer/installed.json).
type installed struct {
	Packages []struct {
		Name    string         `json:"name"`
		Version string         `json:"version"`
		Path    string         `json:"install-path"` // relative to the account
		Require map[string]any `json:"require"`
	} `json:"packages"`
	Dev []string `json:"dev-package-names"`
}

func (o *owners) composer(t *image.Tree, files []string) {
	for _, file := range files {
		var account installed
		text, err := t.ReadFile(file)
		if err != nil || json.Unmarshal(text, &account) != nil {
			continue
		}
		var all []*Package
		byName := map[string]*Package{}
		for _, c := range account.Packages {
			if c.Path == "" {
				continue
			}
			p := &Package{
				Manager: "composer", Name: c.Name, Version: c.Version, Path: path.Join(path.Dir(file), c.Path),
				Dev: slices.Contains(account.Dev, c.Name), needs: slices.Sorted(maps.Keys(c.Require)),
			}
			o.byDir[p.Path], byName[p.Name] = p, p
			all = append(all, o.add(p))
		}
		link(all, func(_ *Package, name string) *Package { return byName[name] })
	}
}
