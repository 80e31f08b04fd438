# shellcheck shell=sh disable=SC2034,SC2154
# A postfix of the script's own, after lib.sh: its configuration and queue in
# the work folder, on a free port of the loopback, with a certificate by an
# authority of its own (ca.crt). What is added to $work/postfix/main.cf and
# master.cf before start_postfix holds.
. tests/peers/lib_screen.sh

# postfix is started by root only, and runs as several users.
need_postfix() {
	if [ "$(id -u)" -ne 0 ] || ! command -v postfix >/dev/null; then
		echo "1..0 # SKIP postfix is started by root, where it is installed"
		exit 0
	fi
	chmod 711 "$work"
}

free_port() {
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

is_open() { # port
	python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)' "$1"
}

# An authority, and the server's certificate by it.
make_authority() (
	cd "$work" || exit 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout ca.key -out ca.crt -subj "/CN=Test authority" -days 2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout server.key -out server.csr -subj "/CN=localhost"
	echo "subjectAltName=DNS:localhost" >san
	openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key \
	    -CAcreateserial -out server.crt -days 2 -extfile san
) >"$work/openssl" 2>&1

# Mail to anybody at $1 goes into the maildirs that virtual_mailbox_maps names
# below $work/mail. Sets port.
set_up_postfix() { # domain
	port=$(free_port)
	make_authority
	mkdir -p "$work/postfix" "$work/queue" "$work/data" "$work/mail" \
	    "$work/maillog"
	chown postfix "$work/data"
	chown nobody "$work/mail"
	cat >"$work/postfix/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = $work/maillog/mail
maillog_file_prefixes = $work
myhostname = localhost
inet_interfaces = loopback-only
mynetworks = 127.0.0.0/8 [::1]/128
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = $work/server.crt
smtpd_tls_key_file = $work/server.key
virtual_mailbox_domains = $1
virtual_mailbox_base = $work/mail
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_minimum_uid = 1
alias_maps =
alias_database =
CF
	cat >"$work/postfix/master.cf" <<CF
$port inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
local unix - n n - - local
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
flush unix n - n 1000? 0 flush
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
CF
}

end_postfix() {
	postfix -c "$work/postfix" abort >/dev/null 2>&1
}

start_postfix() {
	trap 'end_postfix; close_screen; end_all' EXIT
	postfix -c "$work/postfix" start >"$work/started" 2>&1
	if ! until_true is_open "$port"; then
		not_ok "postfix starts" \
		    "$(cat "$work/started" "$work/maillog/mail")"
		finish
	fi
	ok "postfix starts"
}

# Has it nothing left to do?
postfix_is_idle() {
	[ -z "$(find "$work/queue/incoming" "$work/queue/active" \
	    "$work/queue/deferred" "$work/queue/maildrop" -type f)" ]
}
