#!/bin/sh
# announce daemon against a mail server: delivers, once; puts off and gives up;
# waits for a relay that is away; reads its configuration again; ends cleanly.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh

queue() { # prefix count: sets id
	id=$("$MAILQUEUE" "$work/state" "$1" "$2" 4000)
}

logged() { # extended regular expression
	in_file "$1" "$work/daemon.log"
}

taken() {
	wc -l <"$work/taken" | tr -d ' '
}

# Delivery, and one daemon a store.
start_smtpd -l "$work/taken" -r 'never*:550' -r 'later*:451'
mail_conf 'sessions: 2'
queue ok 50
start_daemon
like "$(cat "$work/ready")" "^ready daemon smtp://127.0.0.1:$smtp\$" \
    "says that it is ready, and by which relay"
until_sent 50
is $? 0 "delivers what is queued"
is "$(taken)" 50 "each once"
is "$(cut -d ' ' -f 2 "$work/taken" | sort -u | wc -l | tr -d ' ')" 50 \
    "to everybody"
is "$(cut -d ' ' -f 1 "$work/taken" | sort -u | wc -l | tr -d ' ')" 50 \
    "from an address of its own, for what comes back"
until_true logged '50 sent, 0 deferred, 0 failed, 0 in doubt$'
is $? 0 "and says so in the log"
timeout 10 "$ANNOUNCE" -c "$work/mail.yaml" daemon >"$work/out" 2>"$work/err"
is $? 75 "a second daemon is to come later"
like "$(cat "$work/err")" "$work/state: another announce daemon works on it" \
    "and says why"

# What the mail server does not take. The fifty get the next one, too.
queue never 1
until_true status_has "$id" '"failed":1,'
is $? 0 "550 has failed"
until_sent 50
"$ANNOUNCE" -c "$work/mail.yaml" status "$id" --json >"$work/out"
like "$(cat "$work/out")" '550 5\.1\.1 .*is not taken' "with what was said"
queue later 1
until_true status_has "$id" '"deferred":1,'
is $? 0 "451 is deferred"
stop_daemon
is "$code" 0 "SIGTERM ends it"
like "$(tail -n 1 "$work/daemon.log")" 'ended$' "which it says"

# Greylisting: the first attempt is 450, the next one in a minute. The daemon
# that is started later thinks that it has passed.
kill "$smtpd"
: >"$work/taken"
start_smtpd -l "$work/taken" -g
mail_conf
rm -rf "$work/state"
queue grey 5
start_daemon
until_true status_has "$id" '"deferred":5,'
is $? 0 "greylisted messages are deferred"
stop_daemon
is "$(taken)" 0 "and not tried again at once"
CAPSULE_NOW=$(date -u -d '+2 minutes' +%Y-%m-%dT%H:%M:%SZ)
export CAPSULE_NOW
start_daemon
until_sent 5
is $? 0 "but in a minute or so"
is "$(taken)" 5 "each once"
stop_daemon
unset CAPSULE_NOW

# A relay that is away.
kill "$smtpd"
wait "$smtpd" 2>/dev/null
: >"$work/taken"
: >"$work/daemon.log"
rm -rf "$work/state"
queue ok 30
start_daemon
until_true logged 'no mail leaves: .*Connection refused'
is $? 0 "a relay that is away is told"
start_smtpd -l "$work/taken" -p "$smtp"
until_sent 30
is $? 0 "when it is back, mail leaves"
until_true logged 'mail leaves again'
is $? 0 "which is told, too"
is "$(grep -c 'no mail leaves' "$work/daemon.log")" 1 "each once"
is "$(taken)" 30 "and nobody is left out"

# The configuration, again.
mkdir "$work/mails"
mail_conf "relay: maildir:$work/mails"
kill -HUP "$daemon"
until_true logged 'the configuration was read again'
is $? 0 "SIGHUP reads the configuration"
queue ok 30
until_sent 30
is "$(find "$work/mails" -type f | wc -l | tr -d ' ')" 30 \
    "and what it says now is done: into a folder"
echo 'nonsense: 1' >>"$work/mail.yaml"
kill -HUP "$daemon"
until_true logged 'stays as it was: .*mail.yaml:[0-9]+:'
is $? 0 "one that is wrong is refused, with its line"
sed -i '$d' "$work/mail.yaml"
stop_daemon
is "$code" 0 "and the old one is still in use"

# A message that the relay never answers: a first SIGTERM waits for it, a
# second does not, and it is sent again as it was.
kill "$smtpd"
: >"$work/taken"
start_smtpd -l "$work/taken" -f 'dot:stall@1'
mail_conf 'sessions: 1'
rm -rf "$work/state"
queue ok 1
start_daemon
until_true status_has "$id" '"sending":1,'
is $? 0 "a message on the wire is being sent"
kill "$daemon"
until_true logged 'ending when the messages on the wire have ended'
is $? 0 "which SIGTERM waits for"
is_alive "$daemon"
is $? 0 "patiently"
stop_daemon
is "$code" 0 "and a second one does not"
start_daemon
until_sent 1
is $? 0 "what was in doubt is sent again"
is "$(taken)" 1 "once"
stop_daemon

# A store that is none.
mkdir "$work/other"
echo 'not a database, but a text that is long enough' \
    >"$work/other/announce.db"
sed "s|^state:.*|state: $work/other|" "$work/mail.yaml" >"$work/other.yaml"
timeout 10 "$ANNOUNCE" -c "$work/other.yaml" daemon >"$work/out" 2>"$work/err"
is $? 1 "a store that is none ends it"
like "$(cat "$work/err")" "$work/other/announce.db" "with a word why"
finish
