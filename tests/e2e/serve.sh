#!/bin/sh
# The server as a visitor meets it: pages and files over real TLS, odd
# requests, odd clients, reload and death of a worker.
. tests/e2e/lib.sh

mkdir -p "$work/pages/2012/images" "$work/pages/news"
cat >"$work/pages/index.md" <<'MD'
# A small conference

See [2012](2012/index.md) and [a talk](2012/talk.md).
MD
printf -- '---\ntitle: Twelve\nlang: fr\n---\n\nBonjour.\n' \
    >"$work/pages/2012/index.md"
printf -- '---\ntitle: A talk\npermalink: /the-talk/\n---\n\nSpoken.\n' \
    >"$work/pages/2012/talk.md"
printf 'ready made\n' >"$work/pages/2012/raw.gmi"
head -c 300000 /dev/urandom >"$work/pages/2012/images/shirt.png"
head -c 52428800 /dev/zero >"$work/pages/2012/film.bin"
printf 'secret\n' >"$work/pages/.hidden"

start_capsule <<YAML
host: localhost
aliases: [capsule.test]
title: A small conference
pages: $work/pages
workers: 2
limits: {connections_per_address: 500, requests_per_second: 0}
YAML

get /
is "$header" "20 text/gemini; charset=utf-8; lang=en" "the front page is gemtext"
like "$(cat "$work/body")" '^=> /2012/ ' "a link to a folder's page"
like "$(cat "$work/body")" '^=> /the-talk/ ' "a link follows a permalink"
like "$how" 'tls=TLSv1.3 close_notify=yes' "TLS 1.3, and close_notify"
get /2012/
is "$header" "20 text/gemini; charset=utf-8; lang=fr" "a page says its language"
get /2012
is "$header" "31 /2012/" "a folder without its slash is redirected"
get /2012/talk.gmi
is "$header" "31 /the-talk/" "a permalink is the address"
get /2012/raw.gmi
is "$(cat "$work/body")" "ready made" "a ready-made page is served as it is"
get /2012/images/shirt.png
is "$header" "20 image/png" "a file has its type"
cmp -s "$work/body" "$work/pages/2012/images/shirt.png"
raw -s localhost "gemini://localhost:$gemini/2012/images/shirt.png\\r\\n"
is "$(tail -c 300000 "$work/reply" | sha256sum)" \
    "$(sha256sum <"$work/pages/2012/images/shirt.png")" "and its bytes"
get /.hidden
like "$header" '^51 ' "dot-files are not there"
get /nowhere
like "$header" '^51 .{10,90}$' "what is not there says what to do"
like "$how" 'close_notify=yes' "close_notify after 51"

for request in 'gemini://localhost/#top' 'gemini://localhost/#' \
    'gemini://@localhost/' 'gemini://me@localhost/' '/relative' '' \
    'gemini://localhost/%zz' 'gemini://localhost/a b' \
    'gemini://localhost/\x00' 'gemini://localhost/%00' \
    '\xef\xbb\xbfgemini://localhost/' 'gemini://localhost/\xff' \
    'gemini://localhost/\x1b[31m' '//localhost/'; do
	raw -s localhost "$request\\r\\n"
	like "$header" '^59 ' "59 for $request"
done
like "$how" 'close_notify=yes' "close_notify after 59"
raw -s localhost "gemini://localhost/$(printf '%01100d' 0)\\r\\n"
like "$header" '^59 ' "59 for a request over 1024 bytes"
raw -s localhost "gemini://localhost/$(printf '%01005d' 0)\\r\\n"
like "$header" '^51 ' "1024 bytes are heard out"
raw -s localhost 'gemini://localhost/2012/..%2f..%2f..%2fetc/passwd\r\n'
like "$header" '^(5[19]|3[01]|20 text/gemini)' "dots do not climb out"
unlike "$(cat "$work/body")" 'root:' "nor show a file from outside"

for request in gemini://elsewhere.example/ gemini://localhost:1/ \
    https://localhost/ titan://localhost/x; do
	raw -s localhost "$request\\r\\n"
	like "$header" '^53 ' "53 for $request"
done
raw -s capsule.test "gemini://localhost:$gemini/\\r\\n"
like "$header" '^(53|20) ' "another name of ours in SNI is answered"
raw -s elsewhere.example "gemini://localhost:$gemini/\\r\\n"
unlike "$header" '^20' "SNI that differs from the host is not served"
raw "gemini://localhost:$gemini/\\r\\n"
like "$header" '^20 ' "no SNI is served"
raw -s localhost 'GEMINI://LocalHost/\r\n'
like "$header" '^20 ' "scheme and host compare without case"
raw -s localhost 'gemini://localhost\r\n'
like "$header" '^20 ' "an empty path is the root"
raw -s localhost 'gemini://localhost/%32012/\r\n'
like "$header" '^20 ' "encoded unreserved characters are the characters"

raw -b -s localhost 'gemini://localhost/2012/\r\n'
like "$header" '^20 ' "a byte a record"
raw -s localhost 'gemini://localhost/2012/\r\ngemini://localhost/\r\n'
is "$(grep -c '^20 ' "$work/reply")" 1 "two requests in one write: one reply"
raw -e -s localhost 'gemini://localhost/2012/\r\n'
like "$header" '^20 ' "a client that ends its side is answered"
raw -2 -s localhost 'gemini://localhost/\r\n'
like "$how" 'tls=TLSv1.2 close_notify=yes' "TLS 1.2 is served"
raw -1 -s localhost 'gemini://localhost/\r\n'
is "$header" "" "TLS 1.1 is refused"

# Two hundred silent visitors, and one who reads.
mkfifo "$work/hold"
"$GMI" -N 200 127.0.0.1 "$gemini" x <"$work/hold" >"$work/held" 2>&1 &
holder=$!
exec 9>"$work/hold"
until_true in_file '^held' "$work/held"
get /2012/
like "$header" '^20 ' "served beside 200 idle connections"
exec 9>&-
wait $holder

# A transfer that is under way when the site is reloaded ends whole, and the
# new page is there meanwhile.
"$GMI" -s localhost -w "$work/go" 127.0.0.1 "$gemini" \
    "gemini://localhost:$gemini/2012/film.bin\\r\\n" >"$work/film" \
    2>"$work/film.how" &
film=$!
until_true test -s "$work/film"
printf '# Another\n\nFresh words.\n' >"$work/pages/fresh.md"
kill -HUP "$capsule"
fresh() {
	get /fresh.gmi
	case $header in 20*) return 0 ;; esac
	return 1
}
until_true fresh
like "$(cat "$work/body")" 'Fresh words' "SIGHUP publishes the new page"
touch "$work/go"
wait $film
like "$(cat "$work/film.how")" 'close_notify=yes' \
    "the old transfer ended properly"
is "$(tail -n +2 "$work/film" | wc -c)" 52428800 "and is whole"

# A site that does not build leaves the running one in place and says why.
printf -- '---\ntitle: [broken\n---\n' >"$work/pages/broken.md"
kill -HUP "$capsule"
until_true in_file 'broken\.md:[0-9]+' "$work/log"
like "$(cat "$work/log")" 'broken\.md:[0-9]+: ' "a fault names file and line"
get /fresh.gmi
like "$header" '^20 ' "the running site stays"
rm "$work/pages/broken.md"

# The sockets by which it is asked stand in the state folder.
cp "$work/capsule.yaml" "$work/before.yaml"
sed "s|^state: .*|state: $work/moved|" "$work/before.yaml" >"$work/capsule.yaml"
kill -HUP "$capsule"
until_true in_file 'state.*start it again' "$work/log"
like "$(cat "$work/log")" 'capsule\.yaml: .state. cannot .*stop it and start it again' \
    "the state folder cannot move"
[ -e "$work/moved" ]
is $? 1 "and nothing is made in another"
mv "$work/before.yaml" "$work/capsule.yaml"

# Workers die; others take their place.
workers() {
	pgrep -f "serve -c $work/capsule.yaml" | sort
}
before=$(workers)
for p in $before; do
	[ "$p" = "$capsule" ] || kill -9 "$p" 2>/dev/null
done
front_page() {
	get /
	case $header in 20*) return 0 ;; esac
	return 1
}
until_true front_page
like "$header" '^20 ' "killed processes are replaced"
like "$(cat "$work/log")" '(killed|signal|died|ended)' "and reported"

port_busy=$work/busy.yaml
sed "s/127.0.0.1:0/127.0.0.1:$gemini/" "$work/capsule.yaml" |
    sed "s|state: .*|state: $work/state2|" >"$port_busy"
"$CAPSULE" serve -c "$port_busy" >"$work/out" 2>"$work/busy"
is $? 1 "a port in use ends with 1"
like "$(cat "$work/busy")" "127.0.0.1:$gemini" "and is named"

like "$(curl -sS --max-time 10 "gopher://127.0.0.1:$gopher/1/2012")" \
    'Bonjour' "the same page by Gopher"

get /
like "$header" '^20 ' "still alive"
kill "$capsule"
wait "$capsule"
is $? 0 "SIGTERM ends it with 0"

# Root hears strangers only where nobody else is named.
owners() { # all below the keeper
	for p in $(cat "/proc/$capsule/task/$capsule/children"); do
		for q in $p $(cat "/proc/$p/task/$p/children"); do
			stat -c %U "/proc/$q"
		done
	done | sort -u
}
if [ "$(id -u)" -eq 0 ]; then
	chmod -R a+rX "$work/pages"
	chmod 755 "$work"
	: >"$work/log"
	start_capsule <<YAML
host: localhost
pages: $work/pages
YAML
	like "$(cat "$work/log")" 'root hears strangers' "root is warned"
	kill "$capsule"
	wait "$capsule"
	: >"$work/log"
	start_capsule <<YAML
host: localhost
pages: $work/pages
user: nobody
YAML
	get /
	like "$header" '^20 ' "served by another user"
	is "$(owners)" nobody "all who hear strangers are that user"
	unlike "$(cat "$work/log")" 'root hears' "and there is no warning"
	kill "$capsule"
	wait "$capsule"
fi
finish
