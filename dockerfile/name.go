package dockerfile

import "strings"

// known tells whether name is an instruction that BuildKit knows.
func known(name string) bool {
	switch name {
	case "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK",
		"LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR":
		return true
	}
	return false
}

// canonical is the upper-case name of a keyword. BuildKit compares lower-case
// forms, where a few letters outside ASCII (the Kelvin sign) equal ASCII ones.
func canonical(keyword string) string {
	if known(keyword) {
		return keyword
	}
	if up := strings.ToUpper(strings.ToLower(keyword)); known(up) && len(up) == len(strings.ToLower(keyword)) {
		return up
	}
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, keyword)
}
