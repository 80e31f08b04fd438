#!/bin/sh
# The server under load for SECONDS: first one generation without a pause,
# beside rude visitors, then ten thousand idle ones, then reloads and killed
# workers. Between the rounds, when nobody is connected, its memory and its
# descriptors are looked at; they must not grow. Loopback only. `make soak`.
# shellcheck source=tests/e2e/lib.sh
. tests/e2e/lib.sh
SECONDS_TO_RUN=${1:-60}
RUDE=$OUT/tests/e2e/rude
LOAD=$OUT/tests/bench/load
failed=0

mkdir -p "$work/pages"
head -c 4000 /dev/zero | tr '\0' x >"$work/pages/page.md"
printf 'A page.\n' >"$work/pages/index.md"
truncate -s 64M "$work/pages/film.bin"
ulimit -n "$(ulimit -H -n)" 2>/dev/null
start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 2
log: {file: $work/requests}
limits: {connections: 30000, connections_per_address: 30000,
  requests_per_second: 0, handshakes: 30000, request_time: 30, stall_time: 5}
YAML
page="gemini://localhost:$gemini/page.gmi"

load() { # options port request; how many came back wrong is added up
	wrong=$("$LOAD" -p "$capsule" "$@" | awk '{ print $5 + $6 }')
	failed=$((failed + ${wrong:-1}))
}

crowd() { # seconds mode port count [request]
	stay=$1
	shift
	rm -f "$work/go"
	mkfifo "$work/go"
	"$RUDE" "$@" <"$work/go" >"$work/rude" 2>&1 &
	rude=$!
	pids="$pids $rude"
	exec 9>"$work/go"
	until_true in_file '^held' "$work/rude"
	get /
	case $header in 20*) ;; *) failed=$((failed + 1)) ;; esac
	sleep "$stay"
	exec 9>&-
	wait "$rude"
}

children() { # process
	cat "/proc/$1/task/$1/children" 2>/dev/null
}

# Keeper, one generation and its workers; nobody connected.
# shellcheck disable=SC2046 # numbers are words
is_quiet() {
	set -- $(children "$capsule")
	[ $# -eq 1 ] || return 1
	set -- $(children "$1")
	[ $# -eq 2 ] && "$CAPSULE" status -c "$work/capsule.yaml" --json |
	    grep -q '"open":0[,}]'
}

# KB of memory of their own, and descriptors, of all processes.
look() {
	until_true is_quiet || echo "not quiet after 20 s"
	kb=0 fds=0
	for p in "$capsule" $(children "$capsule") \
	    $(children "$(children "$capsule" | tr -d ' ')"); do
		kb=$((kb + $(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' \
		    "/proc/$p/status")))
		fds=$((fds + $(find "/proc/$p/fd" -mindepth 1 | wc -l)))
	done
	echo "$1 $kb $fds" >>"$work/seen"
	printf '%6ds  %-10s %8d KB %5d descriptors %9d requests %4d wrong\n' \
	    $(($(date +%s) - began)) "$1" "$kb" "$fds" \
	    "$(wc -l <"$work/requests")" "$failed"
}

steady_round() {
	load -c 64 -n 2000 "$gemini" "$page"
	load -r -c 64 -n 2000 "$gemini" "$page"
	load -g -c 64 -n 4000 "$gopher" /page
	crowd 0 reset "$gemini" 300 "gemini://localhost/film.bin"
	crowd 1 deaf "$gemini" 100 "gemini://localhost/film.bin"
	crowd 0 half "$gemini" 20 "gemini://localhost/film.bin"
}

reload_round() {
	for _ in 1 2 3 4 5 6; do
		kill -HUP "$capsule"
		load -c 16 -n 500 "$gemini" "$page"
		load -r -c 16 -n 500 "$gemini" "$page"
	done
	until_true is_quiet
	# shellcheck disable=SC2046
	set -- $(children "$(children "$capsule" | tr -d ' ')")
	kill -9 "$1"
	sleep 1
}

# Of a kind, the last rounds beside the first, the very first left out, in
# which caches fill.
verdict() { # kind
	awk -v kind="$1" '
	$1 == kind { kb[++n] = $2; fds[n] = $3 }
	END {
		if (n < 3) { print kind ": too short to tell"; exit 1 }
		grew = kb[n] - kb[2]
		printf "%s: %d rounds, memory %+d KB of %d, descriptors %+d\n",
		    kind, n, grew, kb[2], fds[n] - fds[2]
		exit grew > kb[2] / 10 + 512 || fds[n] != fds[2]
	}' "$work/seen" >"$work/said"
	code=$?
	is $code 0 "$(cat "$work/said")"
}

began=$(date +%s)
half=$((began + SECONDS_TO_RUN / 2))
over=$((began + SECONDS_TO_RUN))
steady_round
look steady
while [ "$(date +%s)" -lt $half ] || [ "$(grep -c steady "$work/seen")" -lt 3 ]
do
	steady_round
	look steady
done
many=$(($(ulimit -n) - 500))
[ $many -lt 10000 ] || many=10000
crowd 1 idle "$gemini" $many
look idle
idle=$(awk '$1 == "steady" { before = $2 } $1 == "idle" { print $2 - before }' \
    "$work/seen")
[ "$idle" -lt $((4 * many)) ]
is $? 0 "$many idle visitors left $idle KB behind"
while [ "$(date +%s)" -lt $over ] || [ "$(grep -c reload "$work/seen")" -lt 3 ]
do
	reload_round
	look reload
done

verdict steady
verdict reload
is "$failed" 0 "every good visitor was served whole"
unlike "$(cat "$work/log")" '(signal (6|11)|Sanitizer)' "nothing crashed"
kill "$capsule"
wait "$capsule"
is $? 0 "SIGTERM ends it with 0"
finish
