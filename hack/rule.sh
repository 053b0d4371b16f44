#!/usr/bin/env bash
# Start an audit rule: its file and two fixtures.
#
#   hack/rule.sh RULE-ID
#
# What it writes does not pass the tests until the rule is written.
set -euo pipefail
cd "$(dirname "$0")/../internal/rule/checks"

id=${1:?usage: hack/rule.sh RULE-ID}
[[ $id =~ ^[a-z]+(-[a-z]+)*$ ]] || { echo "rule: $id is not kebab-case" >&2; exit 2; }
file=${id//-/}.go
[ ! -e "$file" ] && [ ! -e "testdata/$id" ] || { echo "rule: $id exists already" >&2; exit 2; }
# unpinned-base becomes unpinnedBase.
name=$(sed -E 's/-([a-z])/\U\1/g' <<<"$id")

cat > "$file" <<EOF
package checks

import (
	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/rule"
)

func $name() *rule.Rule {
	return &rule.Rule{
		ID: "$id",
		Doc: rule.Doc{
			Title:  "",
			Text:   "",
			Before: "",
			After:  "",
			Since:  "",
		},
		Severity: diag.Warning,
		Check:    check${name^},
	}
}

func check${name^}(p *rule.Pass) {
}
EOF
mkdir -p "testdata/$id"
printf -- '-- Dockerfile --\n# want: %s "what is wrong"\nFROM debian:bookworm\n' "$id" > "testdata/$id/finding.txtar"
printf -- '-- Dockerfile --\nFROM debian:bookworm\n' > "testdata/$id/clean.txtar"

cat <<EOF
internal/rule/checks/$file               write Doc and Check
internal/rule/checks/testdata/$id/       one case a file
internal/rule/checks/checks.go           add $name() to All, in the order in which changes are made
go test ./internal/rule/...              until it passes
EOF
