#!/bin/sh
# The desk as visitors meet it: subscribing, confirming, choosing and leaving
# from Gemini and from Gopher, with a client certificate, and while the daemon
# is down or killed.
. tests/e2e/lib.sh

mkdir "$work/pages"
printf '# A conference\n\n[Subscribe](/subscribe)\n' >"$work/pages/index.md"
for name in organizer ann; do # a key and its certificate in one file
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -subj "/CN=$name" -days 10 -keyout "$work/$name.key" \
	    -out "$work/$name.crt" 2>/dev/null
	cat "$work/$name.key" "$work/$name.crt" >"$work/$name.pem"
done
organizer=$(openssl x509 -in "$work/organizer.crt" -noout -fingerprint \
    -sha256 | sed 's/.*=//')
start_capsule <<YAML
host: localhost
title: A conference
pages: $work/pages
organizers: "$organizer"
mail:
  from: "A conference <announce@example.org>"
  relay: maildir:$work/sent
  lists:
    announce: {title: "Announcements"}
    stream: {title: "A reminder before the stream"}
YAML

start_daemon() {
	: >"$work/daemon"
	"$ANNOUNCE" daemon -c "$work/capsule.yaml" >"$work/daemon" \
	    2>>"$work/log" &
	daemon=$!
	pids="$pids $daemon"
	until_true in_file '^ready' "$work/daemon" ||
	    not_ok "the daemon is ready" "$(cat "$work/log")"
}

announce() {
	timeout -k 1 30 "$ANNOUNCE" -c "$work/capsule.yaml" "$@" 2>>"$work/log"
}

states_of() { # address
	announce subscribers list --json | python3 -c '
import json, sys
print(" ".join(sorted(m["list"] + ":" + m["state"]
    for m in json.load(sys.stdin) if m["address"] == sys.argv[1])))' "$1"
}

letters_to() { # address
	grep -l "^To: $1" "$work"/sent/new/* 2>/dev/null | wc -l
}

has_letters() { # address count
	[ "$(letters_to "$1")" -ge "$2" ]
}

# The newest letter to somebody, once there are so many.
letter() { # address count
	until_true has_letters "$1" "$2"
	letter=$(grep -l "^To: $1" "$work"/sent/new/* | xargs -r ls -t |
	    head -n 1 | xargs -r cat)
}

# The address of the link whose label matches, on the page in the file body.
link() { # pattern
	sed -n "s|^=> \\([^ ]*\\) .*$1.*|\\1|p" "$work/body" | head -n 1
}

as() { # whose certificate, path
	raw -s localhost -c "$work/$1.pem" "gemini://localhost:$gemini$2\\r\\n"
}

# Without the daemon forms are closed and pages are served.
get /subscribe
like "$header" '^41 .*later' "without the daemon a form says later"
get /
like "$header" '^20 ' "and a page is served"
gopher /subscribe
like "$(cat "$work/body")" '^3.*later' "by Gopher, too"
start_daemon

# By Gemini: the address, asked for again with the reason; then the code.
get /subscribe
is "$header" "10 Your e-mail address" "a prompt asks for the address"
get '/subscribe?ann'
like "$header" '^10 .*@' "and again, with the reason"
get '/subscribe?ann%40example.net'
like "$header" '^20 text/gemini' "then a page says what happens"
like "$(cat "$work/body")" 'ann@example\.net' "and to whom"
like "$(cat "$work/body")" '^=> / To the front page' "and leads on"
code_path=$(link code)
letter ann@example.net 1
like "$letter" 'gemini://localhost:[0-9]*/c/[a-z2-7]{26}' "the letter has a link"
code=$(printf '%s\n' "$letter" | sed -n 's/^Type this code.*: \([0-9]*\).*/\1/p')
get "$code_path"
like "$header" '^10 ' "the page leads to where the code is typed"
get "$code_path?000000"
like "$header" '^10 ' "a wrong code asks again"
is "$(states_of ann@example.net)" "" "and subscribes nobody"
get "$code_path?$code"
like "$header" '^20 ' "the code is taken"
is "$(states_of ann@example.net)" "announce:active" "and subscribes"
get "$code_path?$code"
like "$header" '^20 ' "loading it again says the same"
is "$(states_of ann@example.net)" "announce:active" "and does nothing twice"

# The same answer to who is known and who is not.
get '/subscribe?ann%40example.net'
sed 's/ann@/bo@/; s|/code/[a-z2-7]*|/code/X|' "$work/body" >"$work/known"
get '/subscribe?bo%40example.net'
sed 's|/code/[a-z2-7]*|/code/X|' "$work/body" >"$work/unknown"
is "$(cat "$work/unknown")" "$(cat "$work/known")" \
    "nobody learns here who is subscribed"

# The letter's link asks before it does anything: mail scanners open links.
letter bo@example.net 1
path=$(printf '%s\n' "$letter" |
    sed -n 's|^gemini://localhost:[0-9]*\(/c/[a-z2-7]*\).*|\1|p')
get "$path"
like "$header" '^20 ' "the link shows a page"
is "$(states_of bo@example.net)" "" "that subscribes nobody"
get "$(link 'Yes, subscribe')"
is "$(states_of bo@example.net)" "announce:active" "until yes is chosen"

# With a certificate a visitor comes back without a token.
as ann "/subscribe?cy%40example.net"
letter cy@example.net 1
path=$(printf '%s\n' "$letter" |
    sed -n 's|^gemini://localhost:[0-9]*\(/c/[a-z2-7]*\).*|\1|p')
as ann "$path/yes"
is "$(states_of cy@example.net)" "announce:active" "a certificate confirms"
get /me
like "$header" '^60 ' "their page wants the certificate"
as ann "/me"
like "$header" '^20 ' "with it the page is shown"
join=$(link 'stream')
as ann "$join"
is "$(states_of cy@example.net)" "announce:active stream:active" \
    "and another list is chosen there"

# Leaving by a link that is mailed, and back.
get '/leave?bo%40example.net'
like "$header" '^20 ' "whoever wants to leave is mailed a link"
letter bo@example.net 2
path=$(printf '%s\n' "$letter" |
    sed -n 's|.*gemini://localhost:[0-9]*\(/leave/[a-z2-7]*\).*|\1|p' | head -n 1)
get "$path"
is "$(states_of bo@example.net)" "announce:active" "the link asks first"
get "$(link '[Yy]es')"
is "$(states_of bo@example.net)" "announce:left" "yes leaves"
back=$(sed -n 's|^=> \(/leave/[^ ]*undo[^ ]*\).*|\1|p' "$work/body")
get "$back"
is "$(states_of bo@example.net)" "announce:active" "and undo comes back"

# By Gopher.
gopher /subscribe
like "$(cat "$work/body")" '^7Your e-mail address	/subscribe	' \
    "Gopher asks by an item of type 7"
curl -sS --max-time 10 "gopher://127.0.0.1:$gopher/7/subscribe%09di@example.net" \
    >"$work/body"
like "$(cat "$work/body")" '^i.*di@example\.net' "and shows what happens"
like "$(cat "$work/body")" '^1To the front page	' "and leads on"
path=$(sed -n 's|^7[^	]*	\(/code/[^	]*\)	.*|\1|p' "$work/body")
letter di@example.net 1
code=$(printf '%s\n' "$letter" | sed -n 's/^Type this code.*: \([0-9]*\).*/\1/p')
curl -sS --max-time 10 "gopher://127.0.0.1:$gopher/7$path%09$code" >"$work/body"
is "$(states_of di@example.net)" "announce:active" "the code subscribes"

# The organizers' desk.
get /organizers/
like "$header" '^60 ' "organizers need a certificate"
as ann "/organizers/"
like "$header" '^61 ' "one that is named"
as organizer "/organizers/"
like "$header" '^20 ' "theirs opens it"
like "$(cat "$work/body")" '4' "and it counts"
unlike "$(cat "$work/body")" '@example\.net' "without an address"

# What only a visitor may know is in no log.
unlike "$(cat "$work/log")" '/(c|code|leave|lists)/[a-z2-7]{26}' \
    "no token is logged"
unlike "$(cat "$work/log")" '(ann|bo|cy|di)@' "nor an address"

# What cannot be is a page, not an error of ours.
get /c/nonsense
like "$header" '^20 ' "a token that is none gets a page"
get "/subscribe?$(printf 'a%.0s' $(seq 900))%40example.net"
like "$header" '^10 ' "an address that is too long is asked for again"
get '/subscribe?%00'
like "$header" '^(59|10) ' "what is no text is refused"
get /organizers/nothing
like "$header" '^(51|60) ' "what is not there is not there"

# The daemon killed in the middle: forms are closed until it is back, and
# nothing is lost.
get '/subscribe?ed%40example.net'
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
get /subscribe
like "$header" '^41 ' "a daemon that was killed closes the forms"
get /
like "$header" '^20 ' "and no page"
start_daemon
letter ed@example.net 1
code=$(printf '%s\n' "$letter" | sed -n 's/^Type this code.*: \([0-9]*\).*/\1/p')
path=$(printf '%s\n' "$letter" |
    sed -n 's|^gemini://localhost:[0-9]*\(/c/[a-z2-7]*\).*|\1|p')
get "$path/yes"
is "$(states_of ed@example.net)" "announce:active" "what was asked goes on"
kill -HUP "$capsule"
until_true in_file 'generation 2 serves' "$work/log"
get /subscribe
like "$header" '^10 ' "after a reload forms go on"
kill -TERM "$daemon"
wait "$daemon" 2>/dev/null
is $? 0 "the daemon ends"
get /
like "$header" '^20 ' "still alive"
finish
