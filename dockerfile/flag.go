package dockerfile

import (
	"strings"
	"unicode"
)

// flags reads the words from at on that begin with "--" and returns where the
// arguments begin. Like BuildKit it looks at single bytes, so that the bytes
// 0x85 and 0xA0 separate words and a value outside ASCII comes out as Latin-1.
func (i *Instruction) flags(at, end int) int {
	for {
		for at < end && byteSpace(i.line[at]) {
			at++
		}
		if !strings.HasPrefix(i.line[at:end], "--") {
			return at
		}
		stop, word, blank := i.flagWord(at, end)
		if word == "--" {
			return stop
		}
		if word != "" || blank {
			i.addFlag(at, stop, word)
		}
		at = stop
	}
}

// flagWord reads one word with quotes and escapes removed. blank says that it was
// quoted and counts even when empty.
func (i *Instruction) flagWord(at, end int) (stop int, word string, blank bool) {
	esc := i.file.Escape
	if n := plainWord(i.line[at:end], esc); n >= 0 {
		return at + n, i.line[at : at+n], false
	}
	var b strings.Builder
	var quote byte
	for ; at < end; at++ {
		c := i.line[at]
		switch {
		case quote == 0 && byteSpace(c):
			return at, b.String(), blank
		case quote == 0 && (c == '\'' || c == '"'):
			quote, blank = c, true
			continue
		case quote != 0 && c == quote:
			quote = 0
			continue
		case c == esc:
			if at++; at == end {
				return at, b.String(), blank
			}
			c = i.line[at]
		}
		b.WriteRune(rune(c))
	}
	return at, b.String(), blank
}

// plainWord is the length of the ASCII word that s begins with, or -1 when it
// needs unquoting.
func plainWord(s string, esc byte) int {
	for n := 0; n < len(s); n++ {
		switch c := s[n]; {
		case byteSpace(c):
			return n
		case c == '\'' || c == '"' || c == esc || c >= 0x80:
			return -1
		}
	}
	return len(s)
}

func (i *Instruction) addFlag(at, stop int, word string) {
	name, value, hasValue := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	valueAt := stop
	if eq := strings.IndexByte(i.line[at:stop], '='); hasValue && eq >= 0 {
		valueAt = at + eq + 1
	}
	i.Flags = append(i.Flags, Flag{
		Name:      name,
		Value:     value,
		HasValue:  hasValue,
		Span:      i.pos.Span(at, stop),
		ValueSpan: i.pos.Span(valueAt, stop),
	})
}

func byteSpace(c byte) bool { return unicode.IsSpace(rune(c)) }

// Bool is the value of a flag such as --link: present means true.
func (fl Flag) Bool() bool { return !fl.HasValue || strings.EqualFold(fl.Value, "true") }
