#!/bin/sh
# The same site by Gopher: menus that every client reads, texts, binaries,
# search, addresses sent literally, TLS on the same port.
. tests/e2e/lib.sh

mkdir -p "$work/pages/2012"
cat >"$work/pages/index.md" <<'MD'
# A small conference

A paragraph that is long enough to be broken in two lines of sixty-seven
columns, with [a link](2012/talk.md), [one out](https://example.org/x?y=1),
[a capsule](gemini://example.org/) and [an image](2012/shirt.png).
MD
printf -- '---\ntitle: A talk on probes\ndate: 2012-04-03\n---\n\n%s\n' \
    'Words, 宽字符宽字符宽字符宽字符宽字符宽字符宽字符宽字符宽字符宽字符宽字符宽字符.' \
    >"$work/pages/2012/talk.md"
head -c 100000 /dev/urandom >"$work/pages/2012/shirt.png"

start_capsule <<YAML
host: localhost
title: A small conference
pages: $work/pages
workers: 1
limits: {requests_per_second: 0}
YAML

lint=$(python3 tests/e2e/gopher_lint.py "$gopher")
like "$lint" '^[0-9]+ menus, [0-9]+ items, 0 faults$' "every menu, every item"

gopher /2012/talk
like "$(cat "$work/body")" '^i.*Words' "a page is a menu"
gopher /2012/talk.txt
like "$(cat "$work/body")" 'Words' "and a text"
unlike "$(cat "$work/body")" '^\.' "which has no dot of its own"
gopher /2012/shirt.png
is "$(sha256sum <"$work/body")" "$(sha256sum <"$work/pages/2012/shirt.png")" \
    "an image comes whole"
gopher /nowhere
like "$(cat "$work/body")" '^3' "an error is an item of type 3"
gopher /search%09prob
like "$(cat "$work/body")" '^0A talk on probes' "search finds beginnings"
gopher "/search%09%22%28%2a"
like "$(cat "$work/body")" '^i' "a malformed query is no error"
gopher "URL:https://example.org/?a=1&b=2"
like "$(cat "$work/body")" 'href="https://example.org/\?a=1&amp;b=2"' \
    "URL: gives a page that leads on"
gopher URL:https://example.org/%22%3E%3Cb
unlike "$(cat "$work/body")" '"><b' "nothing in it becomes markup"
gopher URL:javascript:alert%281%29
like "$(cat "$work/body")" '^3' "but not for every scheme"
gopher /caps.txt
like "$(cat "$work/body")" '^CAPS' "caps.txt"
gopher /robots.txt
like "$(cat "$work/body")" '^User-agent' "robots.txt"
gopher /../../etc/passwd
unlike "$(cat "$work/body")" '^root:' "dots do not climb out"

python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', $gopher), 5)
s.sendall(b'/2012/talk\\n')
while p := s.recv(65536): print(p.decode(), end='')" >"$work/body"
like "$(cat "$work/body")" 'Words' "a bare LF ends a request"
like "$(curl -skS --max-time 10 "gophers://localhost:$gopher/1/2012/talk")" \
    'Words' "TLS on the same port, by its first byte"
python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', $gopher), 5)
s.sendall(b'x' * 5000)
try:
    while s.recv(65536): pass
except ConnectionResetError: pass"
gopher /2012/talk
like "$(cat "$work/body")" 'Words' "still alive"
finish
