package dockerfile

import (
	"encoding/json"
	"strings"
)

// arrayForm decides whether the arguments are a JSON array. Text that begins with
// '[' but is no JSON is not an error: "RUN [ -d x ]" calls a program.
func (i *Instruction) arrayForm() {
	at := i.argLo
	switch i.Name {
	case "ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME":
	case "HEALTHCHECK":
		_, at = i.healthType()
	default:
		return
	}
	text := trimLeft(i.line[at:i.argHi])
	if !strings.HasPrefix(text, "[") {
		return
	}
	var elements []any
	if json.Unmarshal([]byte(text), &elements) != nil {
		return
	}
	i.isJSON = true
	i.json = make([]string, 0, len(elements))
	for _, e := range elements {
		s, ok := e.(string)
		if !ok {
			i.json, i.isJSON = nil, false
			i.file.problem(i.Span, "a JSON array must hold strings only")
			return
		}
		i.json = append(i.json, s)
	}
}

// healthType is the first argument of HEALTHCHECK and the offset, within the
// joined line, of what follows it.
func (i *Instruction) healthType() (kind string, rest int) {
	at := i.argLo
	for at < i.argHi && !byteSpace(i.line[at]) {
		at++
	}
	kind = i.line[i.argLo:at]
	for at < i.argHi && byteSpace(i.line[at]) {
		at++
	}
	return kind, at
}

// jsonWords are the elements of the JSON array with the place of each, quotes
// included.
func (i *Instruction) jsonWords() []Word {
	words := make([]Word, 0, len(i.json))
	at := i.argLo
	if i.Name == "HEALTHCHECK" {
		_, at = i.healthType()
	}
	for _, value := range i.json {
		at += strings.IndexByte(i.line[at:], '"')
		stop := jsonStringEnd(i.line, at)
		words = append(words, Word{Value: value, Span: i.pos.Span(at, stop), lo: at, hi: stop})
		at = stop
	}
	return words
}

// jsonStringEnd is the offset behind the JSON string that begins at.
func jsonStringEnd(s string, at int) int {
	for at++; s[at] != '"'; at++ {
		if s[at] == '\\' {
			at++
		}
	}
	return at + 1
}
