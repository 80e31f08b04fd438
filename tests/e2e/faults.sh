#!/bin/sh
# What no program can help: a clock that steps, a relay that is away for a
# day, a certificate whose time is over, pages that break again and again,
# programs that are killed at work, a store that is damaged or newer. Each is
# said, and nothing is lost.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh

run() { # argument... : sets out, err, code
	timeout -k 1 60 "$ANNOUNCE" -c "$work/mail.yaml" "$@" >"$work/out" \
	    2>"$work/err" </dev/null
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}
works() { # name
	if [ "$code" -eq 0 ]; then
		ok "$1"
	else
		not_ok "$1" "exit code $code: $err"
	fi
}
start=$(date -u -d 2026-11-20T00:00:00Z +%s)
at() { # minutes from the start
	CAPSULE_NOW=$(date -u -d "@$((start + $1 * 60))" +%Y-%m-%dT%H:%M:%SZ)
	export CAPSULE_NOW
}
queue() { # prefix count
	id=$("$MAILQUEUE" "$work/state" "$1" "$2" 1000)
}
# A daemon of that minute, until the store says so.
daemon_until() { # minute pattern name
	at "$1"
	start_daemon
	until_true status_has "$id" "$2"
	like "$("$ANNOUNCE" -c "$work/mail.yaml" status "$id" --json)" "$2" "$3"
	stop_daemon
}
# A daemon of that minute, which is to do nothing: it says when it has looked.
daemon_idle() { # minute
	at "$1"
	start_daemon
	kill -HUP "$daemon"
	until_true in_file 'configuration was read again' "$work/daemon.log"
	stop_daemon
	: >"$work/daemon.log"
}

# The clock steps while messages are put off: back, and they wait for their
# time; on, and they are tried once, not many times.
start_smtpd -l "$work/taken" -r '*:451' -t "$work/talk"
mail_conf 'give_up: 1d'
at 0
queue ok 3
attempts() {
	grep -c '< RCPT' "$work/talk"
}
daemon_until 0 '"deferred":3,' "451: put off"
is "$(attempts)" 3 "after an attempt each"
daemon_idle -1440
is "$(attempts)" 3 "the clock a day back: they wait"
daemon_idle 0
is "$(attempts)" 3 "and again when it is right"
daemon_until 720 '"next_due":"2026-11-20T12:0[5-7]' "half a day on: put off again"
is "$(attempts)" 6 "after one more attempt each, not many"
daemon_until 800 '"next_due":"2026-11-20T13:[3-5]' "a third time"
kill "$smtpd"
wait "$smtpd" 2>/dev/null
start_smtpd -l "$work/taken" -p "$smtp"
daemon_until 830 '"sent":3,' "and sent when the relay takes them"
is "$(wc -l <"$work/taken" | tr -d ' ')" 3 "once"

# A relay that refuses for now, until they are given up.
kill "$smtpd"
wait "$smtpd" 2>/dev/null
: >"$work/talk"
start_smtpd -l "$work/taken" -r '*:451' -t "$work/talk" -p "$smtp"
rm -r "$work/state"
at 0
queue never 2
for minute in 0 30 300 1000; do
	daemon_until $minute '"deferred":2,' "refused for now, minute $minute"
done
daemon_until 1600 '"failed":2,' "given up after a day"
like "$("$ANNOUNCE" -c "$work/mail.yaml" status "$id")" \
    '451 4\.1\.1 ' "and what the relay said last is kept"

# A relay that is away for two days, longer than any message is tried: nobody
# has failed by that, and who is greylisted then is tried again.
kill "$smtpd"
wait "$smtpd" 2>/dev/null
: >"$work/taken"
rm -r "$work/state"
at 0
queue late 3
for minute in 0 60 600 1600 2800; do
	: >"$work/daemon.log"
	at $minute
	start_daemon
	until_true in_file 'no mail leaves: .*Connection refused' \
	    "$work/daemon.log"
	is $? 0 "away, minute $minute: the log says it"
	stop_daemon
done
run status "$id" --json
like "$out" '"queued":3,.*"failed":0,' "all wait, none has failed"
start_smtpd -l "$work/taken" -g -p "$smtp"
daemon_until 2880 '"deferred":3,' "back, and greylisting: put off, not failed"
daemon_until 2882 '"sent":3,' "and sent"
unset CAPSULE_NOW

# Programs that are killed at work: all of it is there, or nothing.
kill "$smtpd"
wait "$smtpd" 2>/dev/null
rm -r "$work/state"
mkdir -p "$work/pages/news" "$work/mails"
mail_conf "relay: maildir:$work/mails"
echo "pages: $work/pages" >>"$work/mail.yaml"
{
	echo address
	seq -f 'person%.0f@example.org' 3000
} >"$work/people.csv"
run subscribers add first@example.org
halves=
for ms in 005 010 020 040 080 160 320; do
	"$ANNOUNCE" -c "$work/mail.yaml" subscribers import "$work/people.csv" \
	    >/dev/null 2>&1 &
	victim=$!
	sleep "0.$ms"
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	case $("$ANNOUNCE" -c "$work/mail.yaml" subscribers list | wc -l) in
	1 | 3001) ;;
	*) halves="$halves after $ms ms" ;;
	esac
done
is "$halves" "" "an import that is killed: all are there, or nobody"
run subscribers import "$work/people.csv"
works "it can be said again"
is "$("$ANNOUNCE" -c "$work/mail.yaml" subscribers list | wc -l)" 3001 \
    "and all are there"

printf '# Front\n\n[News](news/a.md)\n' >"$work/pages/index.md"
printf -- '---\ntitle: News\ndate: 2026-11-20\n---\n\nNew.\n' \
    >"$work/pages/news/a.md"
"$ANNOUNCE" -c "$work/mail.yaml" send "$work/pages/news/a.md" --yes \
    >/dev/null 2>&1 &
victim=$!
some_sent() {
	[ "$(find "$work/mails" -type f | wc -l)" -gt 50 ]
}
until_true some_sent
kill -9 "$victim"
wait "$victim" 2>/dev/null
run resume 1
works "a send that is killed is resumed"
sort_recipients() {
	find "$work/mails" -type f -path '*/new/*' -exec sed -n \
	    's/^\(Delivered-To\|X-Original-To\|To\): *<\{0,1\}\([^<>]*\)>\{0,1\}\r\{0,1\}$/\2/p' \
	    {} + | sort
}
is "$(sort_recipients | uniq | wc -l)" 3001 "and everybody has it"
repeated=$(($(find "$work/mails" -type f -path '*/new/*' | wc -l) - 3001))
[ "$repeated" -le 4 ]
is $? 0 "at most the message of each session twice ($repeated)"

# A store that is damaged, newer, or cut.
db=$work/state/announce.db
cp "$db" "$work/good.db"
refused() { # pattern name
	for command in "subscribers list" status daemon \
	    "subscribers add new@example.org"; do
		# shellcheck disable=SC2086
		run $command
		[ "$code" -eq 1 ] && printf '%s\n' "$err" |
		    grep -q "^announce: .*announce\\.db: $1" && continue
		not_ok "$2: $command" "exit code $code: $err"
		return
	done
	ok "$2: each command ends with 1, and says so"
	printf 'From: Ann <ann@example.net>\nSubject: subscribe\n\n' |
	    timeout 60 "$ANNOUNCE" -c "$work/mail.yaml" receive \
		--to announce@example.org --from ann@example.net 2>/dev/null
	is $? 75 "$2: a message that comes in is to come again"
}
python3 - "$db" <<'PY'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute('PRAGMA user_version = 9999')
c.commit()
PY
refused 'was written by a newer announce (its version is 9999)' \
    "a newer store"
cp "$work/good.db" "$db"
dd if=/dev/zero of="$db" bs=4096 seek=1 count=30 conv=notrunc 2>/dev/null
before=$(sha256sum <"$db")
refused 'is damaged (.*put back a backup' "a store with a hole"
is "$(sha256sum <"$db")" "$before" "which nobody has written to"
cp "$work/good.db" "$db"
truncate -s 20000 "$db"
refused 'is damaged (' "a store that was cut"
cp "$work/good.db" "$db"
run subscribers list
is "$(printf '%s\n' "$out" | wc -l)" 3001 "put back, it is as it was"
works "and in use"

# A certificate whose time is over.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 30 \
    -keyout "$work/own.key" -out "$work/own.crt" 2>/dev/null
start_capsule <<YAML
host: localhost
pages: $work/pages
certificate: $work/own.crt
key: $work/own.key
limits: {requests_per_second: 0}
YAML
get /
like "$header" '^20 ' "a certificate of one's own"
first=$capsule
later=$(date -u -d '+60 days' +%Y-%m-%dT%H:%M:%SZ)
CAPSULE_NOW=$later timeout 20 "$CAPSULE" check -c "$work/capsule.yaml" \
    >"$work/out" 2>"$work/err"
is $? 1 "in two months check finds a fault"
like "$(cat "$work/out" "$work/err")" \
    "own\\.crt: this certificate expired on 20.*capsule cert renew" \
    "and says what to do"
CAPSULE_NOW=$later timeout 20 "$CAPSULE" serve -c "$work/capsule.yaml" \
    >"$work/out" 2>"$work/err"
is $? 1 "and a server does not start with it"
like "$(cat "$work/err")" "own\\.crt: this certificate expired on " "nor"
kill "$first"
wait "$first"
# With the server's own clock ahead from the start it is as if time went by.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 1 \
    -keyout "$work/own.key" -out "$work/own.crt" 2>/dev/null
CAPSULE_NOW=$(date -u -d '+86398 seconds' +%Y-%m-%dT%H:%M:%SZ)
export CAPSULE_NOW
serve_capsule
unset CAPSULE_NOW
get /
like "$header" '^20 ' "one that ends in a moment"
like "$(cat "$work/log")" \
    'certificate of localhost expires in 0 days; capsule cert renew' \
    "the log warns of it"
expired_is_told() {
	kill -HUP "$capsule"
	in_file 'own\.crt: this certificate expired' "$work/log"
}
until_true expired_is_told
is $? 0 "a reload with it, when it has: the log says so"
get /
like "$header" '^20 ' "and visitors are served as before"

# Pages that are good and broken by turns, reloads without a pause.
kill "$capsule"
wait "$capsule"
sed -i '/^certificate:/d; /^key:/d' "$work/capsule.yaml"
: >"$work/log"
serve_capsule
missed=0
for i in $(seq 20); do
	printf -- '---\ntitle: Good %s\n---\n\nWords.\n' "$i" \
	    >"$work/pages/turn.md"
	kill -HUP "$capsule"
	get /
	case $header in 20*) ;; *) missed=$((missed + 1)) ;; esac
	printf -- '---\ntitle: [\n' >"$work/pages/turn.md"
	kill -HUP "$capsule"
	kill -HUP "$capsule"
	get /
	case $header in 20*) ;; *) missed=$((missed + 1)) ;; esac
done
is "$missed" 0 "amid sixty reloads of good and broken pages all are served"
until_true in_file 'turn\.md:[0-9]+: ' "$work/log"
is $? 0 "what is broken is named, with its line"
printf -- '---\ntitle: Good at last\n---\n\nWords.\n' >"$work/pages/turn.md"
good_at_last() {
	kill -HUP "$capsule"
	get /turn.gmi
	grep -q 'Good at last' "$work/body"
}
until_true good_at_last
is $? 0 "and the last good page is published"
kill "$capsule"
wait "$capsule"
is $? 0 "the server ends as ever"
unlike "$(cat "$work/log" "$work/daemon.log")" \
    '(AddressSanitizer|runtime error)' "no fault"
finish
