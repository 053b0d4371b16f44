package restage

import (
	"path"
	"slices"
	"strings"
)

// fileServers are programs that serve a directory of files as it is.
var fileServers = map[string]bool{"serve": true, "http-server": true, "sirv": true, "local-web-server": true}

// serverSettings are files of the working directory that such servers read.
var serverSettings = []string{"serve.json", "now.json", "package.json"}

// servedBy tells which directories below dir the command serves, with the settings
// beside them, when it is nothing but a server of files that was installed outside of
// dir and its arguments name them.
func servedBy(f *Facts, t *tree, dir string) (server string, kept []string) {
	words := commandWords(f)
	at := slices.IndexFunc(words, func(w string) bool { return fileServers[path.Base(w)] })
	if at < 0 || at > 0 && !passesOn(f, t) && !f.Shell || rootOf([]string{dir}, lookPath(f, t, words[at])) != "" {
		return "", nil
	}
	for _, word := range words[at+1:] {
		if strings.ContainsAny(word, ";&|$`") {
			return "", nil // more than one command, or one that is computed
		}
		if p := absolute(dir, word); p != dir && rootOf([]string{dir}, p) != "" && t.at(p) != nil && t.at(p).Dir {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return "", nil
	}
	for _, name := range serverSettings {
		kept = append(kept, path.Join(dir, name))
	}
	return path.Base(words[at]), kept
}
