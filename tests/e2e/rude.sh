#!/bin/sh
# Rude visitors, and a good one beside them who is served as ever: the silent,
# the slow, those who never read, who leave in the middle, and two thousand
# who only stay. Then they are gone, and the server has forgotten them.
. tests/e2e/lib.sh
RUDE=$OUT/tests/e2e/rude

mkdir -p "$work/pages"
echo 'A page.' >"$work/pages/index.md"
truncate -s 64M "$work/pages/film.bin"
start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 2
log: {file: $work/requests}
limits: {connections: 20000, connections_per_address: 20000,
  requests_per_second: 0, handshakes: 20000, request_time: 4, stall_time: 2}
YAML

# A crowd in the background that stays until $work/go is closed.
crowd() { # mode port count [request]
	rm -f "$work/go"
	mkfifo "$work/go"
	"$RUDE" "$@" <"$work/go" >"$work/rude" 2>&1 &
	rude=$!
	pids="$pids $rude"
	exec 9>"$work/go"
	until_true in_file "^held $3\$" "$work/rude" ||
	    not_ok "$3 $1 visitors are there" "$(cat "$work/rude")"
}

# The good visitor, by both protocols.
served() { # beside whom
	get /
	is "$header" "20 text/gemini; charset=utf-8; lang=en" \
	    "served beside $1"
	like "$how" 'close_notify=yes' "to the end beside $1"
	gopher /
	like "$(cat "$work/body")" 'A page' "by Gopher beside $1"
}

go_home() {
	exec 9>&-
	wait "$rude"
}

# The server closes them all by itself, whatever they go on doing.
outlived() { # whom
	until_true in_file "^closed" "$work/rude"
	is "$(sed -n 's/^closed //p' "$work/rude")" 50 "a deadline ends $1"
	go_home
}

crowd silent "$gemini" 50
served "silent visitors"
outlived "silent visitors"
crowd hello "$gemini" 50
served "half handshakes"
outlived "half handshakes"
crowd drip "$gopher" 50 /a-long-selector
served "visitors of one byte a second"
outlived "visitors of one byte a second"
crowd idle "$gemini" 50
served "idle TLS connections"
outlived "idle TLS connections"

crowd deaf "$gemini" 50 gemini://localhost/film.bin
served "visitors who never read"
# They stay, and still their requests are over: each is in the log.
ended() {
	[ "$(grep -c '"/film.bin" 20 ' "$work/requests")" -ge 50 ]
}
if until_true ended; then
	ok "the stall time ends those who never read"
else
	not_ok "the stall time ends those who never read" \
	    "$(tail -n 3 "$work/requests")"
fi
go_home
crowd half "$gemini" 50 gemini://localhost/film.bin
served "visitors who ended their side"
outlived "visitors who ended their side"
crowd reset "$gemini" 300 gemini://localhost/film.bin
served "visitors who reset"
go_home

crowd idle "$gemini" 2000
served "2,000 idle TLS connections"
go_home

# Nothing of them is left.
nobody() {
	"$CAPSULE" status -c "$work/capsule.yaml" --json >"$work/status" &&
	    grep -q '"open": *0[,}]' "$work/status"
}
if until_true nobody; then
	ok "no connection is left over"
else
	not_ok "no connection is left over" "$(cat "$work/status")"
fi
served "nobody"
unlike "$(cat "$work/log")" '(ended:|AddressSanitizer|runtime error)' \
    "no worker died of it"
finish
