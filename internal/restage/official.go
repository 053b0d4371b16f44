package restage

import "strings"

// slimForms are official images that come in a slim form: the same release of the
// interpreter, without compilers and headers. The value tells whether the name of the
// Debian release stands last ("3.11-slim-bookworm") or before ("20-bookworm-slim").
var slimForms = map[string]bool{
	"node": false, "python": true, "pypy": false, "ruby": true, "perl": true, "elixir": false, "erlang": false,
}

// releases are the names of Debian's that tags carry.
var releases = map[string]bool{"buster": true, "bullseye": true, "bookworm": true, "trixie": true}

// official is the name of an official image in a reference, and its tag; "" for
// other images and for those pinned by digest or named through a variable.
func official(ref string) (name, tag string) {
	name, tag, _ = strings.Cut(ref, ":")
	if strings.ContainsAny(ref, "@$") {
		return "", ""
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
	if strings.Contains(name, "/") {
		return "", ""
	}
	return name, tag
}

// slimForm is the slim form of an official image, written as the original is; ""
// when there is none.
func slimForm(ref string) string {
	name, tag := official(ref)
	last, known := slimForms[name]
	if !known || strings.Contains(tag, "slim") || strings.Contains(tag, "alpine") || strings.Contains(tag, "windows") {
		return ""
	}
	repository, _, _ := strings.Cut(ref, ":")
	if tag == "" || tag == "latest" {
		return repository + ":slim"
	}
	version, release := "", tag
	if dash := strings.LastIndexByte(tag, '-'); dash >= 0 {
		version, release = tag[:dash+1], tag[dash+1:]
	}
	if last && releases[release] {
		return repository + ":" + version + "slim-" + release
	}
	return repository + ":" + tag + "-slim"
}
