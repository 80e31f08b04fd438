#!/bin/sh
# The whole way of an announcement through a real mail server: Debian's
# postfix, started with a configuration and a queue of its own on free ports of
# the loopback, takes it over a verified STARTTLS connection into maildirs;
# python3 takes a message apart, python3-dkim verifies it, and mutt shows it in
# a terminal. Needs root, as postfix does. Run by `make check-peers`.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh

if [ "$(id -u)" -ne 0 ] || ! command -v postfix >/dev/null; then
	echo "1..0 # SKIP postfix is started by root, where it is installed"
	exit 0
fi
chmod 711 "$work" # postfix runs as several users

free_port() {
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(free_port)

# An authority of our own, and the server's certificate by it.
(
	cd "$work" || exit 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout ca.key -out ca.crt -subj "/CN=Test authority" -days 2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout server.key -out server.csr -subj "/CN=localhost"
	echo "subjectAltName=DNS:localhost" >san
	openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key \
	    -CAcreateserial -out server.crt -days 2 -extfile san
) >"$work/openssl" 2>&1

mkdir -p "$work/postfix" "$work/queue" "$work/data" "$work/mail" "$work/log"
chown postfix "$work/data"
chown nobody "$work/mail"
cat >"$work/postfix/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = $work/log/mail
maillog_file_prefixes = $work
myhostname = localhost
mydestination =
inet_interfaces = loopback-only
mynetworks = 127.0.0.0/8 [::1]/128
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = $work/server.crt
smtpd_tls_key_file = $work/server.key
smtpd_recipient_restrictions =
  check_recipient_access inline:{ {gone@example.org=550 5.1.1 nobody here} }
virtual_mailbox_domains = example.org
virtual_mailbox_base = $work/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
alias_maps =
alias_database =
CF
{
	echo "$port inet n - n - - smtpd"
	for s in "pickup unix n - n 60 1 pickup" \
	    "cleanup unix n - n - 0 cleanup" \
	    "qmgr unix n - n 300 1 qmgr" \
	    "tlsmgr unix - - n 1000? 1 tlsmgr" \
	    "rewrite unix - - n - - trivial-rewrite" \
	    "bounce unix - - n - 0 bounce" "defer unix - - n - 0 bounce" \
	    "trace unix - - n - 0 bounce" "error unix - - n - - error" \
	    "retry unix - - n - - error" "virtual unix - n n - - virtual" \
	    "proxymap unix - - n - - proxymap" \
	    "anvil unix - - n - 1 anvil" "showq unix n - n - - showq" \
	    "postlog unix-dgram n - n - 1 postlogd"; do
		echo "$s"
	done
} >"$work/postfix/master.cf"

end_postfix() {
	postfix -c "$work/postfix" abort >/dev/null 2>&1
}
trap 'end_postfix; end_all' EXIT

listens() {
	python3 -c 'import socket, sys
socket.create_connection(("localhost", int(sys.argv[1])), 5)' "$port"
}
postfix -c "$work/postfix" start >"$work/started" 2>&1
if ! until_true listens; then
	not_ok "postfix starts" "$(cat "$work/started" "$work/log/mail")"
	finish
fi
ok "postfix starts"

cd "$work" || exit 1
mkdir -p pages/news
printf '# Front\n' >pages/index.md
cat >pages/news/shirts.md <<'MD'
---
title: Shirts für alle – the shirts are here
date: 2026-11-20
summary: They are blue.
---

The shirts have come, and they are *blue*. The [front page](../index.md) says
how to get one.

- S, M and L
- no XL this year

```
dtrace -n 'BEGIN { trace("shirts"); exit(0); }'
```
MD
openssl genrsa -out dkim.pem 2048 2>/dev/null
chmod 600 dkim.pem
cat >capsule.yaml <<YAML
host: capsule.example.org
pages: pages
state: state
mail:
  from: "Conference <announce@example.org>"
  relay: smtp+starttls://localhost:$port
  ca_file: ca.crt
  dkim: {domain: example.org, selector: test, key: dkim.pem}
YAML
python3 -c 'print("address")
for i in range(200): print(f"person{i}@example.org")
print("gone@example.org")' >list.csv
"$ANNOUNCE" subscribers import list.csv 2>err
is $? 0 "two hundred and one subscribers"
"$ANNOUNCE" check >out 2>err
is $? 0 "announce check finds no fault"
like "$(cat out)" '^ok +relay .*localhost' "and names the relay"
"$ANNOUNCE" send news/shirts.md --yes >out 2>err
is $? 1 "announce send says that one has failed"
like "$(cat err)" '200 sent, but 1 failed' "and how many have not"
"$ANNOUNCE" status 1 >out
like "$(cat out)" '550 5.1.1 .*nobody here' "status says why"

all_there() {
	[ "$(find mail/all/new -type f | wc -l)" -ge 200 ]
}
until_true all_there
is "$(find mail/all/new -type f | wc -l)" 200 "postfix has delivered to each"
is "$(cat mail/all/new/* | grep -c '^Delivered-To: person')" 200 "each one's own"
is "$(cat mail/all/new/* | grep -i '^message-id:' | sort -u |
    wc -l)" 200 "with a Message-ID of its own"
like "$(cat mail/all/new/* | grep -c 'with ESMTPS')" '^200$' "all by TLS"

cat >look.py <<'PY'
import email, email.policy, glob, sys
for name in glob.glob("mail/all/new/*"):
    with open(name, "rb") as f:
        raw = f.read()
    m = email.message_from_bytes(raw, policy=email.policy.default)
    if "person7@" in m["To"]:
        break
text = m.get_body(("plain",)).get_content()
html = m.get_body(("html",)).get_content()
print("defects:", [p.defects for p in m.walk() if p.defects])
print("subject:", m["Subject"])
print("from:", m["From"])
print("to:", m["To"])
print("list:", m["List-Id"])
print("leave:", m["List-Unsubscribe"])
print("sender:", m["Return-Path"])
print("types:", [p.get_content_type() for p in m.walk()])
print("text:", "dtrace -n" in text, "blue" in text)
print("html:", "<em>blue</em>" in html)
print("link:", "gemini://capsule.example.org/" in text)
print("long:", max(len(l) for l in raw.split(b"\n")) < 999, raw.isascii())
PY
python3 look.py >out 2>&1
said=$(cat out)
like "$said" '^defects: \[\]' "python3 finds nothing wrong with it"
like "$said" '^subject: Shirts für alle – the shirts are here$' "its subject"
like "$said" '^from: Conference <announce@example.org>' "its author"
like "$said" '^to: .*person7@example.org' "its reader"
like "$said" '^list: .*<announce\.' "its list"
like "$said" '^leave: <mailto:announce\+leave-' "a way out"
like "$said" '^sender: <announce\+.*@example.org>' "a sender that tells whose it is"
like "$said" "^types: .*'text/plain', 'text/html'" "text, and HTML"
like "$said" '^text: True True' "the whole text"
like "$said" '^html: True' "the whole HTML"
like "$said" '^link: True' "links that lead to the capsule"
like "$said" '^long: True True' "lines that fit, in ASCII"

cat >verify.py <<'PY'
import base64, dkim, glob, subprocess
key = subprocess.run(["openssl", "rsa", "-in", "dkim.pem", "-pubout",
    "-outform", "DER"], capture_output=True).stdout
record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(key)
good = 0
for name in glob.glob("mail/all/new/*"):
    with open(name, "rb") as f:
        good += dkim.verify(f.read(), dnsfunc=lambda *a, **k: record)
print(good)
PY
is "$(/usr/bin/python3 verify.py 2>&1)" 200 "each signature is verified"

if command -v mutt >/dev/null && command -v tmux >/dev/null; then
	terminal="tmux -L capsule-$$ -f /dev/null"
	screen_has() {
		$terminal capture-pane -p | grep -Eq -- "$1"
	}
	LC_ALL=C.UTF-8 $terminal new-session -d -x 100 -y 50 \
	    "mutt -n -F /dev/null -e 'set folder=. charset=utf-8' -e 'ignore *' \
	    -e 'unignore from to subject' \
	    -e 'push <display-message>' -R -f mail/all"
	until_true screen_has 'dtrace -n'
	screen=$($terminal capture-pane -p)
	$terminal kill-server
	like "$screen" 'Subject: Shirts für alle – the shirts are here' \
	    "mutt shows the subject"
	like "$screen" "dtrace -n 'BEGIN" "and the text"
	unlike "$screen" '=[0-9A-F][0-9A-F]|<em>' "as text"
fi
finish
