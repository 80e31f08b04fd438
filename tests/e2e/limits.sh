#!/bin/sh
# Each limit as a visitor meets it: its answer, its line in the log, its count.
. tests/e2e/lib.sh
RUDE=$OUT/tests/e2e/rude

mkdir -p "$work/pages"
echo 'A page.' >"$work/pages/index.md"
echo 'ready made' >"$work/pages/raw.gmi"

crowd() { # options of rude
	rm -f "$work/go"
	mkfifo "$work/go"
	"$RUDE" "$@" <"$work/go" >"$work/rude" 2>&1 &
	rude=$!
	pids="$pids $rude"
	exec 9>"$work/go"
	until_true in_file '^held' "$work/rude" ||
	    not_ok "the crowd is there" "$(cat "$work/rude")"
}
go_home() {
	exec 9>&-
	wait "$rude"
}
limited() { # limits; starts a server of its own
	: >"$work/log"
	start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 2
limits: $1
YAML
}
stop() {
	kill "$capsule"
	wait "$capsule"
	is $? 0 "it ends with 0"
}
counted() { # limit
	"$CAPSULE" status -c "$work/capsule.yaml" --json >"$work/status"
	like "$(cat "$work/status")" "\"$1\": *[1-9]" "$1 is counted"
	said=$(grep -c "limit reached: $1" "$work/log")
	[ "$said" -ge 1 ] && [ "$said" -le 2 ] &&
	    ok "$1 is logged once by a worker" ||
	    not_ok "$1 is logged once by a worker" "$said times"
}
is_served() {
	get /
	case $header in 20*) return 0 ;; esac
	return 1
}

limited '{requests_per_second: 1, burst: 2}'
get /
like "$header" '^20 ' "a first request"
for _ in 1 2 3 4; do
	get /
done
like "$header" '^44 [1-9][0-9]*$' "too many requests: 44 and the seconds"
like "$how" 'close_notify=yes' "and close_notify"
gopher /
like "$(cat "$work/body")" '^3Too much at once\. Try again in [0-9]+ seconds' \
    "by Gopher a sentence"
counted requests_per_second
like "$(curl -sS --interface 127.0.0.2 "gopher://127.0.0.1:$gopher/1/")" \
    'A page' "another address is served"
until_true is_served
like "$header" '^20 ' "after a while the first is served again"
stop

limited '{connections_per_address: 3, requests_per_second: 0}'
crowd silent "$gemini" 3
get /
like "$header" '^44 [1-9]' "too many from an address"
like "$(curl -sS --interface 127.0.0.2 "gopher://127.0.0.1:$gopher/1/")" \
    'A page' "another address is served"
counted connections_per_address
go_home
until_true is_served
like "$header" '^20 ' "when they are gone their address is served"
stop

limited '{connections: 10, requests_per_second: 0}'
crowd -n 10 silent "$gemini" 10
get /
like "$header" '^41 .*Try again' "too many in all are told"
counted connections
go_home
until_true is_served
like "$header" '^20 ' "when they are gone others are served"
# A generation that dies takes those with it who it served. It is the second:
# the one after it counts elsewhere, where the first did.
generations() {
	cat "/proc/$capsule/task/$capsule/children"
}
is_second() {
	in_file 'generation 2 serves' "$work/log" &&
	    [ "$(generations | wc -w)" -eq 1 ]
}
kill -HUP "$capsule"
until_true is_second
crowd -n 10 silent "$gemini" 10
kill -9 "$(generations | tr -d ' ')"
until_true is_served
like "$header" '^20 ' "those a killed generation served count no more"
go_home
stop

limited '{handshakes: 4, requests_per_second: 0}'
crowd hello "$gemini" 4
gopher /
like "$(cat "$work/body")" 'A page' "who needs no handshake is served"
full() {
	get /
	[ -z "$header" ]
}
until_true full
is "$header" "" "a handshake too many is closed"
counted handshakes
go_home
until_true is_served
like "$header" '^20 ' "when they are gone others are served"
stop

# Fewer descriptors than visitors: they run out, it is said once, and when
# visitors leave others come in.
printf '#!/bin/sh\nulimit -n 60\nexec "%s" "$@"\n' "$CAPSULE" >"$work/few"
chmod +x "$work/few"
program=$CAPSULE
CAPSULE=$work/few
limited '{connections_per_address: 10000, requests_per_second: 0}'
CAPSULE=$program
crowd silent "$gopher" 40
rude1=$rude
short() {
	"$CAPSULE" status -c "$work/capsule.yaml" --json >"$work/status"
	grep -Eq '"(no_)?descriptors[a-z_]*": *[1-9]' "$work/status"
}
exec 8>&9
# More than both workers together can hold, however they share them.
crowd silent "$gopher" 90
until_true short
like "$(cat "$work/status")" 'descriptors[a-z_]*": *[1-9]' \
    "descriptors run out, and it is counted"
for _ in 1 2 3 4 5 6; do
	get /raw.gmi
done
[ "$(grep -c 'no descriptors' "$work/log")" -le 2 ] &&
    ok "it is logged once by each worker" ||
    not_ok "it is logged once by each worker" "$(cat "$work/log")"
[ "$(grep -c 'Too many open files' "$work/log")" -le 2 ] &&
    ok "and so are files that cannot be opened" ||
    not_ok "and so are files that cannot be opened" "$(cat "$work/log")"
exec 8>&-
go_home
wait "$rude1"
until_true is_served
like "$header" '^20 ' "when they are gone others are served"
stop
finish
