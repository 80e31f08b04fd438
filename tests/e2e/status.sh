#!/bin/sh
# What the administrator is told holds with what visitors did, over reloads
# and the death of workers, in all three forms.
. tests/e2e/lib.sh

mkdir -p "$work/pages"
echo 'A page.' >"$work/pages/index.md"
start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 2
limits: {requests_per_second: 0}
YAML

figure() { # path in the document, as a/b
	"$CAPSULE" status -c "$work/capsule.yaml" --json | python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("/"):
    value = value.get(key, 0)
print(value)' "$1"
}
reaches() { # path number
	[ "$(figure "$1")" -ge "$2" ]
}

for _ in 1 2 3; do
	get /
done
get /nowhere
gopher /
gopher /nothing
raw -2 -s localhost 'nonsense\r\n'
until_true reaches requests/gemini/59 1
is "$(figure requests/gemini/20)" 3 "replies of 20"
is "$(figure requests/gemini/51)" 1 "of 51"
is "$(figure requests/gemini/59)" 1 "of 59"
is "$(figure requests/gopher/20)" 1 "Gopher's that were found"
is "$(figure requests/gopher/51)" 1 "and were not"
is "$(figure connections/gemini)" 5 "connections"
is "$(figure handshakes/TLSv1.2)" 1 "handshakes of TLS 1.2"
is "$(figure handshakes/TLSv1.3)" 4 "and of 1.3"
is "$(figure workers)" 2 "workers"
is "$(figure generation)" 1 "the first generation"
reaches certificate/days_left 3650
is $? 0 "days the certificate is good for"

"$CAPSULE" status -c "$work/capsule.yaml" --prometheus >"$work/text"
is "$(grep -Evc '^(#( HELP| TYPE) capsule_|capsule_[a-z_]+(\{[^}]*\})? -?[0-9.]+$)' \
    "$work/text")" 0 "every line is Prometheus text"
like "$("$CAPSULE" status -c "$work/capsule.yaml")" \
    'workers +2' "and a table for people"

# A reload and a death are counted, and no total falls.
kill -HUP "$capsule"
until_true reaches generation 2
until_true reaches reload/done 2
g=$(tr ' ' '\n' <"/proc/$capsule/task/$capsule/children" | grep . | tail -n 1)
for w in $(cat "/proc/$g/task/$g/children"); do
	kill -9 "$w"
done
until_true reaches worker_deaths 2
is "$(figure worker_deaths)" 2 "two workers died"
until_true reaches workers 2
is "$(figure requests/gemini/20)" 3 "totals outlive workers and generations"
echo '---
title: [' >"$work/pages/bad.md"
kill -HUP "$capsule"
until_true reaches reload/failed 1
like "$("$CAPSULE" status -c "$work/capsule.yaml")" 'bad\.md|cannot|error' \
    "a failed reload says why"
get /
like "$header" '^20 ' "still alive"
is "$(stat -c %a "$work/state/status.sock")" 600 "the socket is its owner's"
kill "$capsule"
wait "$capsule"
is $? 0 "it ends with 0"
finish
