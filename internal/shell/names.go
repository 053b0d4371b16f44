package shell

import (
	"regexp"
	"strings"
)

// NamesPath tells whether a command line holds a path that does not go on with
// another name.
func NamesPath(text, p string) bool {
	for {
		_, after, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		if after == "" || !strings.ContainsRune("-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(after[0])) {
			return true
		}
		text = after
	}
}

var makesDirectories = regexp.MustCompile(`\b(mkdir|install\s+(-\S+\s+(\S+\s+)*)?-d)\b`)

// MakesDirectory tells whether a command line makes a directory by its name.
func MakesDirectory(text, dir string) bool {
	return makesDirectories.MatchString(text) && NamesPath(text, dir)
}
