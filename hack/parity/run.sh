#!/usr/bin/env bash
# Build the images that the comparison is tested with and test it:
#
#   hack/parity/run.sh [flags of hack/mutants] [NAME…]
#
# Takes some minutes an image. Serves stand-in base images when docker.io does not answer.
set -euo pipefail
cd "$(dirname "$0")/../.."

CAREEN_MIRRORS=${CAREEN_MIRRORS:-$(hack/root.sh hack/registry.sh)}
export CAREEN_MIRRORS
go build -o bin/mutants ./hack/mutants
hack/root.sh bin/mutants "$@"
