#!/bin/sh
# SIGKILL at random moments: sessions and the daemon die, again and again,
# while mail goes to a relay that also drops lines, until all is delivered.
# Nobody is left out; at most the message on the wire of each connection that
# a kill ended comes twice, and then it is the same message.
#
# KILLS=40 how often, SEED=1 by which choices.
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh
KILLS=${KILLS:-40}
seed=${SEED:-1}
sessions=3
people=$((KILLS * 60))

random() { # below: sets chosen
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	chosen=$((seed / 65536 % $1))
}

# Only faults after which a message was surely not taken: the others wait for
# a minute, and are told apart from kills by nobody.
start_smtpd -l "$work/taken" -s "$seed" -f 'connect:drop%0.03' \
    -f 'mail:421%0.003' -f 'rcpt:drop%0.003'
mail_conf "sessions: $sessions"
id=$("$MAILQUEUE" "$work/state" person "$people" 3000)
start_daemon

# The daemon last, so that its number says which it is.
family() {
	pgrep -P "$daemon" | tr '\n' ' '
	echo "$daemon"
}

killed_daemons=0
killed_sessions=0
while [ $((killed_daemons + killed_sessions)) -lt "$KILLS" ] &&
    ! has_sent "$people"; do
	random 130
	sleep "$(printf '0.%03d' $((chosen + 20)))"
	# shellcheck disable=SC2046
	set -- $(family)
	# A daemon takes its sessions with it: not too often.
	random 4
	if [ $# -gt 1 ] && [ "$chosen" -gt 0 ]; then
		random $(($# - 1))
		shift "$chosen"
	else
		shift $(($# - 1))
	fi
	kill -9 "$1" 2>/dev/null || continue
	if [ "$1" = "$daemon" ]; then
		killed_daemons=$((killed_daemons + 1))
		wait "$daemon" 2>/dev/null
		start_daemon
	else
		killed_sessions=$((killed_sessions + 1))
	fi
done
until_sent "$people"
is $? 0 "all are sent"

status=$("$ANNOUNCE" -c "$work/mail.yaml" status "$id" --json)
like "$status" "\"sent\":${people}[,}]" "the store says so"
taken=$(wc -l <"$work/taken")
reached=$(cut -d ' ' -f 2 "$work/taken" | sort -u | wc -l)
is "$reached" "$people" "nobody is left out"
repeated=$((taken - reached))
allowed=$((killed_sessions + killed_daemons * sessions))
echo "# $killed_sessions sessions and $killed_daemons daemons were killed;" \
    "$repeated of $people messages came twice, $allowed could have"
if [ "$repeated" -le "$allowed" ]; then
	ok "at most one message a connection a kill comes twice"
else
	not_ok "at most one message a connection a kill comes twice" "$repeated"
fi
different=$(cut -d ' ' -f 2,3,4 "$work/taken" | sort -u | cut -d ' ' -f 1 |
    uniq -d)
is "$different" "" "what came twice was the same, byte by byte"

is_alive "$daemon"
is $? 0 "the daemon is still there"
stop_daemon
is "$code" 0 "and ends when it is told to"
finish
