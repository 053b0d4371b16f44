package dockerfile

import (
	"errors"
	"strings"
)

var (
	errNoFields   = errors.New("no fields")
	errBareQuote  = errors.New("quote within an unquoted field")
	errOpenQuote  = errors.New("quoted field is not closed")
	errAfterQuote = errors.New("text behind a closing quote")
)

// csvFields splits the value of a --mount: fields separated by commas, which may
// be quoted ("a,b") with doubled quotes inside. What was read before a mistake
// is returned with the error.
func csvFields(s string) ([]string, error) {
	if s == "" {
		return nil, errNoFields
	}
	fields := make([]string, 0, 1+strings.Count(s, ","))
	for {
		field, rest, err := csvField(s)
		if err != nil {
			return fields, err
		}
		fields = append(fields, field)
		if rest == "" {
			return fields, nil
		}
		s = rest[1:]
		if s == "" {
			// A comma behind a closing quote or a plain field opens an empty one.
			return append(fields, ""), nil
		}
	}
}

// csvField reads one field; rest begins with the comma behind it, if any.
func csvField(s string) (field, rest string, err error) {
	if s[0] != '"' {
		if n := strings.IndexByte(s, ','); n >= 0 {
			field, rest = s[:n], s[n:]
		} else {
			field = s
		}
		if strings.Contains(field, `"`) {
			return "", "", errBareQuote
		}
		return field, rest, nil
	}
	var b strings.Builder
	s = s[1:]
	for {
		n := strings.IndexByte(s, '"')
		if n < 0 {
			return "", "", errOpenQuote
		}
		b.WriteString(s[:n])
		s = s[n+1:]
		switch {
		case s == "" || s[0] == ',':
			return b.String(), s, nil
		case s[0] != '"':
			return "", "", errAfterQuote
		}
		b.WriteByte('"')
		s = s[1:]
	}
}
