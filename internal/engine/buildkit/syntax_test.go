package buildkit

import "testing"

func TestCarriedSyntax(t *testing.T) {
	for _, test := range []struct {
		file string
		args map[string]string
		want string
	}{
		{"FROM scratch\n", nil, ""},
		{"# syntax=docker/dockerfile:1\nFROM scratch\n", nil, "docker/dockerfile:1"},
		{"#syntax = docker.io/docker/dockerfile:1.4-labs\r\nFROM scratch\n", nil, "docker.io/docker/dockerfile:1.4-labs"},
		{"# syntax=docker/dockerfile:1@sha256:00\nFROM scratch\n", nil, "docker/dockerfile:1@sha256:00"},
		{"# syntax=docker/dockerfile-upstream:master\nFROM scratch\n", nil, ""},
		{"# syntax=example.com/docker/dockerfile:1\nFROM scratch\n", nil, ""},
		{"# just words\n# syntax=docker/dockerfile:1\nFROM scratch\n", nil, ""},
		{"FROM scratch\n", map[string]string{"BUILDKIT_SYNTAX": "docker/dockerfile:1.7"}, "docker/dockerfile:1.7"},
		{"# syntax=docker/dockerfile:1\nFROM scratch\n", map[string]string{"BUILDKIT_SYNTAX": "other/frontend"}, ""},
	} {
		if got := CarriedSyntax([]byte(test.file), test.args); got != test.want {
			t.Errorf("%q, %v: %q, want %q", test.file, test.args, got, test.want)
		}
	}
}
