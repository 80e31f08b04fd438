#!/bin/sh
# What comes in by mail: subscribing, confirming and leaving by a message, mail
# that came back, programs that nobody answers, what cannot be read; and that
# the mail server is told to come again when nothing could be done.
. tests/e2e/lib.sh

mkdir "$work/pages"
printf '# A conference\n' >"$work/pages/index.md"
cat >"$work/capsule.yaml" <<YAML
host: localhost
title: A conference
pages: $work/pages
state: $work/state
mail:
  from: "A conference <announce@example.org>"
  bounces: bounces@example.org
  relay: maildir:$work/sent
YAML

announce() {
	timeout -k 1 30 "$ANNOUNCE" -c "$work/capsule.yaml" "$@" 2>>"$work/log"
}

message() { # its text on standard input
	cat >"$work/message"
}

# The message through `announce receive`: its exit code in $code, what it
# logged in $said.
receive() { # recipient sender
	timeout -k 1 30 "$ANNOUNCE" -c "$work/capsule.yaml" receive \
	    --to "$1" --from "$2" <"$work/message" >"$work/out" 2>"$work/err"
	code=$?
	said=$(cat "$work/err")
}

by_ann() { # recipient [field...]
	to=$1
	shift
	{
		printf 'From: Ann <ann@example.net>\nMessage-ID: <1@x>\n'
		for f; do printf '%s\n' "$f"; done
		printf '\nplease\n'
	} | message
	receive "$to" ann@example.net
}

state_of() { # address
	announce subscribers list --json | python3 -c '
import json, sys
print(" ".join(m["state"] for m in json.load(sys.stdin)
    if m["address"] == sys.argv[1]))' "$1"
}

sent() {
	find "$work/sent" -type f 2>/dev/null | wc -l
}

has_sent() { # how many
	[ "$(sent)" -ge "$1" ]
}

newest() {
	find "$work/sent" -type f -printf '%T@ %p\n' | sort -n | tail -n 1 |
	    cut -d' ' -f2-
}

"$ANNOUNCE" daemon -c "$work/capsule.yaml" >"$work/daemon" 2>>"$work/log" &
pids="$pids $!"
until_true in_file '^ready' "$work/daemon" ||
    not_ok "the daemon is ready" "$(cat "$work/log")"

# Subscribing takes a message, a letter and an answer to it.
by_ann announce+subscribe@example.org
is "$code" 0 "a message that subscribes is taken"
like "$said" 'a…@example\.net' "the log does not show the address"
unlike "$said" 'ann@' "not at all"
until_true has_sent 1
is "$(sent)" 1 "a letter asks whether it was meant"
is "$(state_of ann@example.net)" "" "until then nobody is subscribed"
letter=$(cat "$(newest)")
like "$letter" '^Auto-Submitted: auto-replied' "no program will answer it"
like "$letter" '^In-Reply-To: <1@x>' "it answers the message"
reply=$(printf '%s\n' "$letter" | sed -n 's/^Reply-To: //p')
like "$reply" '^announce\+confirm-[a-z2-7]{26}@example\.org$' \
    "it says where to reply"
by_ann "$reply"
is "$code" 0 "the reply is taken"
is "$(state_of ann@example.net)" active "and subscribes"
by_ann "$reply"
is "$(state_of ann@example.net)" active "twice is once"

# What comes to an address of hers is answered to her, whoever sends it.
by_eve() { # recipient
	printf 'From: Eve <eve@example.com>\n\nplease\n' | message
	receive "$1" eve@example.com
}
is_answered() { # address subject
	grep -rl "^Subject: $2" "$work/sent/new" 2>/dev/null |
	    xargs -r grep -lx "To: $1" >"$work/found" && [ -s "$work/found" ]
}
until_true is_answered ann@example.net 'You are subscribed'
hers=$(grep -rhoE 'announce\+leave-[a-z2-7]{26}@example\.org' "$work/sent/new" |
    head -n 1 | sed 's/+leave-/+lists-/')
by_eve "$hers"
is "$code" 0 "somebody else writes to an address of hers"
like "$said" 'e…@example\.com: lists, answered to a…@example\.net' \
    "the log says who is answered"
until_true is_answered ann@example.net 'Your subscriptions'
is $? 0 "she is"
by_eve announce+help@example.org
until_true is_answered eve@example.com 'Writing to'
is $? 0 "they are when they ask for what is nobody's"
unlike "$(grep -rhx -A40 'To: eve@example.com' "$work/sent/new")" \
    '\+[a-z]*-[a-z2-7]{26}@' "and are sent nobody's token"

# Programs are not answered.
before=$(sent)
by_ann announce+help@example.org 'Auto-Submitted: auto-replied'
is "$code" 0 "a holiday notice is taken"
like "$said" 'left alone: a program' "and left alone"
by_ann announce+help@example.org 'List-Id: <list.example.net>'
like "$said" 'left alone: .*mailing list' "so is a mailing list"
printf 'From: ann@example.net\n\nx\n' | message
receive announce+help@example.org ''
like "$said" 'left alone: it has no sender' "so is what has no sender"
{
	seq 60 | sed 's/.*/Received: from a by b; Sat, 21 Nov 2026 09:00:00 +0000/'
	printf 'From: ann@example.net\n\nround\n'
} | message
receive announce+help@example.org ann@example.net
like "$said" 'left alone: .*too often' "so is a loop"

# A person is, but not all day.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	by_ann announce+help@example.org
done
like "$said" 'help, not answered: that address has had its letters of a day' \
    "the twelfth question of a day gets no answer, and the log says so"
is "$code" 0 "and is taken nevertheless"
until_true grep -rqs "announce+subscribe@example.org" "$work/sent"
is $? 0 "help names the addresses to write to"
[ "$(sent)" -le $((before + 11)) ]
is $? 0 "a few answers a day to one address"

for i in 1 2 3 4 5; do
	CAPSULE_NOW=$(date -u -d "+$((i * 15)) minutes" +%Y-%m-%dT%H:%M:%SZ)
	export CAPSULE_NOW
	by_ann announce+leave@example.org
	[ "$i" -ne 1 ] || first=$said
done
unset CAPSULE_NOW
like "$first" 'leave, done' "a letter that is asked for is done"
like "$said" 'leave, not answered' "but for the fifth of a day"

# Mail that came back, by the token in its address.
cat >"$work/pages/news.md" <<'MD'
# News

There is a date.
MD
announce send "$work/pages/news.md" --yes >/dev/null
path=$(grep -l '^Subject: News' "$work"/sent/new/*)
verp=$(sed -n 's/^Return-Path: <\(.*\)>/\1/p' "$path")
like "$verp" '^bounces\+b-[a-z2-7]{26}@example\.org$' \
    "an announcement comes back to an address of its own"
report() { # action status
	cat <<DSN
From: MAILER-DAEMON@example.net
To: $verp
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B

I am sorry.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; example.net

Final-Recipient: rfc822; ann@example.net
Action: $1
Status: $2
Diagnostic-Code: smtp; 550 $2 as it is

--B--
DSN
}
report delayed 4.4.1 | message
receive "$verp" \'\'
is "$code $(state_of ann@example.net)" "0 active" "a delay changes nothing"
report failed 5.7.1 | message
receive "$verp" \'\'
is "$code $(state_of ann@example.net)" "0 active" \
    "what somebody thinks of the message neither"
report failed 5.1.1 | message
receive "$verp" \'\'
is "$code $(state_of ann@example.net)" "0 suspended" \
    "an address that is gone is suspended"
like "$(announce subscribers show ann@example.net)" '550 5\.1\.1 as it is' \
    "and it is known why"
report failed 5.1.1 | sed 's/To: .*/To: x@example.org/' | message
receive "bounces+b-aaaaaaaaaaaaaaaaaaaaaaaaaa@example.org" ''
is "$code" 0 "a report about nobody known is taken"

# Leaving by the address that each message has, by a program, too.
leave=$(sed -n 's/^List-Unsubscribe: <mailto:\([^?>]*\).*/\1/p' "$path")
[ -n "$leave" ] || leave=$(tr -d '\n' <"$path" |
    sed -n 's/.*List-Unsubscribe:[ 	]*<mailto:\([^?>]*\).*/\1/p')
by_ann "$leave" 'Auto-Submitted: auto-generated'
is "$code" 0 "a program leaves for somebody"
is "$(state_of ann@example.net)" left "and they have left"

# What cannot be read is kept, not refused, and not for ever.
for i in $(seq 25); do
	CAPSULE_NOW=2026-11-21T09:00:$(printf %02d "$i")Z
	export CAPSULE_NOW
	seq 120 | sed 's|.*|Content-Type: multipart/mixed; boundary=B|' |
	    message
	receive announce@example.org ann@example.net
	[ "$code" -eq 0 ] || break
done
unset CAPSULE_NOW
is "$code" 0 "what cannot be read is taken"
like "$said" 'it is kept in .*/aside/' "and the log says where it is"
is "$(find "$work/state/aside" -type f | wc -l)" 20 "the newest of it are kept"
{
	printf 'From: ann@example.net\n\n'
	head -c 6000000 /dev/zero
} | message
receive announce+help@example.org ann@example.net
is "$code" 0 "a message that is too large breaks nobody's pipe"
like "$said" 'has [0-9]* bytes' "and the log says that it is"

# A folder of messages that somebody has fetched.
mkdir -p "$work/in/new" "$work/in/cur" "$work/in/tmp"
printf 'From: bo@example.net\nTo: announce+subscribe@example.org\n\n' \
    >"$work/in/new/1.x"
printf 'From: bo@example.net\nList-Id: x\n\n' >"$work/in/new/2.x"
announce receive --maildir "$work/in"
is $? 0 "a maildir is taken in"
is "$(cd "$work/in" && find . -type f | sort | tr '\n' ' ')" \
    "./cur/1.x:2,S ./cur/2.x:2,S " "each once"

# What cannot be done now comes again, whatever the reason.
cp "$work/capsule.yaml" "$work/good.yaml"
printf 'nonsense: 1\n' >>"$work/capsule.yaml"
by_ann announce+subscribe@example.org
is "$code" 75 "a configuration with a fault loses no message"
cp "$work/good.yaml" "$work/capsule.yaml"
sed -i "s|^state:.*|state: /proc/nowhere|" "$work/capsule.yaml"
by_ann announce+subscribe@example.org
is "$code" 75 "no store loses no message"
cp "$work/good.yaml" "$work/capsule.yaml"
by_ann announce+help@example.org
is "$code" 0 "still alive"
finish
