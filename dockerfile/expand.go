package dockerfile

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lookup gives the value of a variable and whether it is set.
type Lookup func(name string) (value string, set bool)

// MapLookup looks variables up in a map.
func MapLookup(vars map[string]string) Lookup {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

// Expand substitutes variables in word and removes its quotes, as BuildKit does
// with the values of ENV, ARG, FROM, COPY and others: $name, ${name}, and the
// modifiers :- - :+ + :? ? # ## % %% / //. A variable that is not set is empty.
// escape is the file's escape character.
func Expand(word string, escape byte, vars Lookup) (string, error) {
	return expand(word, escape, vars, false)
}

// ExpandKnown is Expand, but leaves variables that are not set as they stand.
func ExpandKnown(word string, escape byte, vars Lookup) (string, error) {
	return expand(word, escape, vars, true)
}

func expand(word string, escape byte, vars Lookup, keepUnset bool) (string, error) {
	if !strings.ContainsAny(word, "$'\"\\`\uFEFF") && utf8.ValidString(word) {
		return word, nil
	}
	l := lexer{text: word, esc: rune(escape), lookup: vars, keepUnset: keepUnset}
	s, _, err := l.run()
	return s, err
}

// Variables are the names of the variables that word refers to, each once.
func Variables(word string, escape byte) []string {
	var names []string
	seen := map[string]bool{}
	lookup := func(name string) (string, bool) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		return "", false
	}
	l := lexer{text: word, esc: rune(escape), lookup: lookup, keepUnset: true}
	_, _, _ = l.run() // an error ends the list at the place of the mistake
	return names
}

// dollar reads a variable.
func (l *lexer) dollar() (string, error) {
	l.next()
	if l.peek() == '{' {
		l.next()
		return l.braced()
	}
	name := l.name()
	if name == "" {
		return "$", nil
	}
	value, set := l.lookup(name)
	if !set && l.keepUnset {
		return "$" + name, nil
	}
	return value, nil
}

// braced reads the rest of "${".
func (l *lexer) braced() (string, error) {
	switch l.peek() {
	case eof:
		return "", errors.New("syntax error: missing '}'")
	case '{', '}', ':':
		return "", errors.New("syntax error: bad substitution")
	}
	name := l.name()
	switch r := l.next(); r {
	case '}':
		value, set := l.lookup(name)
		if !set && l.keepUnset {
			return "${" + name + "}", nil
		}
		return value, nil
	case ':':
		return l.modified(name, l.next(), true)
	case '+', '-', '?', '#', '%':
		return l.modified(name, r, false)
	case '/':
		return l.replaced(name)
	default:
		return "", fmt.Errorf("unsupported modifier (%s) in substitution", string(r))
	}
}

// modified reads the operand of a modifier and applies it. colon says that an
// empty value counts as unset.
func (l *lexer) modified(name string, op rune, colon bool) (string, error) {
	mark := string(op)
	if colon {
		mark = ":" + mark
	}
	trims := op == '#' || op == '%'
	if colon && trims {
		return "", fmt.Errorf("unsupported modifier (%s) in substitution", mark)
	}
	word, _, err := l.until('}', trims, trims)
	if err != nil {
		if l.peek() == eof {
			err = errors.New("syntax error: missing '}'")
		}
		return "", err
	}
	value, set := l.lookup(name)
	if l.keepUnset && !set {
		return "${" + name + mark + word + "}", nil
	}
	unset := !set || colon && value == ""
	switch op {
	case '-':
		if unset {
			return word, nil
		}
		return value, nil
	case '+':
		if unset {
			return "", nil
		}
		return word, nil
	case '?':
		return required(name, value, word, set, unset)
	case '#', '%':
		return trim(op, word, value)
	}
	return "", fmt.Errorf("unsupported modifier (%s) in substitution", mark)
}

func required(name, value, message string, set, unset bool) (string, error) {
	if !unset {
		return value, nil
	}
	if message == "" {
		message = "is not allowed to be unset"
		if set {
			message = "is not allowed to be empty"
		}
	}
	return "", fmt.Errorf("%s: %s", name, message)
}

// replaced reads "${name/pattern/replacement}" from behind the first slash.
func (l *lexer) replaced(name string) (string, error) {
	all := l.peek() == '/'
	if all {
		l.next()
	}
	pattern, err := l.operand('/')
	if err != nil {
		return "", err
	}
	replacement, _, err := l.until('}', true, false)
	if err != nil {
		if l.peek() == eof {
			err = errors.New("syntax error: missing '}'")
		}
		return "", err
	}
	value, set := l.lookup(name)
	if l.keepUnset && !set {
		return "${" + name + "/" + pattern + "/" + replacement + "}", nil
	}
	re, err := globRegexp(pattern, true, false)
	if err != nil {
		return "", err
	}
	if all {
		return re.ReplaceAllString(value, replacement), nil
	}
	if at := re.FindStringIndex(value); at != nil {
		value = value[:at[0]] + replacement + value[at[1]:]
	}
	return value, nil
}

func (l *lexer) operand(stop rune) (string, error) {
	s, _, err := l.until(stop, true, true)
	if err != nil && l.peek() == eof {
		err = fmt.Errorf("syntax error: missing '%c' in ${}", stop)
	}
	return s, err
}

// name reads a variable's name: a number, a special parameter, or letters, digits
// and underscores.
func (l *lexer) name() string {
	at := l.pos
	switch r := l.peek(); {
	case unicode.IsDigit(r):
		for unicode.IsDigit(l.peek()) {
			l.next()
		}
	case strings.ContainsRune("@*#?-$!0", r):
		l.next()
	default:
		for r := l.peek(); unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_'; r = l.peek() {
			l.next()
		}
	}
	return l.text[at:l.pos]
}

// trim removes the pattern from the beginning ('#') or end ('%') of value: the
// shortest match, or the longest when the operator is doubled.
func trim(op rune, pattern, value string) (string, error) {
	greedy := pattern != "" && rune(pattern[0]) == op
	if greedy {
		pattern = pattern[1:]
	}
	if op == '#' {
		return trimPrefix(pattern, value, greedy)
	}
	// The shortest match at the end is the shortest at the beginning of the
	// reversed value, which is what a regular expression can find.
	s, err := trimPrefix(reversePattern(pattern), reverse(value), greedy)
	return reverse(s), err
}

func trimPrefix(pattern, value string, greedy bool) (string, error) {
	re, err := globRegexp(pattern, greedy, true)
	if err != nil {
		return "", err
	}
	if at := re.FindStringIndex(value); at != nil {
		value = value[at[1]:]
	}
	return value, nil
}

func reverse(s string) string {
	in := []rune(s)
	for a, b := 0, len(in)-1; a < b; a, b = a+1, b-1 {
		in[a], in[b] = in[b], in[a]
	}
	return string(in)
}

// reversePattern reverses a pattern but keeps each escape before what it escapes.
func reversePattern(pattern string) string {
	in := []rune(pattern)
	out := make([]rune, 0, len(in))
	for end := len(in); end > 0; {
		start := end - 1
		if start > 0 && escapes(in[:start]) {
			start--
		}
		out = append(out, in[start:end]...)
		end = start
	}
	return string(out)
}

// escapes tells whether the runes end in a backslash that is not itself escaped.
func escapes(before []rune) bool {
	n := 0
	for n < len(before) && before[len(before)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// globRegexp translates a pattern of '*' and '?' to a regular expression.
func globRegexp(pattern string, greedy, anchored bool) (*regexp.Regexp, error) {
	var out strings.Builder
	if anchored {
		out.WriteByte('^')
	}
	star := ".*?"
	if greedy {
		star = ".*"
	}
	in := []rune(pattern)
	for k := 0; k < len(in); k++ {
		switch r := in[k]; r {
		case '*':
			out.WriteString(star)
		case '?':
			out.WriteByte('.')
		case '\\':
			if k++; k < len(in) && (in[k] == '}' || in[k] == '/') {
				out.WriteString(regexp.QuoteMeta(string(in[k])))
				continue
			}
			if k == len(in) || !strings.ContainsRune(`*?\`, in[k]) {
				return nil, fmt.Errorf("invalid escape in the pattern %s", pattern)
			}
			out.WriteString(regexp.QuoteMeta(string(in[k])))
		default:
			out.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.Compile(out.String())
}
