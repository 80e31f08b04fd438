# shellcheck shell=sh disable=SC2034,SC2154
# What end-to-end scripts of delivery begin with, after lib.sh: the tests' own
# mail server, a configuration that leads to it, and the daemon.
SMTPD=$OUT/tests/e2e/smtpd
MAILQUEUE=$OUT/tests/e2e/mailqueue
: >"$work/taken"

# Sets smtpd (process) and smtp (port).
start_smtpd() { # its options
	: >"$work/smtpd"
	"$SMTPD" "$@" >"$work/smtpd" 2>>"$work/log" &
	smtpd=$!
	pids="$pids $smtpd"
	if ! until_true in_file '^ready smtp' "$work/smtpd"; then
		not_ok "the mail server is ready" "$(cat "$work/log")"
		finish
	fi
	smtp=$(sed -n 's/^ready smtp .*://p' "$work/smtpd")
}

mail_conf() { # lines below "mail:"
	{
		echo 'host: capsule.example.org'
		echo "state: $work/state"
		echo 'mail:'
		echo '  from: "Announcements <announce@example.org>"'
		case "$*" in *relay:*) ;; *)
			echo "  relay: smtp://127.0.0.1:$smtp" ;;
		esac
		for line; do echo "  $line"; done
	} >"$work/mail.yaml"
}

# Sets daemon (process).
start_daemon() {
	: >"$work/ready"
	"$ANNOUNCE" -c "$work/mail.yaml" daemon >"$work/ready" \
	    2>>"$work/daemon.log" &
	daemon=$!
	pids="$pids $daemon"
	if ! until_true in_file '^ready daemon' "$work/ready"; then
		not_ok "the daemon is ready" "$(cat "$work/daemon.log")"
		finish
	fi
}

# Sets code.
stop_daemon() {
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	code=$?
}

is_alive() { # process
	kill -0 "$1" 2>/dev/null
}

# By the mail server's count, which repeats count in, too.
has_sent() { # count
	[ "$(cut -d ' ' -f 2 "$work/taken" | sort -u | wc -l)" -ge "$1" ]
}

status_has() { # announcement, extended regular expression
	"$ANNOUNCE" -c "$work/mail.yaml" status "$1" --json | grep -Eq -- "$2"
}

# Until the store has all as sent, for at most a minute.
until_sent() { # count
	for _ in $(seq 3); do
		until_true status_has "$id" "\"sent\":$1[,}]" && return 0
	done
	return 1
}
