#!/bin/sh
# Behind a balancer: who is named under `proxies` says by a PROXY header for
# whom it speaks, before TLS and before Gopher; nobody else can.
. tests/e2e/lib.sh

mkdir -p "$work/pages"
echo '# A page' >"$work/pages/index.md"
start_capsule <<YAML
host: localhost
pages: $work/pages
proxies: [127.0.0.1, 10.0.0.0/8]
log: {file: $work/requests, addresses: whole}
YAML

cat >"$work/balancer.py" <<'PY'
"""balancer.py FROM HEADER PORT [tls]: a request behind a header, the reply"""
import socket, ssl, struct, sys
headers = {
    "none": b"",
    "v1": b"PROXY TCP4 192.0.2.9 127.0.0.1 999 1965\r\n",
    "v2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(
        ">H4s4sHH", 12, socket.inet_aton("192.0.2.8"),
        socket.inet_aton("127.0.0.1"), 999, 1965),
    "local": b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0",
}
source, header, port = sys.argv[1], headers[sys.argv[2]], int(sys.argv[3])
s = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
s.sendall(header)
request = b"/\r\n"
if len(sys.argv) > 4:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    s = context.wrap_socket(s, server_hostname="localhost")
    request = b"gemini://localhost/\r\n"
s.sendall(request)
while chunk := s.recv(4096):
    sys.stdout.buffer.write(chunk)
PY
balancer() { # as above; sets out
	out=$(python3 "$work/balancer.py" "$@" 2>/dev/null)
}
speaks_for() { # address
	until_true in_file "Z $1 " "$work/requests"
	like "$(tail -n 1 "$work/requests")" "Z $1 " "it speaks for $1"
}

balancer 127.0.0.1 v1 "$gopher"
like "$out" 'A page' "Gopher behind a header of version 1"
speaks_for 192.0.2.9
balancer 127.0.0.1 v2 "$gemini" tls
like "$out" '^20 text/gemini' "TLS behind one of version 2"
speaks_for 192.0.2.8
balancer 127.0.0.1 local "$gopher"
like "$out" 'A page' "a balancer that looks whether we live"
speaks_for 127.0.0.1

balancer 127.0.0.1 none "$gopher"
is "$out" "" "without a header it is not heard"
balancer 127.0.0.1 none "$gemini" tls
until_true in_file 'warning.*PROXY' "$work/log"
like "$(cat "$work/log")" \
    'warning: 127\.0\.0\.1 stands under .proxies:., but sent no PROXY header' \
    "and the log says why"
balancer 127.0.0.2 none "$gopher"
like "$out" 'A page' "who is not named speaks for himself"
speaks_for 127.0.0.2
balancer 127.0.0.2 v1 "$gopher"
unlike "$out" 'A page' "and for nobody else"
unlike "$(tail -n 1 "$work/requests")" 'Z 192\.0\.2\.9 ' "whatever he says"
finish
