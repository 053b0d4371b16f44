package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes untrusted text safe for one line of a terminal: control characters,
// and with them escape sequences, become spaces, as do characters that are not
// seen but change how others are read.
func plain(s string) string {
	return strings.Map(visible, s)
}

func visible(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

// plainText is plain for text of several lines: newlines and tabs stay.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return visible(r)
	}, s)
}

// cell makes untrusted text safe inside markdown, tables included: it reads as it
// is written, never as a link, a heading, emphasis or HTML.
func cell(s string) string {
	var b strings.Builder
	s = plain(s)
	for at, r := range s {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\\', '`', '*', '[', ']', '|', '~':
			b.WriteString("\\" + string(r))
		case '_':
			if outside(s, at) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// outside tells whether the byte at offset at stands at a word's edge: markdown
// leaves an underscore within a word alone.
func outside(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at+1:])
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return !word(before) || !word(after)
}

// code makes untrusted text an inline code span of markdown, whatever backticks
// it holds.
func code(s string) string {
	s = plain(s)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// codeCell is code inside a table, where a bar would end the cell. A bar behind a
// backslash cannot be written in a code span there: such text is no code span.
func codeCell(s string) string {
	if strings.Contains(s, `\|`) {
		return cell(s)
	}
	return strings.ReplaceAll(code(s), "|", `\|`)
}

// block is a fenced block of markdown, whatever the text holds.
func block(language, text string) string {
	text = strings.TrimSuffix(plainText(text), "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + text + "\n" + fence
}

// short cuts text to n runes.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
