package dockerfile

import (
	"sort"
	"strings"

	"github.com/careenhq/careen/span"
)

// check reports what BuildKit refuses of the instructions, one by one and in
// their order.
func (f *File) check() {
	if len(f.Stages) == 0 {
		f.problem(span.Span{Start: len(f.text), End: len(f.text)}, "no FROM instruction")
	}
	for _, i := range f.Instructions {
		if i.Stage < 0 && i.Name != "ARG" {
			f.problem(i.Span, "no build stage in current context: "+i.Name+" before the first FROM")
		}
		i.checkFlags()
		if message := i.mistake(); message != "" {
			f.problem(i.Span, message)
		}
	}
	sort.SliceStable(f.Problems, func(a, b int) bool {
		return f.Problems[a].Span.Start < f.Problems[b].Span.Start
	})
}

// mistake says what is wrong with the arguments; "" when nothing is.
func (i *Instruction) mistake() string {
	switch i.Name {
	case "FROM":
		return i.fromMistake()
	case "ENV", "LABEL", "ARG":
		return i.pairMistake()
	case "COPY", "ADD":
		return i.copyMistake()
	case "MAINTAINER", "WORKDIR", "USER", "STOPSIGNAL":
		if i.args() == "" {
			return i.Name + " requires exactly one argument"
		}
	case "EXPOSE", "VOLUME":
		return i.listMistake()
	case "SHELL":
		if !i.isJSON || len(i.json) == 0 {
			return "SHELL requires its arguments as a JSON array"
		}
	case "HEALTHCHECK":
		return i.healthMistake()
	case "ONBUILD":
		return i.onbuildMistake()
	case "RUN", "CMD", "ENTRYPOINT":
	default:
		return "unknown instruction: " + i.Name
	}
	return ""
}

func (i *Instruction) fromMistake() string {
	w := i.Words()
	if len(w) != 1 && (len(w) != 3 || !strings.EqualFold(w[1].Value, "as")) {
		return "FROM requires either one or three arguments"
	}
	if len(w) == 3 && !validStageName(strings.ToLower(w[2].Value)) {
		return "invalid name for build stage: " + w[2].Value
	}
	return ""
}

// validStageName tells whether the lower-case name may follow AS.
func validStageName(name string) bool {
	for k, r := range name {
		letter := 'a' <= r && r <= 'z'
		if !letter && (k == 0 || !strings.ContainsRune("0123456789-_.", r)) {
			return false
		}
	}
	return name != ""
}

func (i *Instruction) pairMistake() string {
	pairs := i.KeyValues()
	if len(pairs) == 0 {
		return i.Name + " requires at least one argument, and a value"
	}
	for _, kv := range pairs {
		switch {
		case !kv.HasValue && i.Name != "ARG":
			return "no = in " + kv.Key + "; must be of the form name=value"
		case kv.Key == "" && kv.HasValue:
			return i.Name + " names can not be blank"
		}
	}
	return ""
}

func (i *Instruction) copyMistake() string {
	w := i.Words()
	if len(w) < 2 {
		return i.Name + " requires at least two arguments"
	}
	if _, heredoc, _ := heredocWord(w[len(w)-1].Value); heredoc {
		return i.Name + " cannot accept a heredoc as a destination"
	}
	return ""
}

func (i *Instruction) listMistake() string {
	w := i.Words()
	if len(w) == 0 {
		return i.Name + " requires at least one argument"
	}
	for _, v := range w {
		if i.Name == "VOLUME" && strings.TrimSpace(v.Value) == "" {
			return "VOLUME specified can not be an empty string"
		}
	}
	return ""
}

func (i *Instruction) healthMistake() string {
	kind, rest := i.healthType()
	none := rest == i.argHi || i.isJSON && len(i.json) == 0
	switch strings.ToUpper(kind) {
	case "":
		return "HEALTHCHECK requires at least one argument"
	case "NONE":
		if !none {
			return "HEALTHCHECK NONE takes no arguments"
		}
	case "CMD":
		if none {
			return "missing command after HEALTHCHECK CMD"
		}
	default:
		return "unknown type " + kind + " in HEALTHCHECK (try CMD)"
	}
	return ""
}

func (i *Instruction) onbuildMistake() string {
	t := i.Trigger
	if t == nil {
		return "ONBUILD requires at least one argument"
	}
	switch t.Name {
	case "ONBUILD", "MAINTAINER", "FROM":
		return t.Name + " isn't allowed as an ONBUILD trigger"
	case "ENV", "LABEL":
		// Their arguments are taken apart while the file is read, those of other
		// triggers when the trigger fires.
		if pairs := t.KeyValues(); len(pairs) > 0 && pairs[0].Key == "" || t.args() == "" {
			return ""
		}
		return t.pairMistake()
	}
	return ""
}
