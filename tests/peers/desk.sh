#!/bin/sh
# Becoming a subscriber and leaving again, as people do it: amfora, bombadillo
# and lynx in a terminal ask for it, postfix brings the letters into maildirs,
# and what they write with mutt comes back through postfix into `announce
# receive`, by the lines of announce(1). Mail that cannot be delivered comes
# back the same way. Needs root, as postfix does. Run by `make check-peers`.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/peers/lib_postfix.sh
. tests/peers/lib_community.sh

need_postfix
install_programs
start_mail ann bo cy di ed
mkdir "$work/pages"
printf '# A conference\n\n[Announcements by mail](/subscribe)\n' \
    >"$work/pages/index.md"
start_community <<YAML
host: localhost
title: A conference
pages: $work/pages
mail:
  from: "A conference <announce@example.org>"
  relay: smtp://127.0.0.1:$port
  lists:
    announce: {title: "Announcements"}
    stream: {title: "A reminder before the stream"}
YAML
home="gemini://localhost:$gemini"
missing=$(sed -n '/^Let postfix hand over/,/^\.Ed/p' mail/announce.1 |
    sed '1,/^\.Bd/d; /^\.Ed/d; /^$/d; s/^/    /' |
    grep -vxFf README.md)
is "$missing" "" "the README has the lines of announce(1)"

# amfora: from the front page to the form; the address; the letter's link.
open_screen amfora "$home/"
see 'Announcements by mail'
keys 1
sees 'Your e-mail address' "amfora asks for the address"
typed ann
keys Enter Enter
sees 'No "@" in it' "and again, with the reason"
typed ann@example.net
keys Enter Enter
sees 'A message is on its way to ann@example\.net' "then says what happens"
like "$screen" '\[1\] +Type the code' "and what to do"
letter ann 1
like "$letter" '^From: "?A conference"? <announce@example\.org>' \
    "the letter says from whom it is"
keys ' '
typed "$(link_of "$letter" /c/)"
keys Enter
sees '\[1\] +Yes, subscribe me' "its link asks first"
is "$(lists_of ann@example.net)" "" "and subscribes nobody"
keys 1
sees '# You are subscribed' "yes subscribes"
becomes ann@example.net announce:active "to what was asked for"
keys 1
sees '# Your subscriptions' "what to get is chosen there"
keys 2
sees 'A reminder before the stream: subscribed since' "another list, too"
becomes ann@example.net 'announce:active stream:active' "with one key"
keys 3
sees 'Really stop\?' "stopping asks first"
keys 1
sees 'You get no more mail' "then stops"
becomes ann@example.net 'announce:left stream:left' "everything"
keys 1
sees '# You are subscribed' "taking it back"
becomes ann@example.net 'announce:active stream:active' "brings it back"

# bombadillo: the code, typed where the form leads to.
open_screen bombadillo "$home/subscribe"
sees 'Your e-mail address' "bombadillo asks for the address"
answer bo@example.net
sees 'A message is on its way to bo@example\.net' "and says what happens"
letter bo 1
keys 1
sees 'The six digits in the message' "asks for the code"
answer 12345
sees 'Six digits, please' "and again"
answer "$(code_of "$letter")"
sees '# You are subscribed' "the code subscribes"
becomes bo@example.net announce:active "for good"

# lynx: the same by Gopher.
open_screen lynx "gopher://localhost:$gopher/1/subscribe"
sees '\(\?\) +Your e-mail address' "lynx shows the form"
see 'Commands: '
keys Enter
see 'query:'
answer cy@example.net
sees 'A message is on its way to cy@example\.net' "and what happens"
letter cy 1
see 'searchable index' # until then lynx forgets what is typed
keys Enter
see 'query:'
answer "$(code_of "$letter")"
sees 'You are subscribed' "the code subscribes by Gopher"
becomes cy@example.net announce:active "for good"
close_screen

# By mail alone, with mutt: a message asks, a reply confirms.
write_mail di announce+subscribe@example.org please
letter di 1
like "$letter" '^Subject: Subscribe to Announcements\?' \
    "a message to +subscribe is answered"
is "$(lists_of di@example.net)" "" "and subscribes nobody"
open_mutt di
see 'Subscribe to Announcements'
keys End r
sees 'y:Send' "mutt replies to it"
like "$screen" 'To: +announce\+confirm-' "to the address that confirms"
keys y
becomes di@example.net announce:active "and the reply does"
letter di 2
like "$letter" '^Subject: You are subscribed' "which is said"
close_screen

# An announcement, and two that come back: one that local(8) finds out to be
# nobody's, and one that a server elsewhere refuses after it took the address.
announce subscribers add gone@example.net >/dev/null
announce subscribers add eve@elsewhere.example >/dev/null
cat >"$work/pages/news.md" <<'MD'
---
title: The date is known
date: 2026-11-20
---

It is a **Thursday**.
MD
announce send "$work/pages/news.md" --yes >"$work/out"
is $? 0 "an announcement is sent"
letter ann 2
like "$letter" '^Subject: The date is known' "it arrives"
becomes gone@example.net announce:suspended "whom postfix does not know is suspended"
becomes eve@elsewhere.example announce:suspended \
    "so is whose server refused the message"
shown=$(announce subscribers show gone@example.net)
like "$shown" '5\.1\.1.*unknown user: .*no-such-user' "it is known why"
shown=$(announce subscribers show eve@elsewhere.example)
like "$shown" '550 5\.1\.1 the mailbox is gone' "of each"

# A holiday notice, as vacation(1) writes it.
before=$(letters bo)
sender=$(sed -n 's/^Return-Path: <\(.*\)>/\1/p' "$work"/mail/bo/new/* | tail -n 1)
for to in "$sender" announce@example.org; do
	/usr/sbin/sendmail -C "$work/postfix" -f '' -i "$to" <<MAIL
From: bo@example.net
To: $to
Subject: I am away
Auto-Submitted: auto-replied (vacation)
Precedence: junk

Back on Monday.
MAIL
done
until_true in_file 'left alone' "$work/maillog/mail"
until_true postfix_is_idle
is "$(letters bo)" "$before" "a holiday notice is not answered"
is "$(lists_of bo@example.net)" announce:active "and changes nothing"

# Leaving with mutt's own command, by the address in List-Unsubscribe.
letter di 3
open_mutt di
see 'The date is known'
keys End Escape L
sees 'Unsubscribe' "mutt knows how to leave"
keys u
see '^To: '
keys Enter
see 'y:Send'
like "$screen" 'To: +announce\+leave-' "by the message's own address"
keys y
becomes di@example.net announce:left "and that leaves"
letter di 4
like "$letter" '^Subject: You get no more mail' "which is said"
undo=$(printf '%s\n' "$letter" | grep -o 'announce+undo-[a-z2-7]*@example\.org')
write_mail di "$undo" undo
becomes di@example.net announce:active "and taken back by mail"
close_screen

# What cannot be handled now is kept by postfix, which tries again.
write_by() { # name, address
	/usr/sbin/sendmail -C "$work/postfix" -f "$1@example.net" -i "$2" <<MAIL
From: $1@example.net
Subject: please

please
MAIL
}
cp "$conf" "$work/good.yaml"
echo 'nonsense: 1' >>"$conf"
write_by ed announce+subscribe@example.org
until_true in_file 'status=deferred.*temporary failure.*nonsense' \
    "$work/maillog/mail"
like "$(cat "$work/maillog/mail")" 'status=deferred.*nonsense' \
    "with a fault in the configuration postfix keeps the message"
cp "$work/good.yaml" "$conf"
letter ed 1
like "$letter" '^Subject: Subscribe to Announcements' \
    "once it is mended the message is answered"
mkfifo "$work/hold"
python3 -c 'import sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()' "$state/announce.db" <"$work/hold" >"$work/held" &
exec 9>"$work/hold"
until_true in_file held "$work/held"
write_by ed announce+leave@example.org
until_true in_file 'to=<announce.leave@.*status=deferred' "$work/maillog/mail"
like "$(cat "$work/maillog/mail")" 'to=<announce.leave@.*status=deferred' \
    "with the store held by another, too"
exec 9>&-
until_true in_file 'to=<announce.leave@.*status=sent' "$work/maillog/mail"
like "$(cat "$work/maillog/mail")" 'to=<announce.leave@.*status=sent' \
    "and done when it is let go"
unlike "$(cat "$work/maillog/mail")" 'to=<announce.*status=bounced' \
    "and none went back"
finish
