package dockerfile

import (
	"strings"

	"github.com/careenhq/careen/span"
)

// From is what a FROM instruction says.
type From struct {
	Image    Word      // the base as written: an image reference or the name of an earlier stage
	Name     string    // lower case; "" without AS
	NameSpan span.Span // empty, behind the image, without AS
	AsSpan   span.Span // "AS name"; empty without AS
	Platform string    // value of --platform; variables still in place
}

// From reads a FROM instruction; ok is false for another one.
func (i *Instruction) From() (from From, ok bool) {
	if i.Name != "FROM" {
		return From{}, false
	}
	return readFrom(i), true
}

func readFrom(i *Instruction) From {
	w := i.Words()
	var from From
	if fl, ok := i.Flag("platform"); ok {
		from.Platform = fl.Value
	}
	if len(w) == 0 {
		from.Image.Span = i.Args
		return from
	}
	from.Image = w[0]
	end := w[0].Span.End
	from.AsSpan = span.Span{Start: end, End: end}
	from.NameSpan = from.AsSpan
	if len(w) == 3 && strings.EqualFold(w[1].Value, "as") {
		from.Name = strings.ToLower(w[2].Value)
		from.NameSpan = w[2].Span
		from.AsSpan = span.Span{Start: w[1].Span.Start, End: w[2].Span.End}
	}
	return from
}

// A Reference is an image reference taken apart: "name:tag@digest".
type Reference struct {
	Name   string // "debian", "ghcr.io/org/app"
	Tag    string // without ':'
	Digest string // without '@', "sha256:…"
}

// SplitReference takes an image reference apart. It does not validate: variables
// may still be in place.
func SplitReference(ref string) Reference {
	var r Reference
	r.Name, r.Digest, _ = strings.Cut(ref, "@")
	colon := strings.LastIndexByte(r.Name, ':')
	if colon > strings.LastIndexByte(r.Name, '/') && !inBraces(r.Name, colon) {
		r.Name, r.Tag = r.Name[:colon], r.Name[colon+1:]
	} else if at := tagBeforeVariable(r.Name); at > 0 {
		r.Name, r.Tag = r.Name[:at], r.Name[at+1:]
	}
	return r
}

// inBraces tells whether the byte at offset at belongs to a "${…}".
func inBraces(s string, at int) bool {
	open := strings.LastIndex(s[:at], "${")
	return open >= 0 && !strings.Contains(s[open:at], "}")
}

// tagBeforeVariable is the place of the colon in "name:${VERSION:-1.2/x}", or -1.
func tagBeforeVariable(s string) int {
	for at := len(s) - 1; at > 0; at-- {
		if s[at] == ':' && !inBraces(s, at) {
			if strings.HasPrefix(s[at:], ":${") || !strings.Contains(s[at:], "/") {
				return at
			}
			return -1
		}
	}
	return -1
}

// String puts the reference together again.
func (r Reference) String() string {
	s := r.Name
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + r.Digest
	}
	return s
}
