package verify

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// maxRequired bounds how many variables are made up for one image.
const maxRequired = 12

// startedWithRequired runs both images' own command. One that ends at once and names a variable
// which it wants is given one: what the project's files say of it, else a value that is
// made up, the same in both images.
func (c *comparison) startedWithRequired(ctx context.Context, s *sheet) (older, newer observation, err error) {
	hinted := false
	for range maxRequired {
		older, newer, err = c.both(ctx, c.observe)
		if err != nil || !older.ended || older.code == 0 {
			break
		}
		if more := c.missingHints(); !hinted && len(more) > 0 {
			c.opts.Env, hinted = slices.Concat(c.opts.Env, more), true
			s.note("it ends at once by itself; started with what the project's files set: %s", strings.Join(namesOf(more), ", "))
			continue
		}
		name := variableAskedFor(older.answers)
		if name == "" || slices.Contains(namesOf(c.opts.Env), name) {
			break
		}
		c.opts.Env = append(slices.Clone(c.opts.Env), name+"="+madeUp(name))
		s.note("it asks for the variable %s, which was given a made-up value", name)
	}
	return older, newer, err
}

// missingHints are the hinted variables that nothing sets yet.
func (c *comparison) missingHints() []string {
	set := slices.Concat(namesOf(c.old.config.Config.Env), namesOf(c.opts.Env))
	return slices.DeleteFunc(slices.Clone(c.opts.EnvHints), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(set, name)
	})
}

func namesOf(env []string) []string {
	names := make([]string, len(env))
	for i, entry := range env {
		names[i], _, _ = strings.Cut(entry, "=")
	}
	return names
}

// variableName is a name that stands for a variable in a message: with a line in it, or
// long.
const variableName = `([A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,})`

// noVariable are the ways in which programs complain about a variable; one group of each
// is its name.
var noVariable = []*regexp.Regexp{
	regexp.MustCompile("[\"'`]?\\b" + variableName + "[\"'`]? (?:environment variable )?(?:is |was |must be )?(?:not set|required|missing|unset|undefined|not defined|not found|set|(?:a )?required)\\b"),
	regexp.MustCompile(`KeyError: '([A-Z][A-Z0-9_]+)'`),
	regexp.MustCompile(`([A-Z][A-Z0-9_]+): (?:unbound variable|parameter not set|parameter null or not set)`),
	regexp.MustCompile("(?i:missing|required|unset|undefined|set the|specify|provide)\\b[^\\n]{0,40}?(?i:variables?|env|keys?)[: ]+[\"'`]?" + variableName),
	regexp.MustCompile("(?i:set the) " + variableName + " (?i:environment )?variable"),
}

// variableAskedFor is the variable that a container's output complains about, "" when it
// names none.
func variableAskedFor(a answers) string {
	text := a[question{checkStderr, ""}] + "\n" + a[question{checkStdout, ""}]
	for _, pattern := range noVariable {
		if m := pattern.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return ""
}

// madeUp is a value that a variable of that name can have. Secrets are often held to a
// length.
func madeUp(name string) string {
	for _, known := range []struct{ end, value string }{
		{"PORT", "8080"}, {"HOST", "127.0.0.1"}, {"URL", "http://127.0.0.1:9/"}, {"URI", "http://127.0.0.1:9/"}, {"ENV", "production"},
	} {
		if strings.HasSuffix(name, known.end) {
			return known.value
		}
	}
	return "careen-made-up-value-0123456789abcdef"
}
