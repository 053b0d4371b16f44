// Package buildctx knows what a build would send: the files of a build context,
// how large they are, and which line of .dockerignore keeps a file back.
//
// Its answers agree with BuildKit's file sync, whose pattern matcher it uses. It
// reads names, sizes and, on demand, small files; it never follows a symbolic
// link out of the context, never writes, and knows nothing of Dockerfiles: which
// files an instruction copies is a question that its callers ask with Match.
package buildctx

import (
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/moby/patternmatcher"
)

// A Context is a directory under the rules of an ignore file. The directory is
// read on the first question about its entries and never again. A Context may be
// shared between goroutines.
type Context struct {
	dir     string
	ignore  *Ignore
	matcher *patternmatcher.PatternMatcher // nil without rules; used by walk alone

	walk     sync.Once
	entries  []Entry
	index    map[string]int
	problems []Problem
	partial  bool
}

// An Entry is one file, directory or link of the context.
type Entry struct {
	Path string      // slash-separated, relative to the context
	Size int64       // bytes of a regular file, else 0
	Mode fs.FileMode // type and permission bits
	Sent bool        // a build may send it; so is a directory with anything sent inside
	By   Rule        // the rule that keeps it back; zero when Sent
}

// A Problem is a part of the context that could not be read. A build that needs
// it fails.
type Problem struct {
	Path string // slash-separated, relative to the context
	Err  error
}

// Open makes the context of dir under ignore's rules; nil means that everything
// is sent. It checks that dir is a directory and reads nothing else.
func Open(dir string, ignore *Ignore) (*Context, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("build context: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("build context: %s is not a directory", dir)
	}
	c := &Context{dir: dir, ignore: ignore}
	if ignore != nil && len(ignore.Rules) > 0 {
		if c.matcher, err = patternmatcher.New(ignore.patterns()); err != nil {
			return nil, fmt.Errorf("%s: %w", ignore.Path, err)
		}
	}
	return c, nil
}

// Dir is the directory the context was opened on.
func (c *Context) Dir() string { return c.dir }

// Ignore is the ignore file in force; nil when there is none.
func (c *Context) Ignore() *Ignore { return c.ignore }

// Entries lists the context, each directory before its contents. A directory
// that is kept back as a whole is listed and not looked into. The slice is
// shared: callers must not change it.
func (c *Context) Entries() []Entry {
	c.walk.Do(c.read)
	return c.entries
}

// Lookup finds an entry by its path.
func (c *Context) Lookup(path string) (Entry, bool) {
	c.walk.Do(c.read)
	i, ok := c.index[path]
	if !ok {
		return Entry{}, false
	}
	return c.entries[i], true
}

// Problems lists what could not be read.
func (c *Context) Problems() []Problem {
	c.walk.Do(c.read)
	return c.problems
}

// Partial tells that the context holds more entries than careen looks at, so
// that every total is a lower bound.
func (c *Context) Partial() bool {
	c.walk.Do(c.read)
	return c.partial
}

// Sent is the number of bytes a build sends when it needs the whole context.
func (c *Context) Sent() int64 {
	var sum int64
	for _, e := range c.Entries() {
		if e.Sent {
			sum += e.Size
		}
	}
	return sum
}
