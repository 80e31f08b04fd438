#!/bin/sh
# Messages a second, and CPU time a message, from the queue to a mail server:
# 10,000 recipients of a message of 4 KB, each a transaction of its own, for
# 1, 2, 4 and 8 sessions; beside smtp-source, which keeps no journal and sends
# one message over and over (the practical limit), and mlmmj-send. First to
# smtp-sink, which throws all away, then to a Postfix of its own with its queue
# on disk. Last, what a million subscribers take of memory.
#
# CPU is of all processes of the sender, in microseconds of one core. RELAYS,
# SESSIONS, COUNT and MANY change what is measured.
#
# OUT is the build to measure. Programs that are missing are left out.
cd "$(dirname "$0")/../.." || exit 1
OUT=$(cd "${OUT:-build}" && pwd)
COUNT=${COUNT:-10000}
MANY=${MANY:-1000000}
SESSIONS=${SESSIONS:-1 2 4 8}
BYTES=4096
PATH=$PATH:/usr/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/capsule-bench-XXXXXX")
pids=
end_all() {
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill $pids 2>/dev/null
	[ ! -f "$work/postfix/main.cf" ] ||
	    postfix -c "$work/postfix" stop >/dev/null 2>&1
	wait 2>/dev/null
	rm -rf "$work"
}
trap end_all EXIT
trap 'exit 1' INT TERM

has() { # program
	command -v "$1" >/dev/null && return 0
	echo "$1 is not installed (apt install ${2:-$1}): left out"
	return 1
}

free_port() {
	python3 -c 'import socket; s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

until_open() { # port
	python3 - "$1" <<'PY'
import socket, sys, time
for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        break
    except OSError:
        time.sleep(0.05)
else:
    sys.exit("nothing listens")
PY
}

# Runs a command; prints a row. The command's children count, too.
row() { # name sessions count command...
	python3 - "$@" <<'PY'
import os, resource, subprocess, sys, time
name, sessions, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
began = time.monotonic()
code = subprocess.run(sys.argv[4:], stdout=subprocess.DEVNULL).returncode
took = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(f"{name:<14}{sessions:>9}{count / took:>14.0f}{cpu / count * 1e6:>14.0f}"
      + ("" if code == 0 else f"  exit code {code}"))
PY
}

conf() { # port sessions
	cat >"$work/mail.yaml" <<YAML
host: capsule.example.org
state: $work/state
mail:
  from: "Announcements <announce@example.org>"
  relay: smtp://127.0.0.1:$1
  sessions: $2
YAML
}

queue() { # count
	rm -rf "$work/state"
	"$OUT/tests/e2e/mailqueue" "$work/state" person "$1" $BYTES >"$work/id"
}

# The figures of smtp-source are for as many connections as sessions, each
# with as many messages as one of ours has.
relay() { # name port
	echo
	echo "to $1: $COUNT messages of $BYTES bytes, fsync $(sync_time) us"
	printf '%-14s%9s%14s%14s\n' sender sessions messages/s 'CPU us each'
	for n in $SESSIONS; do
		conf "$2" "$n"
		queue "$COUNT"
		row announce "$n" "$COUNT" "$OUT/announce" -c "$work/mail.yaml" \
		    resume "$(cat "$work/id")" 2>"$work/err" ||
		    cat "$work/err"
		! has smtp-source postfix || row smtp-source "$n" "$COUNT" \
		    smtp-source -s "$n" -m "$COUNT" -l $BYTES -d \
		    -f announce@example.org -t person@d.example \
		    "127.0.0.1:$2"
	done
	! has mlmmj-send mlmmj || mlmmj_row "$2"
}

# How long this disk takes for what each message waits for.
sync_time() {
	python3 - "$work/sync" <<'PY'
import os, sys, time
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
began = time.monotonic()
for i in range(100):
    os.pwrite(fd, b"x" * 16384, i * 16384)
    os.fdatasync(fd)
print(round((time.monotonic() - began) / 100 * 1e6))
PY
}

# A thousand are enough: it sends some twenty a second.
mlmmj_row() { # port
	list=$work/mlmmj
	mkdir -p "$list/subscribers.d" "$list/control" "$list/queue" \
	    "$list/archive" "$list/bounce" "$list/requeue" "$list/text"
	echo list@example.org >"$list/control/listaddress"
	echo 127.0.0.1 >"$list/control/relayhost"
	echo "$1" >"$list/control/smtpport"
	seq 200 | sed 's/.*/person&@d.example/' >"$list/subscribers.d/p"
	{
		printf 'From: announce@example.org\nSubject: x\n\n'
		head -c $BYTES /dev/zero | tr '\0' 'x' | fold -w 70
	} >"$list/mail"
	row mlmmj-send 1 200 mlmmj-send -L "$list" -m "$list/mail" -D
}

sink() {
	has smtp-sink postfix || return
	port=$(free_port)
	as=
	[ "$(id -u)" != 0 ] || as='-u nobody'
	# shellcheck disable=SC2086
	smtp-sink $as "127.0.0.1:$port" 512 &
	pids="$pids $!"
	until_open "$port" && relay smtp-sink "$port"
}

# With a queue on disk, and delivery to nowhere.
real() {
	has postfix || return
	[ "$(id -u)" = 0 ] || {
		echo "a Postfix of its own needs root: left out"
		return
	}
	port=$(free_port)
	mkdir -p "$work/postfix" "$work/queue" "$work/data"
	chmod 755 "$work"
	chown postfix "$work/data"
	cat >"$work/postfix/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = bench.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
default_transport = discard
relay_transport = discard
in_flow_delay = 0
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
maillog_file = $work/log
maillog_file_prefixes = $work
CF
	sed "s/^smtp  *inet.*/$port inet n - n - - smtpd/; s/ y  *-/ n -/" \
	    /usr/share/postfix/master.cf.dist >"$work/postfix/master.cf"
	if ! postfix -c "$work/postfix" start >"$work/err" 2>&1; then
		echo "Postfix does not start: left out"
		head -n 5 "$work/err"
		return
	fi
	until_open "$port" && relay Postfix "$port"
}

# The largest that the owner and a session become with that many waiting.
memory() {
	has smtp-sink postfix || return
	echo
	conf "$port_of_sink" 1
	queue "$MANY"
	python3 - "$OUT/announce" "$work/mail.yaml" "$MANY" <<'PY'
import signal, subprocess, sys, time
daemon = subprocess.Popen([sys.argv[1], "-c", sys.argv[2], "daemon"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
daemon.stdout.readline()

def peak(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0

most = {"daemon": 0, "session": 0}
end = time.monotonic() + 10
while time.monotonic() < end:
    most["daemon"] = max(most["daemon"], peak(daemon.pid))
    children = f"/proc/{daemon.pid}/task/{daemon.pid}/children"
    for pid in open(children).read().split():
        try:
            most["session"] = max(most["session"], peak(int(pid)))
        except OSError:
            pass
    time.sleep(0.05)
daemon.send_signal(signal.SIGTERM)
daemon.wait()
print(f"with {int(sys.argv[3]):,} subscribers queued, at most: "
      f"daemon {most['daemon']:,} KB, a session {most['session']:,} KB")
PY
}

port_of_sink=
for r in ${RELAYS:-sink real memory}; do
	case "$r" in
	sink) sink && port_of_sink=$port ;;
	real) real ;;
	memory) [ -z "$port_of_sink" ] || memory ;;
	esac
done
