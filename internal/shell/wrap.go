package shell

import "strings"

// A wrapper is a program that runs the command given to it.
type wrapper struct {
	values  string // single-letter options that take a value of their own
	long    string // long options that do, blank-separated
	leading int    // arguments of its own before the command: a duration, a user
}

// wrapperOf knows the wrappers by name.
func wrapperOf(name string) (wrapper, bool) {
	switch name {
	case "sudo", "doas":
		return wrapper{values: "ugpChrtT", long: "--user --group --prompt --chdir --host --role --type"}, true
	case "env":
		return wrapper{values: "uCS", long: "--unset --chdir"}, true
	case "exec":
		return wrapper{values: "a"}, true
	case "command", "builtin", "nohup", "time", "eatmydata", "setsid", "fakeroot", "catchsegv":
		return wrapper{}, true
	case "nice":
		return wrapper{values: "n", long: "--adjustment"}, true
	case "ionice":
		return wrapper{values: "cn", long: "--class --classdata"}, true
	case "timeout":
		return wrapper{values: "ks", long: "--kill-after --signal", leading: 1}, true
	case "gosu", "su-exec", "setuser", "chpst":
		return wrapper{leading: 1}, true
	case "xargs":
		return wrapper{values: "aEILnPsd", long: "--arg-file --delimiter --max-args --max-procs --replace --max-lines --max-chars"}, true
	case "tini", "dumb-init":
		return wrapper{values: "peE"}, true
	}
	return wrapper{}, false
}

// unwrap is the words of the innermost command; c learns its wrappers and the
// assignments made by env.
func (c *Command) unwrap() []Word {
	words := c.Words
	for len(words) > 0 && words[0].Literal {
		name := base(words[0].Value)
		wr, ok := wrapperOf(name)
		if !ok {
			break
		}
		rest, ok := wr.inner(c, name, words[1:])
		if !ok {
			break
		}
		c.Wrappers = wrapped(c.Wrappers, name)
		words = rest
	}
	return words
}

// inner is the words behind the wrapper's own; ok is false when there are none,
// or when it only looks a command up ("command -v").
func (wr wrapper) inner(c *Command, name string, words []Word) (rest []Word, ok bool) {
	var given []Assign
	own := wr.leading
	for len(words) > 0 {
		v := words[0].Value
		switch {
		case v == "--":
			words = words[1:]
			return words, c.given(given) && len(words) > 0
		case strings.HasPrefix(v, "-") && len(v) > 1:
			if name == "command" && strings.ContainsAny(v, "vV") || name == "env" && v[1] == 'S' {
				return nil, false
			}
			n := wr.option(v)
			if n > len(words) {
				return nil, false
			}
			words = words[n:]
		case (name == "env" || name == "sudo") && assignment(words[0]):
			given = append(given, split(words[0]))
			words = words[1:]
		case own > 0:
			own--
			words = words[1:]
		default:
			return words, c.given(given)
		}
	}
	return nil, false
}

func (c *Command) given(assigns []Assign) bool {
	c.Assigns = append(c.Assigns, assigns...)
	return true
}

// option is the number of words that an option takes.
func (wr wrapper) option(v string) int {
	if strings.HasPrefix(v, "--") {
		for _, long := range strings.Fields(wr.long) {
			if v == long {
				return 2
			}
		}
		return 1
	}
	if at := strings.IndexAny(v[1:], wr.values); wr.values != "" && at >= 0 && at+2 == len(v) {
		return 2
	}
	return 1
}

// assignment tells whether an argument of env is NAME=value.
func assignment(w Word) bool {
	eq := strings.IndexByte(w.Value, '=')
	return eq > 0 && !strings.ContainsAny(w.Value[:eq], "$'\"`")
}

func split(w Word) Assign {
	name, value, _ := strings.Cut(w.Value, "=")
	a := Assign{Name: name, Value: w, Span: w.Span}
	a.Value.Value = value
	return a
}

// wrapped is a list with one name more; the list given is not written to.
func wrapped(list []string, name string) []string {
	return append(append([]string(nil), list...), name)
}
