package image

import "strings"

// Release is what os-release(5) says.
type Release struct {
	ID       string // "debian", "alpine"
	Version  string // VERSION_ID
	Codename string // VERSION_CODENAME
}

// Release reads os-release; zero when there is none.
func (t *Tree) Release() Release {
	text, err := t.ReadFile("/etc/os-release")
	if err != nil {
		if text, err = t.ReadFile("/usr/lib/os-release"); err != nil {
			return Release{}
		}
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[key] = strings.Trim(value, `"'`)
		}
	}
	return Release{values["ID"], values["VERSION_ID"], values["VERSION_CODENAME"]}
}
