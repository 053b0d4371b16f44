#!/usr/bin/env bash
# Install what the build, the tests and the demo need from Debian. Does nothing
# when all of it is there; as an ordinary user it goes through sudo, or says what
# to install.
set -euo pipefail


missing=()
need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || missing+=("$2"); }
need runc runc
need git git
need curl curl
need make make
need docker-registry docker-registry
need mmdebstrap mmdebstrap
need node nodejs
need npm npm
[ -x /bin/busybox ] || [ -x /usr/bin/busybox ] || missing+=(busybox-static)
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
command -v go >/dev/null || { echo "setup: Go is missing: https://go.dev/doc/install" >&2; exit 1; }
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ]; then as_root=(); elif command -v sudo >/dev/null; then as_root=(sudo); else
  echo "setup: install these as root: ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
