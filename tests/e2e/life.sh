#!/bin/sh
# Processes that are killed, reloads that come in storms, visitors who hold the
# past: the site stays up, and nothing is left over.
. tests/e2e/lib.sh
RUDE=$OUT/tests/e2e/rude

mkdir -p "$work/pages"
echo 'A page.' >"$work/pages/index.md"
truncate -s 64M "$work/pages/film.bin"
cat >"$work/capsule.yaml" <<YAML
host: localhost
pages: $work/pages
workers: 2
state: $work/state
gemini: {listen: "127.0.0.1:0"}
gopher: {listen: "127.0.0.1:0"}
limits: {connections_per_address: 500, requests_per_second: 0}
YAML

children() { # process: those it has started, one a line
	cat "/proc/$1/task/$1/children" 2>/dev/null | tr ' ' '\n' | grep .
}
family() { # all below the keeper
	for g in $(children "$capsule"); do
		echo "$g"
		children "$g"
	done
}
is_served() {
	get /
	case $header in 20*) return 0 ;; esac
	return 1
}
# One generation, two workers.
settled() {
	[ "$(children "$capsule" | wc -l)" -eq 1 ] && [ "$(family | wc -l)" -eq 3 ]
}

# Whoever starts us may ignore signals that we need.
cat >"$work/start" <<SH
exec env --ignore-signal=CHLD --ignore-signal=TERM \
    "$PWD/$CAPSULE" serve "\$@"
SH
: >"$work/ready"
sh "$work/start" -c "$work/capsule.yaml" >"$work/ready" 2>>"$work/log" &
capsule=$!
pids="$pids $capsule"
until_true in_file '^ready gopher' "$work/ready"
gemini=$(sed -n 's/^ready gemini .*://p' "$work/ready")
until_true settled

worker=$(children "$(children "$capsule")" | head -n 1)
kill -9 "$worker"
replaced() {
	settled && ! family | grep -qx "$worker"
}
until_true replaced
is "$(family | wc -l)" 3 "a killed worker is replaced"
is_served
like "$header" '^20 ' "and visitors are served"

worker=$(children "$capsule")
kill -9 "$worker"
until_true replaced
is "$(family | wc -l)" 3 "a killed generation is replaced, workers and all"
until_true is_served
like "$header" '^20 ' "and visitors are served"

# A worker that is told to end by itself is replaced as well.
worker=$(children "$(children "$capsule")" | head -n 1)
kill "$worker"
until_true replaced
is "$(family | wc -l)" 3 "a worker that somebody ended is replaced"

# Reloads as fast as they can be asked for, and a visitor who does not notice.
descriptors() {
	find "/proc/$capsule/fd" -type l | wc -l
}
before=$(descriptors)
missed=0
for _ in $(seq 40); do
	kill -HUP "$capsule"
	is_served || missed=$((missed + 1))
done
is "$missed" 0 "every visitor amid 40 reloads is served"
until_true settled
is "$(family | wc -l)" 3 "one generation is left"
is "$(descriptors)" "$before" "the keeper holds as many descriptors as before"

# Visitors who hold a film and do not read: each reload leaves a generation
# behind, and still the next one is published.
holders=
for i in $(seq 12); do
	mkfifo "$work/hold$i"
	"$RUDE" deaf "$gemini" 4 gemini://localhost/film.bin \
	    <"$work/hold$i" >"$work/deaf$i" 2>&1 &
	holders="$holders $!"
	pids="$pids $!"
	# Ours alone: it ends with this script.
	sleep 600 >"$work/hold$i" &
	pids="$pids $!"
	until_true in_file '^held' "$work/deaf$i"
	echo "Words of $i." >"$work/pages/fresh.md"
	kill -HUP "$capsule"
	published() {
		get /fresh.gmi
		grep -q "Words of $i" "$work/body"
	}
	until_true published || break
done
is "$i" 12 "twelve reloads, each with visitors who do not read"
published && ok "the last one is published" ||
    not_ok "the last one is published" "$(tail -n 3 "$work/log")"
like "$(cat "$work/log")" 'makes room' "the oldest made room, and it is said"
# shellcheck disable=SC2086
kill $holders 2>/dev/null
until_true settled
is "$(family | wc -l)" 3 "when they are gone one generation is left"

# A reload and the end at once.
get /
kill -HUP "$capsule"
kill "$capsule"
wait "$capsule"
is $? 0 "a reload and SIGTERM together: it ends, with 0"

# The keeper killed: nobody survives it.
serve_capsule
until_true settled
all=$(family)
kill -9 "$capsule"
wait "$capsule" 2>/dev/null
no_orphan() {
	for p in $all; do
		[ -d "/proc/$p" ] && ! grep -q '^State:.Z' "/proc/$p/status" &&
		    return 1
	done
	return 0
}
until_true no_orphan
no_orphan && ok "the keeper killed leaves no orphan" ||
    not_ok "the keeper killed leaves no orphan" "$all"
serve_capsule
get /
like "$header" '^20 ' "and the next one starts where it stood"
kill "$capsule"
wait "$capsule"
unlike "$(cat "$work/log")" '(AddressSanitizer|runtime error)' "no fault"
finish
