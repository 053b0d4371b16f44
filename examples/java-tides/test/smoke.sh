#!/bin/sh
# Asks a running server.
set -eu
base=${1:-http://localhost:8080}
[ "$(curl -fs "$base/harbours")" = '["dover","leith"]' ]
curl -fs "$base/harbours/dover?lang=fr&zone=Europe/Paris" | grep -q 'mars 2026'
curl -s -o /dev/null -w '%{http_code}' "$base/harbours/nowhere" | grep -qx 404
echo ok
