#!/bin/sh
# Ask a running service what a carrier's client would: test/smoke.sh, with the
# service's address in CAREEN_URL or as the first argument.
set -eu

url=${1:-${CAREEN_URL:-http://127.0.0.1:8080}}
passed=0

# check NAME STATUS TEXT CURL-ARGUMENTS…: the answer has the status and the text.
check() {
	name=$1 status=$2 text=$3
	shift 3
	answer=$(curl --silent --show-error --max-time 10 --write-out '\n%{http_code}' "$@")
	if [ "${answer##*
}" != "$status" ]; then
		echo "FAIL $name: status ${answer##*
}, want $status: $answer" >&2
		exit 1
	fi
	case $answer in
	*"$text"*) passed=$((passed + 1)) && echo "ok   $name" ;;
	*) echo "FAIL $name: no $text in: $answer" >&2 && exit 1 ;;
	esac
}

code=PX-$$
check health 200 '"ok"' "$url/healthz"
check board 200 'A. Lovelace' "$url/"
check stylesheet 200 'font-family' "$url/static/board.css"
check production 200 '"environment":"production"' "$url/api/version"
check migrated 200 '"schema":3' "$url/api/version"
check register 201 "$code" -d "{\"code\":\"$code\",\"recipient\":\"E. Noether\",\"depot\":\"BER\",\"grams\":70}" "$url/api/parcels"
check duplicate 409 'exists' -d "{\"code\":\"$code\",\"recipient\":\"E. Noether\",\"depot\":\"BER\",\"grams\":70}" "$url/api/parcels"
check deliver 201 'delivered' -d '{"status":"delivered","depot":"BER"}' "$url/api/parcels/$code/events"
check delivered 200 '"status":"delivered"' "$url/api/parcels/$code"
check page 200 'E. Noether' "$url/parcels/$code"
check nonsense 422 'invalid' -d '{"status":"eaten","depot":"BER"}' "$url/api/parcels/$code/events"
check 'time zone' 200 '17:45:00+05:45' "$url/api/tz?zone=Asia/Kathmandu&at=2025-01-14T12:00:00Z"
check certificates 200 'true' "$url/api/certs"
check metrics 200 'parcels_requests_total' "$url/metrics"
echo "$passed passed"
