package buildctx

import (
	"strings"

	"github.com/moby/patternmatcher"
)

// culprit names the rule that keeps a path back. The matcher answers for all
// rules at once, so each rule gets a matcher of its own and the decision is
// replayed: an ordinary rule counts while the path is in, an exception while it
// is out, and the last one that turned it away is to blame.
type culprit struct {
	rules    []Rule
	matchers []*patternmatcher.PatternMatcher
}

func newCulprit(rules []Rule) culprit {
	c := culprit{rules: rules, matchers: make([]*patternmatcher.PatternMatcher, len(rules))}
	for i, r := range rules {
		// ParseIgnore has tried every pattern; one that fails here matches nothing.
		c.matchers[i], _ = patternmatcher.New([]string{strings.TrimPrefix(r.Pattern, "!")})
	}
	return c
}

func (c culprit) of(path string) Rule {
	var by Rule
	out := false
	for i, r := range c.rules {
		if r.Exception() != out || c.matchers[i] == nil {
			continue
		}
		if hit, err := c.matchers[i].MatchesOrParentMatches(path); err != nil || !hit {
			continue
		}
		if out = !r.Exception(); out {
			by = r
		}
	}
	return by
}
