package verify

import "regexp"

var (
	// noService is how programs complain that a server which they want is not there.
	noService = regexp.MustCompile(`(?i)(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connection refused|could not connect|no such host|getaddrinfo|name resolution|name or service not known|can't connect to|network is unreachable)`)
	// noVariable is how they complain about a variable; the name is the first or second
	// group.
	noVariable = regexp.MustCompile(`\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,}) (?:environment variable )?(?:is |was |must be )?(?:not set|required|missing|unset|undefined|not defined|set)|KeyError: '([A-Z][A-Z0-9_]+)'|([A-Z][A-Z0-9_]+): (?:unbound variable|parameter not set|parameter null or not set)`)
)

// missingToStart says what a container that ended at once seems to lack, in words that
// go on from a sentence; "" when its output does not tell.
func missingToStart(a answers) string {
	text := a[question{checkStderr, ""}] + "\n" + a[question{checkStdout, ""}]
	if m := noVariable.FindStringSubmatch(text); m != nil {
		return "; it asks for the variable " + m[1] + m[2] + m[3]
	}
	if noService.MatchString(text) {
		return "; it asks for a server that is not there, a database perhaps: containers under test have no network"
	}
	return ""
}
