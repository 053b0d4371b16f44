package report

import (
	"strings"
	"unicode"
)

// plain makes untrusted text safe for a terminal: control characters, and with
// them escape sequences, become spaces.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u202e' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// cell makes untrusted text safe inside a markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "\\", `\\`).Replace(plain(s))
}

// code makes untrusted text an inline code span of markdown, whatever backticks
// it holds.
func code(s string) string {
	s = strings.ReplaceAll(plain(s), "|", `\|`)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// short cuts text to n runes.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
