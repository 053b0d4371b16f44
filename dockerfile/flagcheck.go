package dockerfile

import (
	"strconv"
	"strings"
	"time"
)

// flagKind says what a flag takes.
type flagKind int

const (
	noFlag   flagKind = iota // the instruction has no such flag
	anyFlag                  // the instruction's flags are not looked at
	boolFlag                 // nothing, true or false
	oneValue
	manyValues // may be repeated
)

// kindOf is the kind of the instruction's flag.
func (i *Instruction) kindOf(flag string) flagKind {
	switch i.Name {
	case "ARG", "STOPSIGNAL":
		return anyFlag
	case "FROM":
		if flag == "platform" {
			return oneValue
		}
	case "RUN":
		return runFlag(flag)
	case "COPY", "ADD":
		return copyFlag(flag, i.Name == "ADD")
	case "HEALTHCHECK":
		return i.healthFlag(flag)
	}
	return noFlag
}

func runFlag(flag string) flagKind {
	switch flag {
	case "mount", "device":
		return manyValues
	case "network", "security":
		return oneValue
	}
	return noFlag
}

func copyFlag(flag string, add bool) flagKind {
	switch flag {
	case "chown", "chmod":
		return oneValue
	case "link":
		return boolFlag
	case "exclude":
		return manyValues
	case "keep-git-dir", "unpack":
		if add {
			return boolFlag
		}
	case "checksum":
		if add {
			return oneValue
		}
	case "from":
		if !add {
			return oneValue
		}
	case "parents":
		if !add {
			return boolFlag
		}
	}
	return noFlag
}

func (i *Instruction) healthFlag(flag string) flagKind {
	if kind, _ := i.healthType(); strings.EqualFold(kind, "NONE") {
		return anyFlag
	}
	switch flag {
	case "interval", "timeout", "start-period", "start-interval", "retries":
		return oneValue
	}
	return noFlag
}

// checkFlags reports flags that BuildKit refuses. Flags of an instruction it does
// not know are not worth a second problem.
func (i *Instruction) checkFlags() {
	if !known(i.Name) {
		return
	}
	for k, fl := range i.Flags {
		if message := i.flagMistake(k, fl); message != "" {
			i.file.problem(fl.Span, message)
		}
	}
}

func (i *Instruction) flagMistake(k int, fl Flag) string {
	kind := i.kindOf(fl.Name)
	switch {
	case kind == anyFlag:
		return ""
	case kind == noFlag:
		return "unknown flag: --" + fl.Name
	case kind != manyValues && i.hasEarlier(k, fl.Name):
		return "duplicate flag specified: --" + fl.Name
	case kind == boolFlag && fl.HasValue && !isBool(fl.Value):
		return "expecting boolean value for flag --" + fl.Name
	case kind != boolFlag && !fl.HasValue:
		return "missing a value on flag: --" + fl.Name
	}
	return i.valueMistake(fl)
}

func (i *Instruction) hasEarlier(k int, name string) bool {
	for _, fl := range i.Flags[:k] {
		if fl.Name == name {
			return true
		}
	}
	return false
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// valueMistake says what is wrong with a flag's value.
func (i *Instruction) valueMistake(fl Flag) string {
	switch fl.Name {
	case "mount":
		return mountMistake(fl.Value)
	case "device":
		return deviceMistake(fl.Value)
	case "network":
		if v := fl.Value; v != "default" && v != "none" && v != "host" {
			return "invalid network mode " + strconv.Quote(v)
		}
	case "security":
		if v := fl.Value; v != "insecure" && v != "sandbox" {
			return "invalid security mode " + strconv.Quote(v)
		}
	case "interval", "timeout", "start-period", "start-interval":
		return durationMistake(fl)
	case "retries":
		if n, err := strconv.ParseInt(fl.Value, 10, 32); fl.Value != "" && (err != nil || n < 0) {
			return "--retries is not a count: " + fl.Value
		}
	}
	return ""
}

func durationMistake(fl Flag) string {
	d, err := time.ParseDuration(fl.Value)
	if fl.Value == "" || err == nil && (d == 0 || d >= time.Millisecond) {
		return ""
	}
	return "--" + fl.Name + " is not a duration of at least 1ms: " + fl.Value
}

// mountMistake checks what does not depend on variables: the rest is known only
// when the instruction runs.
func mountMistake(value string) string {
	fields, err := csvFields(value)
	if err != nil {
		return "malformed mount: " + err.Error()
	}
	for _, field := range fields {
		key, v, _ := strings.Cut(field, "=")
		if at := strings.IndexByte(v, '$'); strings.ToLower(key) == "from" && at >= 0 && at != len(v)-1 {
			return "from of a mount doesn't support variable expansion, define alias stage instead"
		}
	}
	return ""
}

func deviceMistake(value string) string {
	fields, err := csvFields(value)
	if err != nil {
		return "malformed device: " + err.Error()
	}
	name := ""
	for _, field := range fields {
		key, v, has := strings.Cut(field, "=")
		key = strings.ToLower(key)
		switch {
		case key == "required" && has:
			if _, err := strconv.ParseBool(v); err != nil {
				return "invalid value for required: " + v
			}
		case key == "required":
		case key == "name" && has && name == "":
			name = v
		case name == "":
			name = field
		default:
			return "unexpected field of a device: " + field
		}
	}
	return ""
}
