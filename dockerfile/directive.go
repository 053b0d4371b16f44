package dockerfile

import (
	"strings"
	"unicode"

	"github.com/careenhq/careen/span"
)

// directives is the state of reading parser directives, which end with the first
// line that is none.
type directives struct {
	done bool
	seen [3]bool
}

var directiveNames = [3]string{"syntax", "escape", "check"}

// directive reads the comment line as a parser directive if it is one.
func (p *parser) directive(ln physical) bool {
	if p.head.done {
		return false
	}
	d, ok := p.readDirective(ln)
	k := directiveIndex(d.Name)
	if !ok || k < 0 {
		p.head.done = true
		return false
	}
	if p.head.seen[k] {
		p.f.problem(d.Span, "only one "+d.Name+" parser directive can be used")
		return true
	}
	p.head.seen[k] = true
	p.f.Directives = append(p.f.Directives, d)
	if d.Name == "escape" {
		p.setEscape(d)
	}
	return true
}

func (p *parser) setEscape(d Directive) {
	if d.Value != "`" && d.Value != `\` {
		p.f.problem(d.ValueSpan, "escape character is neither ` nor \\")
		return
	}
	p.f.Escape = d.Value[0]
}

// readDirective matches "# name = value".
func (p *parser) readDirective(ln physical) (Directive, bool) {
	body := strings.TrimLeftFunc(p.text[ln.text+1:ln.stop], unicode.IsSpace)
	n := 0
	for n < len(body) && isAlnum(body[n], n > 0) {
		n++
	}
	rest := strings.TrimLeft(body[n:], asciiSpace)
	if n == 0 || !strings.HasPrefix(rest, "=") {
		return Directive{}, false
	}
	value := strings.TrimLeft(rest[1:], asciiSpace)
	if value == "" && len(rest) > 1 {
		value = rest[len(rest)-1:] // a value of spaces only is a single one
	}
	from := ln.stop - len(value)
	if s := strings.TrimRight(value, asciiSpace); s != "" {
		value = s
	}
	return Directive{
		Name:      strings.ToLower(body[:n]),
		Value:     value,
		Span:      span.Span{Start: ln.text, End: ln.stop},
		ValueSpan: span.Span{Start: from, End: from + len(value)},
	}, value != ""
}

// asciiSpace is what \s matches in a regular expression.
const asciiSpace = "\t\n\f\r "

func isAlnum(c byte, digits bool) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || digits && '0' <= c && c <= '9'
}

func directiveIndex(name string) int {
	for k, n := range directiveNames {
		if n == name {
			return k
		}
	}
	return -1
}
