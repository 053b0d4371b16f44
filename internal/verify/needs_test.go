package verify

import (
	"strings"
	"testing"
)

func TestMissingToStart(t *testing.T) {
	for text, want := range map[string]string{
		"Error: DATABASE_URL is not set":                       "DATABASE_URL",
		"KeyError: 'SECRET_KEY'":                               "SECRET_KEY",
		"/entrypoint.sh: line 3: API_HOST: unbound variable":   "API_HOST",
		"JWT_SECRET environment variable is required":          "JWT_SECRET",
		"dial tcp 127.0.0.1:5432: connect: connection refused": "a server that is not there",
		"Error: getaddrinfo ENOTFOUND db":                      "a server that is not there",
		"panic: runtime error: index out of range":             "",
		"usage: tool COMMAND":                                  "",
	} {
		got := missingToStart(answers{question{checkStderr, ""}: text})
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
