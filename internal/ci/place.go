package ci

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// A block is what careen wrote into a file: two lines of comment and all between
// them. The first carries a digest, by which edits of the block are seen.
const (
	blockBegin = "# careen: begin "
	blockEnd   = "# careen: end"
)

var block = regexp.MustCompile(`(?ms)^# careen: begin ([0-9a-f]{16})\r?\n(.*?)^# careen: end[^\n]*(?:\n|\z)`)

// A PlaceError says why a file is left alone.
type PlaceError struct {
	Path  string
	Line  int // 0: the whole file
	Cause string
	// Foreign: the file is not of careen.
	Foreign bool
}

func (e *PlaceError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s; no file was changed", e.Path, e.Line, e.Cause)
	}
	return e.Path + ": " + e.Cause + "; no file was changed"
}

// Place is a generated file as it goes into a repository that holds before at its
// path (nil: nothing). Of a file that careen wrote, the block of careen is replaced
// and every byte around it stays. Files of others, files that do not parse and, but
// with force, blocks that somebody edited give a PlaceError.
func Place(f File, before []byte, force bool) ([]byte, error) {
	text := bounded(f.Text)
	if f.Entry {
		text = f.Text
	}
	if before == nil {
		return text, nil
	}
	if err := parses(f.Path, before); err != nil {
		return nil, err
	}
	at := block.FindAllSubmatchIndex(before, -1)
	if len(at) == 0 {
		return nil, &PlaceError{Path: f.Path, Cause: "exists, and is not a file of careen: give another name with --name", Foreign: true}
	}
	old := at[0]
	if len(at) > 1 {
		return nil, &PlaceError{Path: f.Path, Line: lineAt(before, at[1][0]), Cause: "a second block of careen: remove one"}
	}
	if !force && string(before[old[2]:old[3]]) != digest(before[old[4]:old[5]]) {
		return nil, &PlaceError{Path: f.Path, Line: lineAt(before, old[0]), Cause: "the block of careen was edited: move the edits below its end, or pass --force to lose them"}
	}
	if bytes.Contains(before[old[0]:old[1]], []byte("\r\n")) {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	after := bytes.Join([][]byte{before[:old[0]], text, before[old[1]:]}, nil)
	if err := parses(f.Path, after); err != nil {
		return nil, err
	}
	return after, nil
}

func bounded(text []byte) []byte {
	return []byte(blockBegin + digest(text) + "\n" + string(text) + blockEnd + "\n")
}

// digest is of the text with the line endings of Unix: git may change them.
func digest(text []byte) string {
	sum := sha256.Sum256(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	return hex.EncodeToString(sum[:8])
}

var yamlLine = regexp.MustCompile(`line (\d+):`)

// parses tells whether the text is YAML, and where it is not.
func parses(name string, text []byte) error {
	var doc any
	err := yaml.Unmarshal(text, &doc)
	if err == nil {
		return nil
	}
	e := &PlaceError{Path: name}
	message := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
	if m := yamlLine.FindStringSubmatchIndex(message); m != nil {
		e.Line, _ = strconv.Atoi(message[m[2]:m[3]]) // digits; of too many, no line is told
		message = strings.TrimSpace(message[:m[0]] + message[m[1]:])
	}
	e.Cause = "not YAML: " + message
	return e
}

func lineAt(text []byte, offset int) int { return bytes.Count(text[:offset], []byte("\n")) + 1 }
