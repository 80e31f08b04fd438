#!/bin/sh
# Reminders of events: to a list's subscribers and nobody else, once, when the
# page says so, by hand and by the daemon; of what was moved again, of what was
# cancelled never.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh
mails=$work/mails
mkdir "$work/pages"

run() { # time argument... : sets out, err and code
	now=$1
	shift
	out=$(CAPSULE_NOW=$now timeout -k 1 60 "$ANNOUNCE" \
	    -c "$work/mail.yaml" "$@" 2>"$work/err" </dev/null)
	code=$?
	err=$(cat "$work/err")
}

event() { # file line-of-the-event...
	file=$1
	shift
	{
		echo '---'
		echo "title: The ${file%.md}"
		[ $# = 0 ] || echo 'event:'
		for line; do
			echo "  $line"
		done
		echo '---'
		echo 'Come all.'
	} >"$work/pages/$file"
}

# "TO SUBJECT", sorted, of all that was sent since it was asked last.
sent() {
	for mail in "$mails"/new/*; do
		[ -f "$mail" ] || continue
		tr -d '\r' <"$mail" | sed -n 's/^To: //p; /^$/q' | tr '\n' ' '
		tr -d '\r' <"$mail" | sed -n 's/^Subject: //p; /^$/q'
		mv "$mail" "$work/last"
	done | sort
}

has_mail() { # count
	[ "$(find "$mails/new" -type f 2>/dev/null | wc -l)" -ge "$1" ]
}

# Europe/Berlin is UTC+1 in March.
event index.md
event stream.md 'start: 2028-03-04T09:00' 'timezone: Europe/Berlin' \
    'remind: [1h, 1d]' 'list: stream'
event party.md 'start: 2028-03-04T20:00' 'remind: 1d' 'list: stream' \
    'cancelled: the hall has burnt down'
event talk.md 'start: 2028-03-04T10:00'
mail_conf "relay: maildir:$mails" 'lists:' '  announce: {title: All}' \
    '  stream: {title: A reminder before the stream}' '  empty: {title: None}'
echo "pages: $work/pages" >>"$work/mail.yaml"
for who in ann ben dora; do
	run 2028-02-01T00:00:00Z subscribers add "$who@example.org" \
	    --list stream
done
run 2028-02-01T00:00:00Z subscribers add carl@example.org
run 2028-02-01T00:00:00Z subscribers remove dora@example.org --list stream

# What is to come.
run 2028-03-01T00:00:00Z remind --dry-run --json
is "$(printf '%s\n' "$out" | python3 -c '
import json, sys
for r in json.load(sys.stdin):
    print(r["at"], r["begins"], r["list"], r["members"],
        r["page"].rsplit("/", 1)[1], r["subject"])')" \
    "2028-03-03T08:00:00Z 2028-03-04T08:00:00Z stream 2 stream.md Tomorrow: The stream
2028-03-04T07:00:00Z 2028-03-04T08:00:00Z stream 2 stream.md In 1 hour: The stream" \
    "a dry run tells programs what is to come"
run 2028-03-01T00:00:00Z remind --json
is "$code" 2 "without one there is nothing to list"
run 2028-03-01T00:00:00Z remind --dry-run
is "$out" "2028-03-03 08:00 UTC	stream	2	$work/pages/stream.md	\
Tomorrow: The stream
2028-03-04 07:00 UTC	stream	2	$work/pages/stream.md	In 1 hour: The stream" \
    "a dry run tells what is to come, and of what is cancelled nothing"
run 2028-03-03T07:59:50Z remind
is "$code$(sent)" 0 "before its time nothing is sent"
run 2028-03-03T08:00:00Z remind --dry-run
is "$(printf '%s\n' "$out" | wc -l)$(sent)" 2 "nor is it by a dry run"

# By hand, without a daemon.
run 2028-03-03T08:00:00Z remind
is "$code" 0 "at its time it is sent"
like "$err" 'queued for 2 people: Tomorrow: The stream' "as is said"
is "$(sent)" 'ann@example.org Tomorrow: The stream
ben@example.org Tomorrow: The stream' "to those who are on the list"
last=$(cat "$work/last")
like "$last" 'Come all\.' "it is the page"
like "$last" 'text/calendar' "with the event for a calendar"
like "$last" '^Date: Fri, 03 Mar 2028 08:00' "dated now"
run 2028-03-03T08:05:00Z remind
is "$code$(sent)" 0 "and once"

# By the daemon, whose clock passes the time, and over another start of it.
CAPSULE_NOW=2028-03-04T06:59:57Z
export CAPSULE_NOW
start_daemon
until_true has_mail 2
is "$(sent)" 'ann@example.org In 1 hour: The stream
ben@example.org In 1 hour: The stream' "the daemon sends it in time"
stop_daemon
event dinner.md 'start: 2028-03-04T08:00Z' 'remind: 1h' 'list: announce'
CAPSULE_NOW=2028-03-04T07:02:00Z
start_daemon
until_true has_mail 1
is "$(sent)" 'carl@example.org In 1 hour: The dinner' \
    "another daemon only sends what was not sent, and a little late"
event drinks.md 'start: 2028-03-04T08:00Z' 'remind: 1h' 'list: announce'
kill -HUP "$daemon"
until_true has_mail 1
is "$(sent)" 'carl@example.org In 1 hour: The drinks' \
    "SIGHUP makes it look at once"
stop_daemon
unset CAPSULE_NOW

# Moved, and then too late.
event stream.md 'start: 2028-03-11' 'timezone: Europe/Berlin' 'remind: 1d' \
    'list: stream'
run 2028-03-10T09:00:00Z remind
is "$(sent)" 'ann@example.org Tomorrow: The stream
ben@example.org Tomorrow: The stream' \
    "of an event that was moved one is reminded again, some hours late"
event stream.md 'start: 2028-03-18' 'remind: 1d' 'list: stream'
run 2028-03-17T12:00:00Z remind
is "$code$(sent)" 0 "and not at all when half of the time is over"
event stream.md 'start: 2028-03-18' 'remind: 1d' 'list: empty'
run 2028-03-17T00:00:00Z remind
is "$code$(sent)" 0 "nor is a list without subscribers"

# What is wrong with a page.
event stream.md 'start: 2028-03-18' 'remind: 1d' 'list: straem'
event party.md 'start: 2028-03-18' 'remind: 1d' 'list: stream'
run 2028-03-17T00:00:00Z remind
is "$(sent)" 'ann@example.org Tomorrow: The party
ben@example.org Tomorrow: The party' "a page with a fault keeps no other back"
is "$code" 1 "though it is one"
like "$err" "pages/stream\.md:6: there is no list \"straem\" in .*\"stream\"" \
    "and is named with its line"
run 2028-03-17T00:00:00Z check
like "$out" "fault +pages +.*/stream\.md:6: there is no list \"straem\"" \
    "announce check names it, too"
event stream.md 'start: 2028-03-18' 'remind: 1d'
said=$("$CAPSULE" check -c "$work/mail.yaml" 2>&1)
like "$said" 'stream\.md:5: .*"remind" needs a "list"' \
    "a page that does not say whom it reminds is a fault of the site"

# What the day's limit does not let through in time.
sed -i 's/^mail:$/&\n  per_day: 1/' "$work/mail.yaml"
event party.md 'start: 2028-03-18' 'remind: [1d, 2d]' 'list: stream'
run 2028-03-15T00:00:00Z remind --dry-run
is "$(printf '%s\n' "$err" | grep -c per_day)" 1 "a day is too short for two"
like "$err" "party\.md: at 1 a day \(per_day\) at most 1 of 2 people are .* earlier" \
    "and how to mend it is said"
sed -i '/per_day: 1/d' "$work/mail.yaml"

# The daemon says so once, until there is something else to say.
event stream.md 'start: 2028-03-18' 'remind: 1d' 'list: straem'
CAPSULE_NOW=2028-03-17T00:00:00Z
export CAPSULE_NOW
: >"$work/daemon.log"
start_daemon
until_true in_file '1 reminder went wrong' "$work/daemon.log"
event dinner.md 'start: 2028-03-18' 'remind: 1d' 'list: dinner'
kill -HUP "$daemon"
until_true in_file '2 reminders went wrong' "$work/daemon.log"
stop_daemon
unset CAPSULE_NOW
is "$(grep -c 'no list "straem"' "$work/daemon.log")" 1 \
    "the daemon says once what is wrong with a page"
is "$(grep -c 'no list "dinner"' "$work/daemon.log")" 1 "and then of another"

# A machine that only mails.
sed -i '/^pages:/d' "$work/mail.yaml"
run 2028-03-17T00:00:00Z remind
is "$code$out$err" 0 "without pages there is nothing to say"
finish
