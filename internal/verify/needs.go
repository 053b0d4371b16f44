package verify

import "regexp"

// noService is how programs complain that a server which they want is not there.
var noService = regexp.MustCompile(`(?i)(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connection refused|could not connect|no such host|getaddrinfo|name resolution|name or service not known|can't connect to|network is unreachable)`)

// missingToStart says what a container that ended at once seems to lack, in words that
// go on from a sentence; "" when its output does not tell.
func missingToStart(a answers) string {
	if name := variableAskedFor(a); name != "" {
		return "; it asks for the variable " + name
	}
	if asksForService(a) {
		return "; it asks for a server that is not there, a database perhaps: containers under test have no network"
	}
	return ""
}

// asksForService tells whether what a container wrote complains that a server which it
// connects to is not there.
func asksForService(a answers) bool {
	return noService.MatchString(a[question{checkStderr, ""}] + "\n" + a[question{checkStdout, ""}])
}
