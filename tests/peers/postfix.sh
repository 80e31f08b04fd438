#!/bin/sh
# The whole way of an announcement through a real mail server: Debian's
# postfix, started with a configuration and a queue of its own on free ports of
# the loopback, takes it over a verified STARTTLS connection into maildirs;
# python3 takes a message apart, python3-dkim verifies it, and mutt shows it in
# a terminal. Needs root, as postfix does. Run by `make check-peers`.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/peers/lib_postfix.sh

need_postfix
set_up_postfix example.org
cat >>"$work/postfix/main.cf" <<CF
mydestination =
smtpd_tls_security_level = encrypt
smtpd_recipient_restrictions =
  check_recipient_access inline:{ {gone@example.org=550 5.1.1 nobody here} }
virtual_mailbox_maps = static:all/
CF
start_postfix

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

shows 'dtrace -n' "mutt -n -F /dev/null -e 'set folder=. charset=utf-8' \
    -e 'ignore *' -e 'unignore from to subject' \
    -e 'push <display-message>' -R -f mail/all"
like "$screen" 'Subject: Shirts für alle – the shirts are here' \
    "mutt shows the subject"
like "$screen" "dtrace -n 'BEGIN" "and the text"
unlike "$screen" '=[0-9A-F][0-9A-F]|<em>' "as text"
finish
