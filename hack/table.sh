#!/usr/bin/env bash
# Optimise every example and write what came of it to docs/examples.md.
set -euo pipefail
cd "$(dirname "$0")/.."

CAREEN_MIRRORS=${CAREEN_MIRRORS:-$(hack/root.sh hack/registry.sh)}
export CAREEN_MIRRORS
go build -o bin/examples ./hack/examples
hack/root.sh bin/examples -careen bin/careen -o docs/examples.md examples/*
