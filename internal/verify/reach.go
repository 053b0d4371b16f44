package verify

import (
	"path"
	"regexp"
	"strings"
)

// withinReach tells whether a file that holds only another's last name can mean it.
// A text always can. A program opens such a name from the working directory, from
// home, from where programs lie, or below a directory that something names in full:
// the settings, a text, or, for the file's own directory, the program.
func (c *comparison) withinReach(user, file string) bool {
	if c.new.isELF(user) && hashedDir.MatchString(file) {
		return false
	}
	if !c.new.isELF(user) || c.namesDirectory(file) {
		return true
	}
	for _, dir := range c.lookedFrom() {
		if within(dir, file) {
			return true
		}
	}
	settings := c.new.settings()
	for _, dir := range ancestors(file) {
		if everywhere[dir] && dir != path.Dir(file) {
			continue
		}
		namer := c.new.mentions(dir)
		if strings.Contains(settings, dir) || namer != "" && !c.new.isELF(namer) {
			return true
		}
	}
	return false
}

// hashedDir matches what Cargo keeps in a directory that it names by a hash: a program
// opens nothing there but by the full name that its build wrote into it.
var hashedDir = regexp.MustCompile(`/(debug|release)/(build|\.fingerprint|incremental)/[^/]+-[0-9a-z]{12,}/`)

// everywhere are directories that every search path is full of: that one is named says
// nothing of the files that lie deep below it.
var everywhere = set("/usr", "/usr/src", "/usr/local", "/usr/lib", "/usr/share")

// namesDirectory tells whether something holds the full name of a file's directory.
// Names as short as /src occur in large programs by chance, which must not keep the
// documentation of a build directory.
func (c *comparison) namesDirectory(file string) bool {
	dir := path.Dir(file)
	short := strings.Count(dir, "/") == 1 && kindOf(file).reason == documentation
	return c.new.mentions(dir) != "" && !short
}

func (s *side) isELF(file string) bool {
	n := s.tree.Resolve(file)
	return n != nil && n.ELF != nil
}

// ancestors are the directories that a path lies in, without the root.
func ancestors(file string) []string {
	var dirs []string
	for dir := path.Dir(file); dir != "/" && dir != "."; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	return dirs
}

// lookedFrom are the directories that relative names may be relative to.
func (c *comparison) lookedFrom() []string {
	if c.starts != nil {
		return c.starts
	}
	places := map[string]bool{path.Clean("/" + c.new.config.Config.WorkingDir): true, path.Clean("/" + c.old.config.Config.WorkingDir): true}
	if home := c.new.env["HOME"]; home != "" {
		places[home] = true
	}
	for _, program := range c.new.loadable() {
		if isLibrary(path.Base(program)) {
			continue
		}
		dir := path.Dir(program)
		places[dir] = true
		switch up := path.Dir(dir); {
		case everywhere[up]:
			places[up+"/share"], places[up+"/lib"] = true, true
		case up != "/":
			places[up] = true // ../share of a program in bin
		}
	}
	for dir := range places {
		c.starts = append(c.starts, dir)
	}
	return c.starts
}

// settings are the words of an image's configuration that may name directories.
func (s *side) settings() string {
	config := s.config.Config
	words := append(append(append([]string{}, config.Env...), config.Entrypoint...), config.Cmd...)
	if config.Healthcheck != nil {
		words = append(words, config.Healthcheck.Test...)
	}
	for volume := range config.Volumes {
		words = append(words, volume)
	}
	return strings.Join(words, "\n")
}
