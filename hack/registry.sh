#!/usr/bin/env bash
# Serve the stand-in base images on loopback, building those that are missing, and
# print the mirror setting that makes builds use them:
#
#   export CAREEN_MIRRORS=$(hack/registry.sh)
#
# Prints nothing where docker.io answers: then the real images are used and no
# registry is started. `hack/registry.sh running` tells whether the one that was
# started here still runs, `hack/registry.sh stop` ends it.
set -euo pipefail
cd "$(dirname "$0")/.."

work=${CAREEN_BASES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/careen-bases}
port=${CAREEN_BASES_PORT:-5000}
pid=$work/registry.pid
mkdir -p "$work"

answers() { curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$port/v2/"; }

# ours tells whether the process that was started here still runs.
ours() { [ -s "$pid" ] && grep -qs "docker-registry" "/proc/$(cat "$pid")/cmdline"; }

if [ "${1:-}" = running ]; then ours; exit; fi
if [ "${1:-}" = stop ]; then
  if ours; then kill "$(cat "$pid")"; fi
  rm -f "$pid"
  exit 0
fi

# docker.io answers a request without credentials with 401: that is an answer.
if [ -z "${CAREEN_STAND_INS:-}" ]; then
  code=$(curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' https://registry-1.docker.io/v2/ || true)
  if [ "$code" = 401 ] || [ "$code" = 200 ]; then exit 0; fi
fi

# One start or build at a time; whoever waited finds it done.
exec 9>"$work/lock"
flock 9

if answers && ! ours; then
  echo "registry: something else answers on 127.0.0.1:$port; name a free port in CAREEN_BASES_PORT" >&2
  exit 1
fi
if ! answers; then
  cat > "$work/registry.yml" <<EOF
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $work/registry}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$port}
EOF
  setsid docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 9>&- </dev/null &
  echo $! > "$pid"
  for _ in $(seq 100); do answers && break; sleep 0.1; done
  answers || { echo "registry: does not answer on 127.0.0.1:$port; see $work/registry.log" >&2; exit 1; }
fi

go run ./hack/bases -registry "127.0.0.1:$port" -work "$work" >&2
echo "docker.io=http://127.0.0.1:$port,gcr.io=http://127.0.0.1:$port"
