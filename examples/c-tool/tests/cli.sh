#!/bin/sh
# Drive the command line: tests/cli.sh [HOARD]. HOARD is the program, by default
# the one in PATH.
set -eu

hoard=${1:-hoard}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOARD_DB="$dir/hoard.db"
passed=0

equal() {
	if [ "$2" != "$3" ]; then
		printf 'FAIL %s\n got: %s\nwant: %s\n' "$1" "$2" "$3" >&2
		exit 1
	fi
	passed=$((passed + 1))
}

exits() {
	name=$1 want=$2
	shift 2
	code=0
	"$@" >"$dir/out" 2>&1 || code=$?
	equal "$name" "$code" "$want"
}

equal version "$($hoard --version)" 'hoard 0.9.2'
exits help 0 $hoard --help
exits 'no command' 2 $hoard
exits 'too many arguments' 2 $hoard show a b
exits 'no database yet' 1 $hoard list

equal init "$($hoard init)" "$HOARD_DB"
printf 'hello' >"$dir/a.txt"
hash=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
equal add "$($hoard add "$dir/a.txt")" "$hash"
equal 'add again' "$($hoard add - <"$dir/a.txt")" "$hash"
equal show "$($hoard show $hash)" hello
equal list "$($hoard list)" "$hash        5 text/plain                 a.txt"
equal digest "$(printf hello | $hoard digest -)" "$hash  -"
equal hmac "$(printf hello | $hoard digest -k k -)" '406e4b43f87095aa86ca6299d25e875921fefa180f02043bb29bec5681c0c2d0  -'

cp "$dir/a.txt" "$dir/b.json"
printf '{}' >"$dir/b.json"
$hoard fetch "file://$dir/b.json" >/dev/null
equal fetched "$($hoard list | grep -c 'application/json *b.json$')" 1
exits 'fetch nothing' 1 $hoard fetch "file://$dir/none"
equal verify "$($hoard verify)" '2 objects, 0 damaged'

export HOARD_PASSPHRASE=correct
printf secret | $hoard seal >"$dir/sealed"
equal unseal "$($hoard unseal <"$dir/sealed")" secret
HOARD_PASSPHRASE=wrong exits 'wrong passphrase' 1 sh -c "$hoard unseal <'$dir/sealed'"

exits remove 0 $hoard remove $hash
exits 'remove again' 1 $hoard remove $hash
exits trust 0 $hoard trust
echo "$passed passed"
