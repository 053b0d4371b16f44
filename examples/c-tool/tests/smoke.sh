#!/bin/sh
# Ask a running server: tests/smoke.sh [URL], by default the one in CAREEN_URL.
# Uses hoard itself as the client, so an installed hoard is all it needs.
set -eu

url=${1:-${CAREEN_URL:-http://127.0.0.1:8090}}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOARD_DB="$dir/hoard.db"
hoard init >/dev/null
passed=0

# expect NAME PATH TEXT: the answer to a GET has the text.
expect() {
	hash=$(hoard fetch "$url$2") || { echo "FAIL $1" >&2; exit 1; }
	hoard show "$hash" >"$dir/answer"
	grep -qF "$3" "$dir/answer" || { echo "FAIL $1: no '$3' in:" >&2; cat "$dir/answer" >&2; exit 1; }
	passed=$((passed + 1))
	echo "ok   $1"
}

refuse() {
	if hoard fetch "$url$2" >/dev/null 2>&1; then echo "FAIL $1: answered" >&2; exit 1; fi
	passed=$((passed + 1))
	echo "ok   $1"
}

expect health /healthz ok
expect version /version 'hoard 0.9.2'
expect page / '<h1>hoard</h1>'
expect trust /trust 'certificate authorities found'
refuse 'missing page' /nowhere
refuse 'missing object' /objects/0000000000000000000000000000000000000000000000000000000000000000
refuse 'not a hash' /objects/../../etc/passwd
echo "$passed passed"
