package shell

import "strings"

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
