package fake

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// line is one instruction with its continuations joined.
type line struct {
	text        string
	first, last int
}

var verbs = []string{"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "USER", "LABEL", "CMD", "ENTRYPOINT"}

// parse splits the Dockerfile into stages.
func (b *build) parse() error {
	for _, l := range join(string(b.req.Dockerfile)) {
		verb, rest, _ := strings.Cut(l.text, " ")
		verb = strings.ToUpper(verb)
		switch {
		case !slices.Contains(verbs, verb):
			err := b.fail(line{"", l.first, l.last}, -1, "", fmt.Errorf("unknown instruction: %s", verb))
			return err
		case verb == "FROM":
			words := strings.Fields(expand(rest, nil, b.args))
			if len(words) == 0 {
				return b.fail(l, -1, "", fmt.Errorf("FROM requires an image"))
			}
			st := stage{from: l, ref: words[0]}
			if len(words) == 3 {
				st.name = words[2]
			}
			b.stages = append(b.stages, st)
		case len(b.stages) == 0 && verb == "ARG":
			name, def, _ := strings.Cut(rest, "=")
			b.args[name] = b.argument(name, def)
		case len(b.stages) == 0:
			return b.fail(l, -1, "", fmt.Errorf("no build stage in current context"))
		default:
			last := &b.stages[len(b.stages)-1]
			last.lines = append(last.lines, l)
		}
	}
	if len(b.stages) == 0 {
		return fmt.Errorf("file with no instructions")
	}
	return nil
}

func join(text string) (lines []line) {
	open := false
	for i, raw := range strings.Split(text, "\n") {
		if trimmed := strings.TrimSpace(raw); trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		part, more := strings.CutSuffix(strings.TrimRight(raw, " \t\r"), "\\")
		if open {
			last := &lines[len(lines)-1]
			last.text, last.last = last.text+part, i+1
		} else {
			lines = append(lines, line{strings.TrimSpace(part), i + 1, i + 1})
			if more {
				lines[len(lines)-1].text = strings.TrimLeft(part, " \t")
			}
		}
		open = more
	}
	return lines
}

// expand replaces $NAME and ${NAME}.
func expand(text string, env []string, args map[string]string) string {
	return os.Expand(text, func(name string) string {
		if v := value(env, name); v != "" {
			return v
		}
		return args[name]
	})
}

// command is a command line in either form.
func command(text string) []string {
	var words []string
	if json.Unmarshal([]byte(strings.TrimSpace(text)), &words) == nil {
		return words
	}
	return []string{"/bin/sh", "-c", text}
}

// flags takes the --mount flags off a RUN.
func flags(text string) (mounts []map[string]string, rest string) {
	for {
		flag, after, _ := strings.Cut(strings.TrimLeft(text, " "), " ")
		spec, ok := strings.CutPrefix(flag, "--mount=")
		if !ok {
			return mounts, text
		}
		m := map[string]string{}
		for pair := range strings.SplitSeq(spec, ",") {
			k, v, _ := strings.Cut(pair, "=")
			m[k] = v
		}
		mounts, text = append(mounts, m), after
	}
}
