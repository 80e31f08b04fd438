#!/bin/sh
# A disk that is full, and one that is read-only: each program says so, loses
# nothing, and goes on when there is room again. On a small disk in memory, in
# a mount namespace of our own; where we may not have one, it is skipped.
if [ -z "${OWN_MOUNTS:-}" ]; then
	as=-m
	[ "$(id -u)" = 0 ] || as=-rm
	try='mount -t tmpfs -o size=64k none /tmp'
	if ! unshare "$as" sh -c "$try" >/dev/null 2>&1; then
		echo 'ok 1 - a full disk # SKIP no mount namespace to be had'
		echo '1..1'
		exit 0
	fi
	OWN_MOUNTS=1 exec unshare "$as" sh "$0"
fi
OUT=$(cd "${OUT:-build}" && pwd)
. tests/e2e/lib.sh
. tests/e2e/lib_mail.sh
disk=$work/disk
mkdir "$disk" "$work/pages" "$work/pages/news"
trap 'umount -l "$disk"; end_all' EXIT

# A new disk, on which the state stands. The store's own journal takes some
# 4 MB at times.
new_disk() { # size
	umount -l "$disk" 2>/dev/null
	mount -t tmpfs -o "size=$1" none "$disk"
}
fill() {
	dd if=/dev/zero of="$disk/fill" bs=64k >/dev/null 2>&1
	dd if=/dev/zero of="$disk/rest" bs=512 >/dev/null 2>&1
}
make_room() {
	rm -f "$disk/fill" "$disk/rest"
}

run() { # argument... : sets out, err, code
	timeout -k 1 60 "$ANNOUNCE" -c "$work/mail.yaml" "$@" >"$work/out" \
	    2>"$work/err" </dev/null
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}
receive() { # <message
	timeout -k 1 60 "$ANNOUNCE" -c "$work/mail.yaml" receive \
	    --to announce@example.org --from ann@example.net \
	    >"$work/out" 2>"$work/err"
	code=$?
	err=$(cat "$work/err")
}
later() { # name: the command before failed for now, and said what to do
	is "$code" 75 "$1: come again later"
	like "$err" "^announce: .*$disk/state/announce\\.db: the disk is full.*make room" \
	    "and why"
}
works() { # name
	if [ "$code" -eq 0 ]; then
		ok "$1"
	else
		not_ok "$1" "exit code $code: $err"
	fi
}
subscribed() {
	"$ANNOUNCE" -c "$work/mail.yaml" subscribers list | wc -l | tr -d ' '
}

# Subscribers and announcements.
printf '# A conference\n\n[News](news/shirts.md)\n' >"$work/pages/index.md"
printf -- '---\ntitle: Shirts\ndate: 2026-11-20\n---\n\nThey are blue.\n' \
    >"$work/pages/news/shirts.md"
start_smtpd -l "$work/taken"
mail_conf 'sessions: 2' 'per_second: 10'
sed -i "s|^state:.*|state: $disk/state|" "$work/mail.yaml"
echo "pages: $work/pages" >>"$work/mail.yaml"
new_disk 2m
run subscribers add first@example.org
works "a subscriber, while there is room"
{
	echo address
	seq -f 'person%.0f@example.org' 20000
} >"$work/people.csv"
run subscribers import "$work/people.csv"
later "an import that does not fit"
is "$(subscribed)" 1 "of it nothing is there"
fill
run subscribers add second@example.org
later "adding"
run subscribers remove first@example.org
later "removing"
run send "$work/pages/news/shirts.md" --yes
later "sending"
make_room
is "$(subscribed)" 1 "with room again, all that was there is there"
run subscribers add second@example.org
works "and goes on"
run send "$work/pages/news/shirts.md" --yes
works "what was not sent is sent"
is "$(cut -d ' ' -f 2 "$work/taken" | sort | tr '\n' ' ')" \
    "first@example.org second@example.org " "to each of them, once"

# What comes in.
printf 'From: Ann <ann@example.net>\nSubject: subscribe\n\n\n' >"$work/letter"
fill
receive <"$work/letter"
later "a message that comes in"
make_room
receive <"$work/letter"
works "which comes again"

# What cannot be read has no room in the folder for that.
head -c 100000 /dev/urandom >"$work/noise"
receive <"$work/noise"
kept=$(find "$disk/state/aside" -type f 2>/dev/null | wc -l)
if [ "$code" = 0 ] && [ "$kept" -eq 1 ]; then
	dd if=/dev/zero of="$disk/fill" bs=4k count=$(($(df --output=avail -k \
	    "$disk" | tail -n 1) / 4 - 17)) >/dev/null 2>&1
	receive <"$work/noise"
	is "$code" 75 "no room for what is kept aside: come again later"
	like "$err" "$disk/state/aside/.*No space left" "and why"
	is "$(find "$disk/state/aside" -type f | wc -l)" 1 \
	    "half of a file is not left there"
	make_room
	receive <"$work/noise"
	works "which comes again"
else
	not_ok "noise is kept aside" "$code $err"
fi

# While mail is being sent.
new_disk 12m
: >"$work/taken"
id=$("$MAILQUEUE" "$disk/state" person 60 2000)
start_daemon
until_true has_sent 5
fill
until_true in_file 'no mail leaves: .*the disk is full' "$work/daemon.log"
is $? 0 "full while mail is sent: the log says that none leaves, and why"
is_alive "$daemon"
is $? 0 "and the daemon waits"
before=$(wc -l <"$work/taken")
[ "$before" -lt 60 ]
is $? 0 "sending nothing more ($before of 60)"
make_room
until_sent 60
is $? 0 "with room again, the rest is sent"
in_file 'mail leaves again' "$work/daemon.log"
is $? 0 "which is said"
is "$(cut -d ' ' -f 2 "$work/taken" | sort -u | wc -l)" 60 "to everybody"
repeated=$(($(wc -l <"$work/taken") - 60))
[ "$repeated" -le 2 ]
is $? 0 "a message a connection may have come twice ($repeated)"
stop_daemon
is "$code" 0 "and the daemon ends as ever"
run check
unlike "$out$err" 'damaged|malformed' "the store is whole"

# A state folder that cannot be written to.
mount -o remount,ro "$disk"
run subscribers add third@example.org
is "$code" 75 "a disk that became read-only: come again later"
like "$err" "^announce: $disk/state/announce\\.db: the disk is read-only" \
    "and why"
receive <"$work/letter"
is "$code" 75 "so for a message that comes in"
run daemon
like "$code" '^(1|75)$' "the daemon does not start"
like "$err" "$disk/state.*[Rr]ead-only" "and says why"
mount -o remount,rw "$disk"
run subscribers add third@example.org
works "writable again"

# The request log. What finds no room is lost and counted, and no visitor
# waits for it.
new_disk 400k
logged() { # number of lines that are to be there
	[ "$(wc -l <"$disk/requests")" -ge "$1" ]
}
start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 1
log: {file: $disk/requests}
limits: {requests_per_second: 0}
YAML
get /
until_true logged 1
is $? 0 "a request is logged"
fill
# A file that is not empty may have some room in its last block.
for _ in $(seq 80); do
	get /
	case $header in 20*) ;; *) break ;; esac
done
like "$header" '^20 ' "the log's disk is full: visitors are served"
until_true in_file "the request log $disk/requests cannot be written: No space" \
    "$work/log"
is $? 0 "and the server's log says it"
make_room
get /
until_true in_file 'the request log is written again; [0-9]+ lines were lost' \
    "$work/log"
is $? 0 "with room again it goes on, and says how many lines were lost"
get /
until_true sh -c "tail -n 1 '$disk/requests' | grep -q '^2.* full\$'"
unlike "$(cat "$disk/requests")" '^[^2]' "every line begins as one"

# A reload while the state has no room: the certificate is there already.
sed -i 's|^state:.*||' "$work/capsule.yaml"
echo "state: $disk/new" >>"$work/capsule.yaml"
fill
timeout 20 "$CAPSULE" serve -c "$work/capsule.yaml" >"$work/out" 2>"$work/err"
code=$?
like "$code" '^(1|75)$' "no room for a certificate: the server does not start"
like "$(cat "$work/err")" "$disk/new.*No space" "and says why"
make_room
unlike "$(cat "$work/log" "$work/daemon.log")" \
    '(AddressSanitizer|runtime error)' "no fault"
finish
