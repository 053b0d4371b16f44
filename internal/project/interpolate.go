package project

import (
	"regexp"
	"strings"
)

// variable matches what compose replaces: $$, $NAME, ${NAME} and ${NAME:-default}
// with its relatives.
var variable = regexp.MustCompile(`\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\})`)

// interpolate fills in the defaults of variables; the others become empty.
func interpolate(s string) string {
	return variable.ReplaceAllStringFunc(s, func(match string) string {
		if match == "$$" {
			return "$"
		}
		m := variable.FindStringSubmatch(match)
		if strings.HasSuffix(m[3], "-") {
			return m[4]
		}
		return ""
	})
}

// splitLine splits a command line at spaces outside quotes. A backslash takes the
// next character as it is, except between single quotes.
func splitLine(line string) []string {
	words := []string{}
	var word strings.Builder
	var quote rune
	open, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
