package ecosystem

import (
	"path"
	"strings"
)

// Removed are the paths that a call of rm takes away, as written; a trailing "/*"
// is kept. ok is false when the program is not rm.
func Removed(program string, args []string) (paths []string, ok bool) {
	if program != "rm" && program != "rmdir" && program != "unlink" {
		return nil, false
	}
	options := true
	for _, a := range args {
		switch {
		case options && a == "--":
			options = false
		case options && strings.HasPrefix(a, "-") && len(a) > 1:
		default:
			paths = append(paths, a)
		}
	}
	return paths, true
}

// Empties tells whether removing a path leaves nothing of dir. The path may hold
// wildcards: "/*" at its end stands for everything below, others match by element.
func Empties(removed, dir string) bool {
	if !path.IsAbs(removed) {
		return false
	}
	for strings.HasSuffix(removed, "/*") || strings.HasSuffix(removed, "/**") {
		removed = strings.TrimRight(strings.TrimRight(removed, "*"), "/")
	}
	if !strings.ContainsAny(removed, "*?[\\") {
		return Inside(path.Clean("/"+dir), path.Clean("/"+removed))
	}
	pattern, elements := split(removed), split(dir)
	if len(pattern) > len(elements) {
		return false
	}
	for k, p := range pattern {
		if ok, err := path.Match(p, elements[k]); p != elements[k] && (!ok || err != nil) {
			return false
		}
	}
	return true
}

func split(name string) []string {
	name = strings.Trim(path.Clean("/"+name), "/")
	if name == "" {
		return nil
	}
	return strings.Split(name, "/")
}

// Inside tells whether name is dir or lies below it.
func Inside(name, dir string) bool {
	return dir == "/" || name == dir || strings.HasPrefix(name, dir+"/")
}

// Resolve is the absolute path of the cache under the given variables; ok is false
// when it depends on one that is not known.
func (c Cache) Resolve(env func(name string) (string, bool)) (dir string, ok bool) {
	if c.Env != "" {
		if v, set := env(c.Env); set {
			return path.Clean(v), path.IsAbs(v)
		}
	}
	if c.Home == "" {
		return c.Path, true
	}
	home, set := env(c.Home)
	if !set || !path.IsAbs(home) {
		return "", false
	}
	return path.Join(home, c.Path), true
}
