package image

import (
	"path"
	"strings"
)

// apkEssential are the packages of Alpine's base system.
var apkEssential = map[string]bool{
	"alpine-baselayout": true, "alpine-baselayout-data": true, "alpine-keys": true, "alpine-release": true, "apk-tools": true,
	"busybox": true, "busybox-binsh": true, "libc-utils": true, "musl": true, "musl-utils": true,
}

// readAPK reads apk's installed database (apk-db(5)); false when there is none.
func (d *Database) readAPK(t *Tree) bool {
	text, err := t.ReadFile("/lib/apk/db/installed")
	if err != nil {
		if text, err = t.ReadFile("/usr/lib/apk/db/installed"); err != nil {
			return false
		}
	}
	world := t.apkWorld()
	for stanza := range strings.SplitSeq(string(text), "\n\n") {
		p := apkPackage(stanza)
		if p.Name == "" {
			continue
		}
		p.Auto = world != nil && !world[p.Name]
		p.Files = t.installedPaths(p.Files)
		d.Packages = append(d.Packages, p)
	}
	d.Manager = "apk"
	return true
}

func apkPackage(stanza string) Package {
	p := Package{Manager: "apk"}
	dir := "/"
	for line := range strings.SplitSeq(stanza, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		switch key {
		case "P":
			p.Name, p.Essential = value, apkEssential[value]
		case "V":
			p.Version = value
		case "A":
			p.Arch = value
		case "I":
			p.Size = number(value)
		case "D":
			for _, name := range apkNames(value) {
				p.Depends = append(p.Depends, []string{name})
			}
		case "p":
			p.Provides = apkNames(value)
		case "F":
			dir = path.Join("/", value)
		case "R":
			p.Files = append(p.Files, path.Join(dir, value))
		}
	}
	return p
}

// apkNames takes the versions off "so:libc.musl-x86_64.so.1 busybox>=1 !uclibc";
// conflicts are left out.
func apkNames(text string) []string {
	var names []string
	for _, word := range strings.Fields(text) {
		if end := strings.IndexAny(word, "<>=~@"); end >= 0 {
			word = word[:end]
		}
		if word != "" && word[0] != '!' {
			names = append(names, word)
		}
	}
	return names
}

// apkWorld are the packages asked for by name; nil when that is not known.
func (t *Tree) apkWorld() map[string]bool {
	text, err := t.ReadFile("/etc/apk/world")
	if err != nil {
		return nil
	}
	world := map[string]bool{}
	for _, name := range apkNames(string(text)) {
		world[name] = true
	}
	return world
}
