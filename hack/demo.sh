#!/usr/bin/env bash
# Set this machine up and optimise the named projects:
#
#   hack/demo.sh [careen's flags] PROJECT...
#
# Installs what is missing, serves stand-in base images when docker.io does not
# answer, builds careen and runs `careen optimize` on each project in turn.
# The registry stays up for the next run; `make clean` stops it.
set -euo pipefail
cd "$(dirname "$0")/.."

flags=()
while [[ ${1:-} == -* ]]; do flags+=("$1"); shift; done

hack/setup.sh
make --silent build
CAREEN_MIRRORS=${CAREEN_MIRRORS:-$(hack/root.sh hack/registry.sh)}
export CAREEN_MIRRORS

for project; do
  echo
  hack/root.sh bin/careen optimize ${flags[@]+"${flags[@]}"} "$project"
done
