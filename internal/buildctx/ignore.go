package buildctx

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// IgnoreName is the name of a context's ignore file.
const IgnoreName = ".dockerignore"

// maxIgnore is the size up to which an ignore file is read; real ones have a few
// hundred bytes.
const maxIgnore = 1 << 20

// An Ignore is an ignore file in force.
type Ignore struct {
	Path   string // how messages call it
	Source []byte
	Rules  []Rule
}

// A Rule is one pattern of an ignore file.
type Rule struct {
	Pattern string // cleaned, as the matcher sees it, with "!" of an exception
	Line    int    // from 1; 0 in the zero Rule
}

// Exception tells whether the rule brings files back.
func (r Rule) Exception() bool { return strings.HasPrefix(r.Pattern, "!") }

// ParseIgnore reads an ignore file by Docker's rules. A pattern that the matcher
// refuses, and that fails a build, is an error naming its line.
func ParseIgnore(path string, src []byte) (*Ignore, error) {
	patterns, err := ignorefile.ReadAll(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ig := &Ignore{Path: path, Source: src}
	lines := patternLines(src)
	if len(lines) != len(patterns) {
		return nil, fmt.Errorf("%s: %d patterns on %d lines", path, len(patterns), len(lines))
	}
	for i, p := range patterns {
		if _, err := patternmatcher.New([]string{p}); err != nil {
			return nil, fmt.Errorf("%s:%d: pattern %q: %w", path, lines[i], p, err)
		}
		ig.Rules = append(ig.Rules, Rule{Pattern: p, Line: lines[i]})
	}
	return ig, nil
}

// patternLines numbers the lines that hold a pattern, by the reader's own rule:
// no "#" in the first column and something besides space.
func patternLines(src []byte) []int {
	src = bytes.TrimPrefix(src, []byte("\xEF\xBB\xBF"))
	var lines []int
	for n := 1; len(src) > 0; n++ {
		line, rest, _ := bytes.Cut(src, []byte("\n"))
		if !bytes.HasPrefix(line, []byte("#")) && len(bytes.TrimSpace(line)) > 0 {
			lines = append(lines, n)
		}
		src = rest
	}
	return lines
}

func (ig *Ignore) patterns() []string {
	patterns := make([]string, len(ig.Rules))
	for i, r := range ig.Rules {
		patterns[i] = r.Pattern
	}
	return patterns
}

// FindIgnore reads the ignore file that a build of the Dockerfile at dockerfile
// with context dir obeys: "NAME.dockerignore" beside the Dockerfile when it has
// contents, else ".dockerignore" of the context. Without one it returns nil. Both
// arguments are paths of this machine; dockerfile may be empty.
func FindIgnore(dir, dockerfile string) (*Ignore, error) {
	if dockerfile != "" {
		specific := dockerfile + IgnoreName
		ig, err := readIgnore(filepath.Dir(specific), filepath.Base(specific))
		// BuildKit cannot tell an empty file from a missing one.
		if err != nil || ig != nil && len(ig.Source) > 0 {
			return ig, err
		}
	}
	return readIgnore(dir, IgnoreName)
}

// readIgnore gives nil for a file that does not exist or that leaves its
// directory: the builder would not find that one either.
func readIgnore(dir, name string) (*Ignore, error) {
	src, err := readInside(dir, name, maxIgnore)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("ignore file: %w", err)
	case errors.As(err, &pathErr), errors.Is(err, ErrNotRegular):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ignore file: %w", err)
	}
	return ParseIgnore(filepath.Join(dir, name), src)
}
