# shellcheck shell=sh disable=SC2034,SC2154
# A community's machine, after lib_postfix.sh: the programs installed below
# $root and run as a user who may do nothing else, a postfix that mails for
# them and hands over what comes in by the very lines that announce(1) has, and
# people's maildirs at example.net.
root=$work/root
conf=$root/etc/capsule/capsule.yaml
state=$work/state

# The programs as that user; lib.sh and the scripts run these.
as_nobody() { # name
	mkdir -p "$work/bin"
	cat >"$work/bin/$1" <<SH
#!/bin/sh
exec setpriv --reuid=nobody --regid=nogroup --clear-groups \\
    "$root/usr/bin/$1" -c "$conf" "\$@"
SH
	chmod 755 "$work/bin/$1"
}

install_programs() {
	if ! make -s install DESTDIR="$root" PREFIX=/usr \
	    >"$work/install" 2>&1; then
		not_ok "make install" "$(cat "$work/install")"
		finish
	fi
	ok "make install"
	as_nobody capsule
	as_nobody announce
	ANNOUNCE=$work/bin/announce
	install -d -o nobody "$state"
}

# The lines of announce(1) for one of postfix's files, with this place's user
# and paths.
manual_lines() { # main.cf or master.cf
	sed -n '/^Let postfix hand over/,/^\.Ed/p' mail/announce.1 |
	    sed '1,/^\.Bd/d; /^\.Ed/d' |
	    awk -v want="$1" '/^announce +unix/ { master = 1 }
		NF && (want == "master.cf") == master' |
	    sed "s|user=capsule|user=nobody|
		s|/usr/bin/announce|$root/usr/bin/announce -c $conf|"
}

# Mail to these people at example.net is delivered; gone@example.net leads to
# a user whom only local(8) finds out not to be there; other domains' mail goes
# to a server that takes every address, and refuses the message.
start_mail() { # names
	set_up_postfix example.net
	elsewhere=$(free_port)
	smtp-sink -u nobody -B '550 5.1.1 the mailbox is gone' -f . \
	    "127.0.0.1:$elsewhere" 8 2>"$work/sink" &
	pids="$pids $!"
	boxes=
	for name; do
		boxes="$boxes {$name@example.net=$name/}"
		install -d -o nobody "$work/mail/$name"
		install -d -o nobody "$work/mail/$name/new" \
		    "$work/mail/$name/cur" "$work/mail/$name/tmp"
	done
	cat >>"$work/postfix/main.cf" <<CF
mydestination = localhost, example.org
virtual_mailbox_maps = inline:{$boxes }
virtual_alias_maps = inline:{gone@example.net=no-such-user@localhost}
default_transport = smtp:[127.0.0.1]:$elsewhere
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
CF
	manual_lines main.cf >>"$work/postfix/main.cf"
	manual_lines master.cf >>"$work/postfix/master.cf"
	start_postfix
}

# With the configuration on standard input, to which the places are added. The
# ports are known before, since letters name them.
start_community() {
	gemini=$(free_port)
	gopher=$(free_port)
	{
		cat
		echo "state: $state"
		echo "gemini: {listen: \"127.0.0.1:$gemini\"}"
		echo "gopher: {listen: \"127.0.0.1:$gopher\"}"
	} >"$conf"
	: >"$work/ready"
	"$work/bin/capsule" serve >"$work/ready" 2>>"$work/log" &
	pids="$pids $!"
	if ! until_true in_file '^ready gopher' "$work/ready"; then
		not_ok "capsule is ready" "$(cat "$work/log")"
		finish
	fi
	start_daemon
}

start_daemon() {
	: >"$work/daemon"
	"$ANNOUNCE" daemon >"$work/daemon" 2>>"$work/log" &
	daemon=$!
	pids="$pids $daemon"
	if ! until_true in_file '^ready' "$work/daemon"; then
		not_ok "the daemon is ready" "$(cat "$work/log")"
		finish
	fi
}

announce() {
	timeout -k 1 30 "$ANNOUNCE" "$@" 2>>"$work/log"
}

# What somebody is subscribed to, as "list:state ...".
lists_of() { # address
	announce subscribers list --json | python3 -c '
import json, sys
print(" ".join(sorted(m["list"] + ":" + m["state"]
    for m in json.load(sys.stdin) if m["address"] == sys.argv[1])))' "$1"
}

has_lists() { # address, what is wanted
	[ "$(lists_of "$1")" = "$2" ]
}

# Until somebody is subscribed to just that.
becomes() { # address, what is wanted, name
	until_true has_lists "$1" "$2"
	is "$(lists_of "$1")" "$2" "$3"
}

letters() { # name
	find "$work/mail/$1" -type f 2>/dev/null | wc -l
}

has_letters() { # name count
	[ "$(letters "$1")" -ge "$2" ]
}

# Somebody's newest message, once there are so many; its text as is meant.
letter() { # name count
	until_true has_letters "$1" "$2" ||
	    not_ok "a message for $1" "$(tail -n 5 "$work/maillog/mail")"
	letter=$(find "$work/mail/$1" -type f -printf '%T@ %p\n' | sort -n |
	    tail -n 1 | cut -d ' ' -f 2- | xargs -r python3 -c '
import email, email.policy, sys
with open(sys.argv[1], "rb") as f:
    m = email.message_from_binary_file(f, policy=email.policy.default)
for name, value in m.items():
    print(f"{name}: {value}")
print()
print(m.get_body(("plain",)).get_content())')
}

code_of() { # the letter
	printf '%s\n' "$1" | sed -n 's/^Type this code.*: \([0-9]*\).*/\1/p'
}

link_of() { # the letter, what its path begins with
	printf '%s\n' "$1" |
	    sed -n "s|.*\\(gemini://[^ ]*$2[a-z2-7]*\\).*|\\1|p" | head -n 1
}

# Somebody reads their mail.
open_mutt() { # name [options]
	name=$1
	shift
	cat >"$work/muttrc" <<RC
set folder=$work/mail spoolfile=$work/mail/$name mbox_type=Maildir
set from=$name@example.net realname=$name use_envelope_from
set smtp_url=smtp://localhost:$port ssl_starttls=no ssl_force_tls=no
set editor="echo please >>" copy=no sort=date-received
set fast_reply=yes include=yes reply_to=yes abort_unmodified=no quit=yes
set mail_check=1 charset=utf-8 wait_key=no
ignore *
unignore date from to subject reply-to
RC
	open_screen mutt -n -F "$work/muttrc" "$@"
}

# A short message by mutt, to an address.
write_mail() { # name, to, subject
	open_mutt "$1" -s "$3" "$2"
	see '^To: '
	keys Enter
	see 'y:Send'
	keys y
}
