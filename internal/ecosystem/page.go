package ecosystem

import (
	"path"
	"slices"
	"strings"
)

// Page tells whether a file is a text that a program may show to its users, such as
// the articles of a web site: writing in a directory of its own, with no source code,
// read-me or licence beside it. What lies in a directory of documentation or of other
// people's code is none. beside are the names of everything in its directory.
func Page(file string, beside []string) bool {
	if !writing(file) || readMe(path.Base(file)) {
		return false
	}
	for part := range strings.SplitSeq(path.Dir(file), "/") {
		if notPages[part] {
			return false
		}
	}
	return !slices.ContainsFunc(beside, func(name string) bool { return readMe(name) || sourceOrManifest(name) })
}

// writing tells whether a file is in a language that people write texts in.
func writing(file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".md", ".rst", ".adoc":
		return true
	}
	return false
}

// notPages are directories whose texts are for who develops the project.
var notPages = map[string]bool{
	"doc": true, "docs": true, "documentation": true, "adr": true, "examples": true, "test": true, "tests": true, "testdata": true,
	"vendor": true, "node_modules": true, "third_party": true, "site-packages": true, "dist-packages": true,
	".git": true, ".github": true, ".gitlab": true, "pkg": true, "share": true, "changelogs": true,
}

func readMe(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem {
	case "README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "CHANGELOG", "CHANGES", "AUTHORS", "CONTRIBUTING", "HISTORY", "TODO", "SECURITY":
		return true
	}
	return false
}

func sourceOrManifest(name string) bool {
	switch path.Ext(name) {
	case ".go", ".c", ".h", ".cc", ".cpp", ".hpp", ".rs", ".java", ".kt", ".scala", ".swift", ".py", ".rb", ".php", ".pl", ".js", ".ts", ".mod", ".toml", ".gradle":
		return true
	}
	return name == "Makefile" || name == "Dockerfile" || name == "package.json" || name == "pom.xml" || name == "CMakeLists.txt"
}
