package checks

import "strings"

func (r *reader) composer(in install) {
	r.fills = []string{"vendor"}
	text := r.read("composer.json")
	r.add("composer.lock", "symfony.lock", "auth.json")
	if strings.Contains(strings.ReplaceAll(text, " ", ""), `"type":"path"`) {
		r.block("composer.json takes packages from local directories")
	}
	// Scripts and the autoloader look at the sources: the command itself stays to do
	// that work, with nothing left to download.
	r.before(in, "--no-scripts", "--no-autoloader")
}

func (r *reader) bundler() {
	text := r.read("Gemfile")
	if r.has("vendor/bundle") {
		r.fills = []string{"vendor/bundle"}
	}
	r.add("Gemfile.lock", ".ruby-version", ".tool-versions", ".bundle/config")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for _, local := range []string{"gemspec", "eval_gemfile", "require_relative", "path ", "Dir", "File."} {
			if strings.HasPrefix(line, local) {
				r.block("the Gemfile reads other files: " + line)
			}
		}
		if !strings.HasPrefix(line, "#") && (strings.Contains(line, "path:") || strings.Contains(line, ":path")) {
			r.block("the Gemfile takes gems from local directories")
		}
	}
}

// maven can be told to fetch what it needs; only a command that does just that is
// moved.
func (r *reader) maven(in install) {
	goals := false
	for _, a := range in.command.Texts() {
		if strings.HasPrefix(a, "-") {
			continue
		}
		if !strings.HasPrefix(a, "dependency:") && !strings.Contains(a, "maven-dependency-plugin") {
			r.block("maven compiles the sources with their dependencies; a cache mount keeps those")
		}
		goals = true
	}
	text := r.read("pom.xml")
	r.add(".mvn", "settings.xml")
	if strings.HasSuffix(in.command.Name, "mvnw") {
		r.add("mvnw")
	}
	if !goals || strings.Contains(text, "<modules>") || strings.Contains(text, "<systemPath>") || strings.Contains(text, "<relativePath>..") {
		r.block("pom.xml is part of several")
	}
}
