#!/bin/sh
# An organizer's announcements, from the page to everybody's inbox: looked at,
# tried out, refused, sent, stopped, gone on with; into a folder and to a mail
# server that does not always do as one would like.
here=$PWD
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
SMTPD=$OUT/tests/e2e/smtpd
now=2026-11-20T20:00:00Z # each command's clock begins there
tab=$(printf '\t')

run() { # argument... : sets out, err, code
	CAPSULE_NOW=$now timeout -k 1 120 "$ANNOUNCE" "$@" >"$work/out" \
	    2>"$work/err" </dev/null
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

terminal() { # pattern=answer... -- argument... : the same, on a terminal
	at=
	for arg; do
		shift
		set -- "$@" "$arg"
		[ "$arg" != -- ] || at=1
		[ "$at" != 1 ] || { set -- "$@" "$ANNOUNCE"; at=2; }
	done
	CAPSULE_NOW=$now timeout -k 1 120 python3 "$here/tests/e2e/terminal.py" \
	    "$@" >"$work/out" 2>&1 </dev/null
	code=$?
	out=$(tr -d '\r' <"$work/out")
}

# The figures of an announcement: "open 5 sent 1 failed 2 queued".
figures() { # id
	"$ANNOUNCE" status "$1" --json | python3 -c 'import json, sys
a = json.load(sys.stdin)
print(a["state"], *[f"{n} {s}" for s, n in a["deliveries"].items() if n])'
}

# Starts a mail server of the tests' own; sets smtp (its port).
start_smtpd() { # option...
	: >"$work/smtpd.ready"
	rm -f "$work/taken.log"
	"$SMTPD" -l "$work/taken.log" "$@" >"$work/smtpd.ready" \
	    2>"$work/smtpd.err" &
	smtpd=$!
	pids="$pids $smtpd"
	until_true in_file '^ready smtp' "$work/smtpd.ready" ||
	    not_ok "the mail server is ready" "$(cat "$work/smtpd.err")"
	smtp=$(sed -n 's/^ready smtp .*://p' "$work/smtpd.ready")
}

end_smtpd() {
	kill "$smtpd"
	wait "$smtpd" 2>/dev/null
}

# A fresh state folder, and a configuration with this relay and more keys.
configure() { # relay [line...]
	relay=$1
	shift
	rm -rf state mail
	{
		cat <<YAML
host: capsule.example.org
title: A conference
pages: pages
state: state
mail:
  from: "A conference <announce@example.org>"
  relay: $relay
  lists:
    announce: {title: Conference announcements}
    stream: {title: The stream}
    empty: {title: Nobody yet}
YAML
		for line; do
			echo "  $line"
		done
	} >capsule.yaml
}

people() { # count [prefix]
	python3 -c 'import sys
print("address")
for i in range(int(sys.argv[1])): print(f"{sys.argv[2]}{i}@example.org")' \
	    "$1" "${2:-p}" >people.csv
	run subscribers import people.csv
	[ "$code" = 0 ] || not_ok "an import" "$err"
}

page() { # file front-matter-line... <<text
	file=$1
	shift
	mkdir -p "$(dirname "pages/$file")"
	{
		echo "---"
		printf '%s\n' "$@"
		echo "---"
		cat
	} >"pages/$file"
}

cd "$work" || exit 1
page index.md "title: Front" <<MD
Welcome.
MD
page news/shirts.md "title: The shirts are here" "date: 2026-11-20" <<MD
They are blue, and there are [more pages](../index.md).

Come and get one.
MD
page news/stream.md "title: The stream starts" "date: 2026-11-20" <<MD
Soon.
MD
page news/draft.md "title: Not yet" "date: 2026-11-20" "draft: true" <<MD
Nothing to see.
MD
page news/broken.md "title: Broken" "date: 2026-11-20" <<MD
Text.

This [leads](nowhere.md) nowhere.
MD
page news/offer.md "title: Take a shirt" "date: 2026-11-20" \
    "offer: {item: shirt, options: {S: 3}, ask: [address]}" <<MD
Few are left.
MD
configure maildir:mail

# Help and misuse.
run -h
for command in cancel check pause resume send status; do
	like "$out" "^  $command( |\$)" "-h lists $command"
done
run send -h
is "$code" 0 "send -h is no misuse"
for option in --list --test --dry-run --at --expires --queue --again --yes; do
	like "$out" "^  $option" "and explains $option"
done
misuse() { # expected-message argument...
	wanted=$1
	shift
	run "$@"
	is "$code" 2 "misuse exits 2: announce $*"
	like "$err" "^announce: .*$wanted" "and says what is wrong"
}
misuse 'FILE.md is missing' send
misuse '"b.md"' send a.md b.md
misuse '--at takes a time' send news/shirts.md --at tomorrow
misuse '--at .* is past' send news/shirts.md --at 2026-11-19T20:00
misuse '--expires takes' send news/shirts.md --expires soon
misuse '--test sends one' send news/shirts.md --test a@example.org --queue
misuse '--json goes with --dry-run' send news/shirts.md --json
misuse "ID is missing" pause
misuse 'number, not "x"' resume x
misuse '--doubts takes' resume 1 --doubts maybe
[ ! -e state ]
is $? 0 "misuse makes no store"

# What is not sent.
refused() { # expected-message argument...
	wanted=$1
	shift
	run send "$@"
	is "$code" 1 "not sent: $*"
	like "$err" "$wanted" "and said why"
}
refused 'did you mean|"stream"' news/shirts.md --yes --list straem
refused 'no subscribers.*subscribers add' news/shirts.md --yes --list empty
run subscribers add ada@example.org
run subscribers add bob@example.org
run subscribers add cy@example.org
run subscribers remove cy@example.org
printf 'address,state\ndora@example.org,pending\n' >pending.csv
run subscribers import pending.csv
refused 'draft' news/draft.md --yes
refused 'news/broken.md:7: .*nowhere' news/broken.md --yes
refused 'news/none.md' news/none.md --yes
run status
is "$out" "" "nothing of it was queued"
run send news/shirts.md
is "$code" 2 "nobody is there to be asked"
like "$err" '--yes' "but --yes answers"
like "$err" '^subject +The shirts are here$' "it says the subject"
like "$err" '^page +gemini://capsule.example.org/news/shirts.gmi$' "the page"
like "$err" '^list +announce: Conference announcements$' "the list"
like "$err" '^recipients +2 \(1 has not confirmed, 1 has left\)$' "how many"
like "$err" '^from +A conference <announce@example.org>$' "from whom"
like "$err" '^relay +maildir:.*mail$' "by which way"
like "$err" '^when +now$' "when"
like "$err" '^not after +2026-11-27 20:00 UTC' "until when"
like "$err" '\| They are blue' "and how it begins"
terminal 'Type yes: =no' -- send news/shirts.md
is "$code" 1 "on a terminal, no is no"
like "$out" 'Send it to 2 people\?' "to the question"
like "$out" 'nothing was sent' "and nothing is sent"
terminal 'Type yes: =y' -- send news/shirts.md
is "$code" 1 "nor is y a yes"
run status
is "$out" "" "nothing was queued"
like "$err" 'nothing was announced yet' "which status says"

# What would be.
run send news/shirts.md --dry-run
is "$code" 0 "a dry run: $err"
is "$out" "to${tab}ada@example.org
to${tab}bob@example.org
not${tab}cy@example.org${tab}left 2026-11-20 20:00 UTC: taken off by an organizer
not${tab}dora@example.org${tab}not confirmed, asked 2026-11-20 20:00 UTC" \
    "names everybody, and why not"
run send news/shirts.md --dry-run --json
is "$(python3 -c 'import json, sys
for m in json.load(sys.stdin): print(m["address"], m["sent"], m["state"])' \
    <"$work/out")" "ada@example.org True active
bob@example.org True active
cy@example.org False left
dora@example.org False pending" "also as JSON"
run status
is "$out" "" "and queues nothing"
run send pages/news/shirts.md --test organizer@example.com
is "$code" 0 "a test: $err"
is "$(find mail/new -type f | wc -l)" 1 "is a message"
like "$(cat mail/new/*)" '^To: .*organizer@example.com' "to any address"
run status
is "$out" "" "of which nothing is stored"
rm -r mail

# Sent, to a folder.
terminal 'Type yes: =yes' -- send pages/news/shirts.md
is "$code" 0 "on a terminal, yes sends: $out"
like "$out" '2 of 2 sent' "with a bar"
like "$out" 'sent to 2 people' "and what became of it"
is "$(cat mail/new/* | grep -c '^To: .*\(ada\|bob\)@example.org')" 2 \
    "a message to each"
is "$(find mail/new -type f | wc -l)" 2 "and no other"
is "$(figures 1)" "done 2 sent" "status knows"
run status
like "$out" '^ +1  done +2026-11-20 20:00 +2 +0 +0  announce: The shirts are here$' \
    "in a line"
run status --json
is "$(python3 -c 'import json, sys
d = json.load(sys.stdin)
print(d["daemon"], [(a["id"], a["subject"], a["recipients"])
    for a in d["announcements"]])' <"$work/out")" \
    "False [(1, 'The shirts are here', 2)]" "or in JSON"
refused 'before: at 2026-11-20 20:00 UTC, to 2 people .*status 1.*--again' \
    news/shirts.md --yes
run send news/shirts.md --yes --list stream
like "$err" 'no subscribers' "but may go to another list"
run send news/shirts.md --yes --again
is "$code" 0 "--again sends again"
is "$(find mail/new -type f | wc -l)" 4 "to each"
run resume 1
is "$code" 1 "what is done is done"
like "$err" 'announcement 1 is done' "and says so"
run cancel 1
is "$code" 1 "and cannot be cancelled"
run status 9
is "$code" 1 "another one is not there"
like "$err" 'no announcement 9; announce status lists' "and said where to look"

# At a time.
run send news/stream.md --yes --at 2026-12-01T18:00+01:00
is "$code" 0 "for later: $err"
like "$err" '^when +2026-12-01 17:00 UTC.*, in 10 days$' "says when"
like "$err" '^not after +2026-12-02 17:00 UTC' "and until when"
like "$err" 'announcement 3 is queued for 2 people, to begin 2026-12-01 17:00' \
    "and its number"
is "$(figures 3)" "open 2 queued" "and waits"
run status
like "$out" '^ +3  scheduled ' "as scheduled"
run resume 3
is "$code" 0 "going on with it"
like "$err" 'begins 2026-12-01 17:00 UTC' "does not hurry it"
is "$(find mail/new -type f | wc -l)" 4 "really"
now=2026-12-01T17:00:01Z
run resume 3
is "$code" 0 "when it is time: $err"
is "$(figures 3)" "done 2 sent" "it is sent"
now=2026-11-20T20:00:00Z
run send news/stream.md --yes --again --queue --expires 2h
is "$code" 0 "for the daemon"
like "$err" 'announce daemon is to deliver it, and does not run' "which is missed"
now=2026-11-20T22:00:01Z
run resume 4
is "$code" 1 "after its end"
like "$err" 'announcement 4 has expired at 2026-11-20 22:00 UTC' "it is not sent"
is "$(find mail/new -type f | wc -l)" 6 "really"
now=2026-11-20T20:00:00Z

# Stopped for good, and for a while.
run send news/stream.md --yes --again --queue
run pause 5
is "$code" 0 "paused: $err"
like "$err" 'announcement 5 is paused: 0 sent, 2 queued' "with what is left"
is "$(figures 5)" "paused 2 queued" "it waits"
run resume 5 --queue
is "$code" 0 "open again, for the daemon"
is "$(figures 5)" "open 2 queued" "and not yet sent"
run cancel 5
like "$err" 'announcement 5 is cancelled: 0 sent, 2 cancelled' "cancelled"
is "$(figures 5)" "cancelled 2 cancelled" "for good"
run resume 5
is "$code" 1 "and not to be opened again"
run pause 77
is "$code" 1 "one that is not there"

# A mail server that defers and refuses.
start_smtpd -r 'gone*:550' -r 'later*:450' -r 'full*:552'
configure "smtp://127.0.0.1:$smtp"
people 20
people 3 gone
people 2 later
people 1 full
run send news/shirts.md --yes
is "$code" 75 "some are to be tried later: $err"
like "$err" '20 sent, 2 deferred, the next until 2026-11-20 20:0.*, 4 failed; announce resume 1 goes on' \
    "which it says, and how it goes on"
is "$(figures 1)" "open 2 deferred 20 sent 4 failed" "status counts them"
run status 1
like "$out" '^failed +4$' "in words"
like "$out" '^ +3  550 ' "why three have failed"
like "$out" '^ +1  552 ' "why another one has"
like "$out" 'g…@example.org, g…@example.org, g…@example.org$' "who, masked"
unlike "$out" 'gone[0-9]' "and not in full"
run status 1 --addresses
like "$out" "^failed${tab}gone1@example.org${tab}550 " "unless asked to"
run status 1 --json
is "$(python3 -c 'import json, sys
a = json.load(sys.stdin)
print(sorted(r["count"] for r in a["failed"]), a["deferred"][0]["count"])' \
    <"$work/out")" "[1, 3] 2" "also as JSON"
end_smtpd
start_smtpd
sed "s/relay: .*/relay: smtp:\/\/127.0.0.1:$smtp/" capsule.yaml >new.yaml
mv new.yaml capsule.yaml
run resume 1
is "$code" 75 "too early for what is deferred"
is "$(figures 1)" "open 2 deferred 20 sent 4 failed" "nothing has changed"
now=2026-11-20T20:30:00Z
run resume 1
is "$code" 1 "later all are done, some failed"
like "$err" '22 sent, but 4 failed; announce status 1' "it says"
is "$(cut -d' ' -f2 "$work/taken.log" | sort | tr '\n' ' ')" \
    "later0@example.org later1@example.org " "only the deferred ones were left"
run resume 1 --failed
is "$code" 1 "who was refused for good is suspended, and not tried again"
for who in gone0 gone1 gone2 full0; do
	run subscribers add "$who@example.org" --consent "wrote to us"
done
run resume 1 --failed
is "$code" 0 "who is back is tried once more: $err"
is "$(figures 1)" "done 26 sent" "now all have it"
end_smtpd
now=2026-11-20T20:00:00Z

# Greylisting.
start_smtpd -g
configure "smtp://127.0.0.1:$smtp"
people 5
run send news/shirts.md --yes
is "$code" 75 "greylisted"
is "$(figures 1)" "open 5 deferred" "all of them"
now=2026-11-20T20:15:00Z
run resume 1
is "$code" 0 "and taken later: $err"
is "$(figures 1)" "done 5 sent" "all of them"
end_smtpd
now=2026-11-20T20:00:00Z

# No relay.
run send news/stream.md --yes
is "$code" 75 "without a relay"
like "$err" 'announce resume 2 goes on' "it says how to go on"
is "$(figures 2)" "open 5 queued" "and nobody is lost"
start_smtpd
sed "s/relay: .*/relay: smtp:\/\/127.0.0.1:$smtp/" capsule.yaml >new.yaml
mv new.yaml capsule.yaml
run resume 2
is "$code" 0 "with one it goes on"
is "$(wc -l <"$work/taken.log")" 5 "to each"
end_smtpd

# Ctrl-C. At ten a second there is time to press it.
in_background() { # argument...
	CAPSULE_NOW=$now "$ANNOUNCE" "$@" >"$work/out" 2>"$work/err" \
	    </dev/null &
	announce=$!
	pids="$pids $announce"
}
each_once() { # count name
	is "$(cut -d' ' -f2 "$work/taken.log" | sort | uniq -c |
	    awk '{ print $1 }' | sort | uniq -c | tr -s ' ')" " $1 1" "$2"
}
start_smtpd
configure "smtp://127.0.0.1:$smtp" "per_second: 10"
people 60
in_background send news/shirts.md --yes
until_true test -s "$work/taken.log"
kill -INT "$announce"
wait "$announce"
is $? 75 "Ctrl-C stops it"
like "$(cat "$work/err")" 'stopped: [0-9]+ sent, [0-9]+ left; announce resume 1' \
    "and says how to go on"
unlike "$(figures 1)" 'sending|doubt|done' "with nothing on the wire"
before=$(wc -l <"$work/taken.log")
[ "$before" -lt 60 ]
is $? 0 "not all are sent"
sed '/per_second/d' capsule.yaml >new.yaml
mv new.yaml capsule.yaml
run resume 1
is "$code" 0 "gone on with: $err"
each_once 60 "everybody has it once"
is "$(figures 1)" "done 60 sent" "and it is done"
end_smtpd

start_smtpd
configure "smtp://127.0.0.1:$smtp" "per_second: 10"
people 60
terminal '[1-9][0-9]* of 60 sent=INT' -- send news/shirts.md --yes
is "$code" 75 "on a terminal, too"
like "$out" '\[=* *\] +[0-9]+ of 60 sent' "under a bar"
like "$out" 'stopping after the message on the wire' "it says what it does"
is "$(figures 1 | grep -cE 'sending|doubt')" 0 "with nothing on the wire"

# Paused and cancelled by somebody else, meanwhile.
in_background resume 1
sent_before=$(wc -l <"$work/taken.log")
more_taken() {
	[ "$(wc -l <"$work/taken.log")" -gt "$sent_before" ]
}
until_true more_taken
run pause 1
wait "$announce"
is $? 1 "a pause ends it"
like "$(cat "$work/err")" 'announcement 1 was paused' "and it says so"
like "$(figures 1)" '^paused' "it is paused"
in_background resume 1
sent_before=$(wc -l <"$work/taken.log")
until_true more_taken
run cancel 1
is "$code" 0 "cancelled: $err"
wait "$announce"
is $? 1 "cancelling ends it"
like "$(cat "$work/err")" 'announcement 1 was cancelled' "and it says so"
like "$(figures 1)" '^cancelled .* sent .* cancelled$' "the rest is cancelled"
each_once "$(wc -l <"$work/taken.log")" "nobody got it twice"
end_smtpd

# Killed: at most what was on the wire comes twice, and nobody is left out.
start_smtpd
configure "smtp://127.0.0.1:$smtp" "per_second: 50" "sessions: 2"
people 60
in_background send news/shirts.md --yes
until_true test -s "$work/taken.log"
kill -9 "$announce"
wait "$announce" 2>/dev/null
sed '/per_second/d' capsule.yaml >new.yaml
mv new.yaml capsule.yaml
goes_on() { # whatever the killed one's sessions still hold
	CAPSULE_NOW=$now timeout -k 1 60 "$ANNOUNCE" resume 1 \
	    >"$work/out" 2>"$work/err" </dev/null
	[ "$(figures 1)" = "done 60 sent" ]
}
until_true goes_on
is "$(figures 1)" "done 60 sent" "after kill -9 it goes on to the end"
is "$(cut -d' ' -f2 "$work/taken.log" | sort -u | wc -l)" 60 "nobody is left out"
[ "$(wc -l <"$work/taken.log")" -le 62 ]
is $? 0 "and at most two come twice"
end_smtpd

# An offer holds what is in doubt: a shirt is not promised twice.
start_smtpd -f dot:stall
configure "smtp://127.0.0.1:$smtp" "sessions: 1"
people 3
in_background send news/offer.md --yes
is_sending() {
	figures 1 | grep -q sending
}
until_true is_sending
children=$(pgrep -P "$announce")
# shellcheck disable=SC2086
kill -9 "$announce" $children
wait "$announce" 2>/dev/null
end_smtpd
start_smtpd
sed "s/relay: .*/relay: smtp:\/\/127.0.0.1:$smtp/" capsule.yaml >new.yaml
mv new.yaml capsule.yaml
run resume 1
is "$code" 1 "with one in doubt it is not done: $err"
like "$err" '2 sent, but 1 in doubt; announce resume 1 --doubts' "and says so"
run status 1
like "$out" '^in doubt +1$' "status says it, too"
like "$out" 'announce resume 1 --doubts again, or sent' "and what to do"
terminal 'leave: =again' -- resume 1
is "$code" 0 "asked on a terminal, it is sent again: $out"
is "$(figures 1)" "done 3 sent" "and all have it"
end_smtpd

# A daemon delivers what is queued.
start_smtpd
configure "smtp://127.0.0.1:$smtp"
people 10
"$ANNOUNCE" daemon >"$work/daemon.log" 2>&1 &
daemon=$!
pids="$pids $daemon"
daemon_runs() {
	"$ANNOUNCE" status --json | grep -q '"daemon":true'
}
until_true daemon_runs
is $? 0 "status sees the daemon"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
run send news/shirts.md --yes --queue
is "$code" 0 "queued"
like "$err" 'announce daemon delivers it$' "for the daemon"
is_done() {
	[ "$(figures "$1")" = "done 10 sent" ]
}
until_true is_done 1
is "$(figures 1)" "done 10 sent" "which delivers it"
run send news/stream.md --yes
is "$code" 0 "or both deliver: $err"
is "$(figures 2)" "done 10 sent" "to everybody"
is "$(sort "$work/taken.log" | cut -d' ' -f2,4 | sort -u | wc -l)" 20 \
    "each message once"
is "$(wc -l <"$work/taken.log")" 20 "and no other"
kill "$daemon"
wait "$daemon" 2>/dev/null
end_smtpd
now=2026-11-20T20:00:00Z

# TLS and a login, by a password that stands in a file.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout tls.key -out ca.pem -subj "/CN=localhost" \
    -addext "subjectAltName=DNS:localhost" -days 2 2>/dev/null
cat ca.pem tls.key >tls.pem
echo secret >password
chmod 600 password
start_smtpd -c tls.pem -u organizer:secret
configure "smtp+starttls://localhost:$smtp" "ca_file: ca.pem" \
    "user: organizer" "password_file: password"
people 5
run check
is "$code" 0 "check logs in"
like "$out" '^ok +relay .*TLS' "by TLS"
run send news/shirts.md --test organizer@example.com
is "$code" 0 "so does a test: $err"
run send news/shirts.md --yes
is "$code" 0 "and send: $err"
is "$(wc -l <"$work/taken.log")" 6 "each message is taken"
echo guess >password
run check
is "$code" 1 "a wrong password is a fault"
like "$out" '^fault +relay ' "of the relay's"
run send news/stream.md --yes
is "$code" 75 "nothing is lost by it"
like "$err" 'the relay takes nothing: ' "and the reason is told"
is "$(figures 2)" "open 5 queued" "all wait"
chmod 644 password
run check
like "$out" '^fault +password +.*chmod 600' "a password that others can read"
chmod 600 password
echo secret >password
run resume 2
is "$code" 0 "with the right one it goes on: $err"
end_smtpd

# No room, no right.
configure maildir:mail
people 50
(
	trap '' XFSZ
	ulimit -f "$(($(stat -c %s state/announce.db) / 512 + 8))"
	CAPSULE_NOW=$now "$ANNOUNCE" send news/shirts.md --yes 2>"$work/err"
	echo $? >"$work/code"
)
code=$(cat "$work/code")
[ "$code" -ne 0 ]
is $? 0 "no room for the queue"
like "$(cat "$work/err")" 'state/announce.db' "names the file"
run status --json
state=$(python3 -c 'import json, sys
print([(a["recipients"]) for a in json.load(sys.stdin)["announcements"]])' \
    <"$work/out")
case $state in
"[]" | "[50]") ok "queued whole or not at all" ;;
*) not_ok "queued whole or not at all" "$state" ;;
esac
configure maildir:mail
people 2
echo "in the way" >mail
run send news/shirts.md --yes
[ "$code" -ne 0 ]
is $? 0 "a folder that cannot be made"
like "$err" "mail" "is named"
like "$(figures 1)" '2 (queued|deferred)' "and nobody is lost"
rm mail
now=2026-11-20T21:00:00Z
run resume 1
is "$code" 0 "mended, it goes on: $err"
now=2026-11-20T20:00:00Z

# check.
configure maildir:state/mail
run check
is "$(stat -c %a state)" 700 "mail into the state folder leaves it its owner's"
run check
is "$code" 0 "however often one looks"
rm -r state
run send news/shirts.md --test ada@example.org
is "$(stat -c %a state)" 700 "also for a test"
configure maildir:mail
people 2
run check
is "$code" 0 "check finds nothing wrong"
like "$out" '^ok +configuration +.*capsule.yaml$' "with the configuration"
like "$out" '^ok +store +announce has 2 subscribers' "the store"
like "$out" '^ok +relay +maildir:' "the relay"
like "$out" '^ok +daemon +does not run' "the daemon"
openssl genrsa -out key.pem 2048 2>/dev/null
chmod 600 key.pem
configure smtp://127.0.0.1:1 \
    "dkim: {domain: example.org, selector: s1, key: key.pem}"
run check
is "$code" 1 "nothing listens there"
like "$out" '^fault +relay +smtp://127.0.0.1:1' "which is the relay's fault"
like "$out" '^ok +DKIM ' "the key is fine"
like "$out" 's1\._domainkey' "with its record"
[ ! -e state ]
is $? 0 "looking makes no store"
chmod 644 key.pem
mkdir -m 755 state
run check
like "$out" '^fault +DKIM +.*key.pem' "a key that others can read"
like "$out" '^fault +state +.*chmod 700' "a state folder, too"
run check --json
is "$(python3 -c 'import json, sys
print([c["what"] for c in json.load(sys.stdin) if not c["ok"]])' \
    <"$work/out")" "['state', 'relay', 'DKIM']" "as JSON"
echo 'host: [' >bad.yaml
run check -c bad.yaml
is "$code" 1 "a bad configuration"
like "$out" '^fault +configuration +bad.yaml:1' "is told with its line"

# Two sites that have a page of one name, and an offer on it.
rm -rf state
mkdir one two
for site in one two; do
	printf '# %s\n\n[Shirts](shirts.md)\n' "$site" >"$site/index.md"
	printf '%s\n' --- 'offer: {item: shirt, options: {S: 1}}' --- '# Shirts' \
	    >"$site/shirts.md"
done
cat >sites.yaml <<'YAML'
state: state
sites:
  - {host: one.example.org, pages: one, title: One}
  - {host: two.example.org, pages: two, title: Two}
mail: {from: announce@example.org, relay: "maildir:mail"}
YAML
run -c sites.yaml subscribers add ada@example.org
run -c sites.yaml send one/shirts.md --yes
is "$code" 0 "the one site's page is sent"
run -c sites.yaml send two/shirts.md --yes
is "$code" 0 "and the other's, which is another"
run -c sites.yaml send two/shirts.md --yes
like "$err" 'two\.example\.org:shirts\.md went to the list' "once"
run -c sites.yaml offer close shirts.md
is "$code" 2 "an offer of two sites is to be named whole"
run -c sites.yaml offer close two.example.org:shirts.md
run -c sites.yaml offer list
like "$out" '^shirts\.md: shirt, open' "as it is listed"
like "$out" '^two\.example\.org:shirts\.md: shirt, closed' "with its site"
finish
