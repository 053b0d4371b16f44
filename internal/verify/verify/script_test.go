package verify

import (
	"slices"
	"testing"
)

func TestCalledCommands(t *testing.T) {
	for _, test := range []struct {
		script string
		want   []string
	}{
		{"#!/bin/sh\nset -e\nenvsubst < a > b\nexec \"$@\"\n", []string{"envsubst"}},
		{"exec gosu app node server.js", []string{"gosu", "node"}},
		{"exec su-exec app:app /app/server", []string{"su-exec", "/app/server"}},
		{"tini -- python3 -m app", []string{"tini", "python3"}},
		{"env A=1 jq . x", []string{"env", "jq"}},
		{"wait_for() { curl -fs $1; }\nwait_for http://x", []string{"curl"}},
		{"if command -v nginx >/dev/null; then nginx -g x; fi", []string{"nginx"}},
		{"a=$(date +%s); echo `hostname` | tee x", []string{"date", "hostname", "tee"}},
		{"$CMD x; \"$1\"; cd /; [ -f x ] && true", nil},
		{"for f in *; do sed -i s/a/b/ $f; done", []string{"sed"}},
		{"cat <<EOF\nrm -rf $(pwd) $(id -u)\nEOF", []string{"cat", "id"}},
		{"timeout 5 curl x", []string{"timeout", "curl"}},
		{"xargs -n 1 rm", []string{"xargs"}},
	} {
		got, ok := calledCommands(test.script)
		if !ok || !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q %v, want %q", test.script, got, ok, test.want)
		}
	}
	if _, ok := calledCommands("if then ("); ok {
		t.Error("a script that does not parse was called complete")
	}
}

func TestShebang(t *testing.T) {
	for _, test := range []struct{ head, interpreter, argument, env string }{
		{"#!/bin/sh\necho", "/bin/sh", "", ""},
		{"#! /bin/bash -e\n", "/bin/bash", "-e", ""},
		{"#!/usr/bin/env python3\n", "/usr/bin/env", "python3", "python3"},
		{"#!/usr/bin/env -S node --no-warnings\n", "/usr/bin/env", "-S node --no-warnings", "node"},
		{"#!/bin/sh\t-e\n", "/bin/sh", "-e", ""},
	} {
		interpreter, argument, ok := shebang([]byte(test.head))
		if !ok || interpreter != test.interpreter || argument != test.argument || envTarget(interpreter, argument) != test.env {
			t.Errorf("%q: got %q %q %v, env %q", test.head, interpreter, argument, ok, envTarget(interpreter, argument))
		}
	}
	for _, head := range []string{"", "#", "#!", "#!\n", "\x7fELF", "echo"} {
		if _, _, ok := shebang([]byte(head)); ok {
			t.Errorf("%q taken for a script", head)
		}
	}
}
