#!/bin/sh
# The request log: what a line says, what it never says, and rotation.
. tests/e2e/lib.sh

mkdir -p "$work/pages"
echo 'A page.' >"$work/pages/index.md"
log=$work/requests

logged() { # number of lines that are to be there
	[ "$(wc -l <"$log")" -ge "$1" ]
}
started() { # log options
	rm -f "$log"
	start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 2
log: {file: $log$1}
limits: {requests_per_second: 0}
YAML
}
stop() {
	kill "$capsule"
	wait "$capsule"
}

started ''
get /
get '/search?my secret'
get /nowhere%0aforged
raw -s localhost 'gemini://localhost/\x1b[31m\r\n'
raw -s localhost 'gemini://localhost/search?my%20secret\r\n'
gopher /nothing
until_true logged 6
is "$(wc -l <"$log" | tr -d ' ')" 6 "a line a request"
like "$(head -n 1 "$log")" \
    '^20[0-9-]+T[0-9:]+Z 127\.0\.0\.0 gemini localhost "/" 20 [0-9]+ [0-9.]+ms TLSv1\.3 full$' \
    "time, shortened address, host, path, status, bytes, time, TLS"
unlike "$(cat "$log")" 'secret' "what was typed is not logged"
LC_ALL=C grep -q "[$(printf '\033')]" "$log"
is $? 1 "no control character reaches it"
like "$(cat "$log")" ' gopher localhost "/nothing" 51 ' "Gopher's as well"

# Rotation: what comes after SIGUSR1 goes to a new file, nothing is lost.
mv "$log" "$log.1"
kill -USR1 "$capsule"
until_true test -e "$log"
get /
until_true logged 1
is "$(cat "$log.1" "$log" | wc -l | tr -d ' ')" 7 "rotated, nothing is lost"

# The old one is nobody's: what a worker held open would stay on the disk.
holders() { # file
	find /proc/[0-9]*/fd -lname "$1" 2>/dev/null | cut -d / -f 3 | sort -u
}
is "$(holders "$log.1")" "" "the old file is held by nobody"
is "$(holders "$log")" "$capsule" "the new one by the keeper alone"

# A worker that is killed takes no line with it.
for g in $(cat "/proc/$capsule/task/$capsule/children"); do
	for w in $(cat "/proc/$g/task/$g/children"); do
		kill -9 "$w"
	done
done
front() {
	get /
	case $header in 20*) return 0 ;; esac
	return 1
}
until_true front
unlike "$(cat "$log")" '^[^2]' "every line is whole"
stop
is "$(tail -c 1 "$log" | od -An -c | tr -d ' ')" '\n' "to the last"

started ', format: json, addresses: whole'
get /
gopher /
until_true logged 2
python3 - "$log" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) == 2
assert any("127.0.0.1" in str(line.values()) for line in lines)
PY
is $? 0 "the other form is JSON, with whole addresses"
stop

started ', addresses: none'
get /
until_true logged 1
unlike "$(cat "$log")" '127\.0' "addresses can be left out"
stop

# Behind a form's name stands what only its visitor may know, whoever answers.
rm -f "$log"
start_capsule <<YAML
host: localhost
pages: $work/pages
log: {file: $log}
limits: {requests_per_second: 1, burst: 1}
mail: {from: news@localhost}
YAML
token=abcdefghijklmnopqrstuvwxyz
get "/leave/$token"
like "$header" '^41 ' "nobody is at the desk"
for _ in 1 2 3; do
	get "/leave/$token/yes"
done
like "$header" '^44 ' "too often"
raw -s localhost "gemini://localhost:1/code/$token\\r\\n"
raw -s elsewhere "gemini://elsewhere/c/$token\\r\\n"
raw -s localhost "gemini://localhost/lists/$token#x\\r\\n"
gopher "/leave/$token"
until_true logged 8
unlike "$(cat "$log")" "$token" "whatever becomes of it no token is logged"
like "$(cat "$log")" ' "/leave" 44 ' "but which form it was"
stop
finish
