package verify

import (
	"strings"
	"testing"
)

func TestMissingToStart(t *testing.T) {
	for text, want := range map[string]string{
		"Error: DATABASE_URL is not set":                                 "DATABASE_URL",
		"KeyError: 'SECRET_KEY'":                                         "SECRET_KEY",
		"/entrypoint.sh: line 3: API_HOST: unbound variable":             "API_HOST",
		"JWT_SECRET environment variable is required":                    "JWT_SECRET",
		"dial tcp 127.0.0.1:5432: connect: connection refused":           "a server that is not there",
		"Error: getaddrinfo ENOTFOUND db":                                "a server that is not there",
		"Missing required environment variable: API_TOKEN":               "API_TOKEN",
		"required key SHOP_DSN missing value":                            "SHOP_DSN",
		`Config validation error: "DATABASE_URL" is required`:            "DATABASE_URL",
		`env: required environment variable "APP_KEY" is not set`:        "APP_KEY",
		"SECRET_KEY not found. Declare it as envvar or define a default": "SECRET_KEY",
		"Set the DJANGO_SECRET_KEY environment variable":                 "DJANGO_SECRET_KEY",
		"line 3: APP_SECRET: APP_SECRET must be set":                     "APP_SECRET",
		"GET /index.html NOT FOUND":                                      "",
		"panic: runtime error: index out of range":                       "",
		"usage: tool COMMAND":                                            "",
	} {
		got := missingToStart(answers{question{checkStderr, ""}: text})
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
