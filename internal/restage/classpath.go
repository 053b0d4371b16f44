package restage

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// A classPath holds the paths that the start of a Java program names: in its
// command, in its scripts, in its environment and in the manifests of its archives.
type classPath struct {
	patterns []string // absolute; may hold wildcards
}

// readClassPath collects every word that may be a path. Words of a script count
// wherever they stand: too many keep too much, which is no harm.
func readClassPath(f *Facts, t *tree, s *start) *classPath {
	c := &classPath{}
	for _, arg := range f.Args {
		c.add(f, fields(arg))
	}
	for _, script := range s.scripts {
		c.add(f, fields(f.Read(script)))
	}
	for _, name := range []string{"CLASSPATH", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"} {
		c.add(f, fields(f.Env(name)))
	}
	for i := range t.files {
		if file := &t.files[i]; own(file) && path.Ext(file.Path) == ".jar" && c.named(file.Path) {
			for _, entry := range manifestPath(f, file.Path) {
				c.patterns = append(c.patterns, path.Join(parent(file.Path), entry))
			}
		}
	}
	return c
}

// fields splits text where no path goes on.
func fields(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\r\n;:&|()\"'=`,<>", c) })
}

// add takes words for paths, variables of the image's environment put in. A word
// with another variable keeps what follows it, wherever that lies.
func (c *classPath) add(f *Facts, words []string) {
	for _, word := range words {
		word = strings.TrimPrefix(word, "@")
		if word == "" || strings.HasPrefix(word, "-") && !strings.Contains(word, "/") {
			continue
		}
		if strings.Contains(word, "$") {
			word = expand(word, f.Env)
		}
		if strings.Trim(word, "*") == "" {
			continue // a variable alone: options, or set from words that count themselves
		}
		if !strings.HasPrefix(word, "*") {
			word = absolute(f.Workdir, word)
		}
		c.patterns = append(c.patterns, word)
	}
}

// expand puts variables in; those that are not set in the image may hold anything.
func expand(word string, env func(string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(word, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		rest = strings.TrimPrefix(rest, "{")
		end := strings.IndexFunc(rest, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if end < 0 {
			end = len(rest)
		}
		value := env(rest[:end])
		if value == "" {
			value = "*"
		}
		b.WriteString(value)
		word = strings.TrimPrefix(rest[end:], "}")
	}
}

// named tells whether the class path names the file, a directory above it, or
// matches it with a wildcard. The given directories hold more than what is loaded
// from them: that they are named says nothing of one file.
func (c *classPath) named(file string, mixed ...string) bool {
	for p := file; p != "/"; p = parent(p) {
		if slices.Contains(mixed, p) {
			return false
		}
		for _, pattern := range c.patterns {
			if pattern == p || broad(pattern) && p == file && match(pattern, p) {
				return true
			}
		}
	}
	return false
}

// broad tells a wildcard that says something: not one that any file matches.
func broad(pattern string) bool {
	return strings.Contains(pattern, "*") && strings.Trim(path.Base(pattern), "*") != "" ||
		strings.HasSuffix(pattern, "/*") && strings.Count(pattern, "/") > 1
}

// match reads a wildcard as a shell does; one that stands for a whole variable may
// hold several elements.
func match(pattern, file string) bool {
	if ok, err := path.Match(pattern, file); err == nil && ok {
		return true
	}
	return strings.HasPrefix(pattern, "*/") && strings.HasSuffix(file, pattern[1:])
}

// reaches tells whether something below dir is named.
func (c *classPath) reaches(dir string) bool {
	return slices.ContainsFunc(c.patterns, func(pattern string) bool {
		return pattern == dir || strings.HasPrefix(pattern, dir+"/")
	})
}

// manifestPath is the Class-Path of an archive's manifest.
func manifestPath(f *Facts, jar string) []string {
	content := f.Bytes(jar)
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil
	}
	manifest, err := archive.Open("META-INF/MANIFEST.MF")
	if err != nil {
		return nil
	}
	defer manifest.Close()
	text, err := io.ReadAll(io.LimitReader(manifest, 1<<20))
	if err != nil {
		return nil
	}
	// A line goes on after a line end and a space.
	joined := strings.NewReplacer("\r\n ", "", "\n ", "").Replace(string(text))
	for line := range strings.Lines(joined) {
		if value, ok := strings.CutPrefix(line, "Class-Path:"); ok {
			return strings.Fields(value)
		}
	}
	return nil
}
